"""Which message of a server answers which message of a client (protocol.md, section 3).

Replies come in the order of what they answer, so a compliant server's are paired by one walk.
Where that walk stumbles, an alignment by least cost finds the fewest faults that explain what
was seen, so that one fault is blamed on one message: a missing reply is not ten wrong ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .messages import (
    Answer,
    BeyondIJson,
    Binary,
    Business,
    Deep,
    Echo,
    Large,
    Message,
    NotJson,
    Ping,
    Pong,
    answer,
    message,
    same_json,
)
from .trace import Capabilities, Event

Owed: TypeAlias = Literal["pong", "echo", "nothing", "anything"]
Fate: TypeAlias = Literal["answered", "silent", "ended", "open"]

WIDEST = 400
"""The most messages on either side that one alignment looks at: it costs their product."""

USUAL = 10
AT_ONCE = 0.15
"""A reply that none was owed is put down to a message if it came at most this long (seconds) and
so many times the slowest proper reply on that connection after it."""

APART = 0.05
"""Messages sent so far apart (seconds) were not sent in one go."""

MISSING = 1.0
SURPLUS = 1.0
REPEATED = 0.7
ANSWERED_IN_VAIN = 0.8
LATE = 0.05
MISREAD = 1.2
OTHER_DATA = 1.3
FOREIGN = 1.5
IMPOSSIBLE = float("inf")


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of the server, and what the contract makes of it."""

    event: Event
    answer: Answer | Deep


@dataclass(slots=True)
class Exchange:
    """A message of the client with what answered it.

    `fate` is "answered"; "silent" (certainly not answered: something later was, or the time for
    it passed: then it was `waited_out`); "ended" (the connection ended instead); or "open" (it
    cannot be known).
    """

    stimulus: Event
    message: Message
    owed: Owed
    replies: list[Reply] = field(default_factory=list)
    fate: Fate = "open"
    out_of_order: bool = False
    waited_out: bool = False
    _compared: dict[int, bool] = field(default_factory=dict, repr=False, compare=False)

    def is_right(self, reply: Reply) -> bool:
        """Whether a reply is the kind that is owed and, for an echo, has the data (S-ECHO-DATA).

        The pairing asks before the rules do, and may ask often: each reply is compared once.
        """
        if reply.event.n not in self._compared:
            self._compared[reply.event.n] = _is_right(self, reply.answer)
        return self._compared[reply.event.n]


@dataclass(frozen=True, slots=True)
class Matching:
    """All exchanges of a connection, and what the server said without being asked."""

    exchanges: tuple[Exchange, ...]
    unasked: tuple[Reply, ...]


def owed_for(read: Message, capabilities: Capabilities) -> Owed:
    """What a server owes for a message (S-PONG, S-ECHO, S-IGNORE-NOT-JSON, S-BINARY, B-NO-LOOP)."""
    match read:
        case Ping():
            return "pong"
        case Business():
            if capabilities.server_ping and read.is_pong:
                return "nothing"
            return "echo" if capabilities.echo else "anything"
        case NotJson() | Binary():
            return "nothing"
        case BeyondIJson() | Deep() | Large():
            return "anything"


def is_heartbeat(read: Message, capabilities: Capabilities) -> bool:
    """Whether a message is there to restart the clock: a ping, or a pong under Plan B."""
    if capabilities.server_ping:
        return isinstance(read, Business) and read.is_pong
    return isinstance(read, Ping)


def may_close(read: Message) -> tuple[int, ...]:
    """The codes with which a server may close for a message (S-BINARY, S-BEYOND-IJSON, S-SIZE)."""
    match read:
        case Binary():
            return (1003,)
        case BeyondIJson():
            return (1007, 1008)
        case Deep():
            return (1008, 1009)
        case Large():
            return (1009,)
    return ()


def match_replies(
    sent: Sequence[Event],
    received: Sequence[Event],
    capabilities: Capabilities,
    patience: float,
) -> Matching:
    """Pair the messages of a server with those of a client that they answer.

    `patience` (seconds) is how long after a message a surplus one is still put down to it.
    """
    exchanges = []
    for event in sent:
        read = message(event.said)
        exchanges.append(Exchange(event, read, owed_for(read, capabilities)))
    replies = [Reply(event, answer(event.said)) for event in received]
    unhurried = Tempo(patience, patience)
    at, reply = _walk(exchanges, replies, unhurried)
    if reply == len(replies) or _reorder(exchanges, at, replies[reply:], unhurried):
        return Matching(tuple(exchanges), ())
    at, reply = _back_up(exchanges, at, reply)
    haste = min(patience, _slowest(exchanges) * USUAL + AT_ONCE) if at else patience
    tempo = Tempo(patience, haste)
    unasked: list[Reply] = []
    while reply < len(replies):
        heard = replies[reply : reply + WIDEST]
        before = replies[reply - 1].event if reply else None
        surplus = _align(exchanges, at, heard, before, tempo)
        for row, left_over in surplus:
            if not _placed(exchanges, row, left_over, tempo):
                unasked.append(left_over)
        at = min(at + WIDEST, len(exchanges))
        reply += len(heard)
    return Matching(tuple(exchanges), tuple(unasked))


@dataclass(frozen=True, slots=True)
class Tempo:
    """How soon replies come, in seconds.

    One that comes later than `patience` is late; one that is not owed and comes later than `haste`
    is not put down to the message before it.
    """

    patience: float
    haste: float


def _slowest(exchanges: Sequence[Exchange]) -> float:
    return max(
        (
            max(0.0, exchange.replies[0].event.latest - exchange.stimulus.latest)
            for exchange in exchanges
            if exchange.replies
        ),
        default=0.0,
    )


def _walk(exchanges: list[Exchange], replies: list[Reply], tempo: Tempo) -> tuple[int, int]:
    """Pair in order until something does not fit; return where, in both lists."""
    at = 0
    for number, reply in enumerate(replies):
        owing = at
        while owing < len(exchanges) and exchanges[owing].owed in ("nothing", "anything"):
            owing += 1
        if owing < len(exchanges) and _cost(exchanges[owing], reply, tempo) == 0.0:
            exchanges[owing].replies.append(reply)
            at = owing + 1
            continue
        optional = next(
            (n for n in range(at, owing) if exchanges[n].owed == "anything"), len(exchanges)
        )
        if optional == len(exchanges) or _cost(exchanges[optional], reply, tempo) != 0.0:
            return at, number
        exchanges[optional].replies.append(reply)
        at = optional + 1
    return at, len(replies)


def _back_up(exchanges: list[Exchange], at: int, reply: int) -> tuple[int, int]:
    """Undo the walk as far as the first message that may have been answered after all."""
    for first in range(max(0, at - WIDEST // 2), at):
        if exchanges[first].owed == "anything" and not exchanges[first].replies:
            undone = exchanges[first:at]
            reply -= sum(len(exchange.replies) for exchange in undone)
            for exchange in undone:
                exchange.replies.clear()
            return first, reply
    return at, reply


def _reorder(exchanges: list[Exchange], first: int, replies: list[Reply], tempo: Tempo) -> bool:
    """Pair all that is left without regard to order; False when something would be left over.

    What was said after the last reply was read may be without one, as when the connection ended.
    """
    rest = exchanges[first:]
    owing = [n for n, exchange in enumerate(rest) if exchange.owed in ("pong", "echo")]
    if len(replies) > len(owing):
        return False
    bearable = LATE if len(replies) == len(owing) else 0.0
    pairs: list[tuple[int, Reply]] = []
    free = list(range(len(rest)))
    for reply in replies:
        row = next((n for n in free if rest[n].is_right(reply)), None)
        if row is None or _cost(rest[row], reply, tempo) > bearable:
            return False
        free.remove(row)
        pairs.append((row, reply))
    unanswered = owing[len(pairs) :]
    if {row for row, _ in pairs} != set(owing[: len(pairs)]) or (
        unanswered and rest[unanswered[0]].stimulus.earliest < replies[-1].event.latest
    ):
        return False
    last = -1
    for row, reply in pairs:
        rest[row].replies.append(reply)
        rest[row].out_of_order = row < last
        last = max(last, row)
    return True


def _is_right(exchange: Exchange, given: Answer | Deep) -> bool:
    match exchange.message:
        case Ping():
            return isinstance(given, Pong)
        case Business(value) if exchange.owed == "echo":
            return isinstance(given, Echo) and same_json(given.data, value)
    return False


def _cost(exchange: Exchange, reply: Reply, tempo: Tempo) -> float:
    """How hard it is to believe that this reply answers this message; 0 when it is right."""
    if reply.event.latest < exchange.stimulus.earliest or reply.event.n < exchange.stimulus.n:
        return IMPOSSIBLE
    waited = reply.event.earliest - exchange.stimulus.latest
    if exchange.is_right(reply):
        return LATE if waited > tempo.patience else 0.0
    if waited > (tempo.haste if exchange.owed == "nothing" else tempo.patience):
        return IMPOSSIBLE
    given = reply.answer
    match exchange.owed:
        case "nothing":
            return ANSWERED_IN_VAIN + LATE * max(0.0, waited) / tempo.patience
        case "anything":
            return 0.0 if _may_answer(exchange, given) else ANSWERED_IN_VAIN
        case "pong" if isinstance(given, Echo):
            echoed = isinstance(exchange.message, Ping) and same_json(
                given.data, exchange.message.value
            )
            return MISREAD if echoed else FOREIGN
        case "echo" if isinstance(given, Pong):
            return MISREAD
        case "echo" if isinstance(given, Echo):
            return OTHER_DATA
    return FOREIGN


def _may_answer(exchange: Exchange, given: Answer | Deep) -> bool:
    """Whether what need not be answered may be answered so (S-BEYOND-IJSON, S-DEPTH).

    An application may say what it likes, but a pong is the protocol's (section 3.3).
    """
    match exchange.message, given:
        case Business(), Pong():
            return False
        case (Business(), _) | (_, Echo() | Deep()):
            return True
        case Deep(), Pong():
            return "ping" in str(exchange.stimulus.content)
    return False


def _align(
    exchanges: list[Exchange],
    first: int,
    replies: list[Reply],
    reply_before: Event | None,
    tempo: Tempo,
) -> list[tuple[int, Reply]]:
    """Pair two series by least cost; return what is left over, and before which message it came.

    The series of messages begins with number `first`; `reply_before` came before the replies.
    """
    chunk = exchanges[first : first + WIDEST]
    rows, columns = len(chunk), len(replies)
    missing = [MISSING if exchange.owed in ("pong", "echo") else 0.0 for exchange in chunk]
    pair = [[_cost(exchange, reply, tempo) for reply in replies] for exchange in chunk]
    surplus = [
        [_surplus(exchanges, first + row, replies, column, reply_before, tempo)
         for column in range(columns)]
        for row in range(rows + 1)
    ]  # fmt: skip
    if (talking := _application_talks_from(exchanges)) < first + rows:
        for costs in surplus[max(0, talking + 1 - first) :]:
            for column, reply in enumerate(replies):
                if not isinstance(reply.answer, Pong):
                    costs[column] = 0.0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for column in range(columns - 1, -1, -1):
        best[rows][column] = best[rows][column + 1] + surplus[rows][column]
    for row in range(rows - 1, -1, -1):
        best[row][columns] = best[row + 1][columns] + missing[row]
        for column in range(columns - 1, -1, -1):
            best[row][column] = min(
                pair[row][column] + best[row + 1][column + 1],
                missing[row] + best[row + 1][column],
                surplus[row][column] + best[row][column + 1],
            )
    row = column = 0
    left_over: list[tuple[int, Reply]] = []
    while column < columns:
        if row < rows and best[row][column] == pair[row][column] + best[row + 1][column + 1]:
            chunk[row].replies.append(replies[column])
            row += 1
            column += 1
        elif best[row][column] == surplus[row][column] + best[row][column + 1]:
            left_over.append((first + row, replies[column]))
            column += 1
        else:
            row += 1
    return left_over


def _application_talks_from(exchanges: list[Exchange]) -> int:
    """Where the first business message is that an application answers as it likes, not an echo."""
    for number, exchange in enumerate(exchanges):
        if exchange.owed == "anything" and isinstance(exchange.message, Business):
            return number
    return len(exchanges)


def _surplus(
    exchanges: list[Exchange],
    row: int,
    replies: list[Reply],
    column: int,
    reply_before: Event | None,
    tempo: Tempo,
) -> float:
    """How hard it is to believe that a reply was sent once too often, before message `row`.

    It is easy when it repeats the reply before it, unless a message was sent a while after that one
    was asked for, and before it.
    """
    before = replies[column - 1].event if column else reply_before
    if row == 0 or before is None or _cost(exchanges[row - 1], replies[column], tempo) != 0.0:
        return SURPLUS
    in_between = (
        row < len(exchanges)
        and exchanges[row].stimulus.earliest <= replies[column].event.latest
        and exchanges[row].stimulus.earliest > exchanges[row - 1].stimulus.latest + APART
    )
    return SURPLUS if in_between else REPEATED


def _is_optional(exchange: Exchange) -> bool:
    return exchange.owed == "anything" and bool(exchange.replies)


def _placed(exchanges: list[Exchange], row: int, reply: Reply, tempo: Tempo) -> bool:
    """Give a reply that was left over to the message it answers out of turn, or answers again."""
    for exchange in exchanges:
        if (
            not exchange.replies
            and exchange.is_right(reply)
            and _cost(exchange, reply, tempo) < MISSING
        ):
            exchange.replies.append(reply)
            exchange.out_of_order = True
            return True
    again = exchanges[row - 1] if row else None
    if again is not None and (again.is_right(reply) or _is_optional(again)):
        waited = reply.event.earliest - again.stimulus.latest
        if _cost(again, reply, tempo) == 0.0 and waited <= tempo.haste:
            again.replies.append(reply)
            return True
    if (echoed := _echoed_again(exchanges, reply)) is not None:
        echoed.replies.append(reply)
        return True
    return False


def _echoed_again(exchanges: Sequence[Exchange], reply: Reply) -> Exchange | None:
    """The last message that an echo repeats: its data says what it answers, however late it is."""
    if not isinstance(reply.answer, Echo):
        return None
    return next(
        (
            exchange
            for exchange in reversed(exchanges)
            if exchange.replies
            and exchange.replies[0].event.n < reply.event.n
            and exchange.is_right(reply)
        ),
        None,
    )

"""Which replies answer which messages where they do not simply follow each other.

An alignment by least cost finds the fewest faults that explain what was seen, so that one fault is
blamed on one message: a missing reply is not ten wrong ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from .exchanges import Exchange, Reply
from .messages import Answer, Business, Deep, Echo, Ping, Pong, same_json
from .trace import Event

WIDEST = 400
"""The most messages on either side that one alignment looks at: it costs their product."""

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
class Tempo:
    """How soon replies come, in seconds.

    One that comes later than `patience` is late; one that is not owed and comes later than `haste`
    is not put down to the message before it.
    """

    patience: float
    haste: float


def align(
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
    pair = [[cost(exchange, reply, tempo) for reply in replies] for exchange in chunk]
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


def cost(exchange: Exchange, reply: Reply, tempo: Tempo) -> float:
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
    if row == 0 or before is None or cost(exchanges[row - 1], replies[column], tempo) != 0.0:
        return SURPLUS
    in_between = (
        row < len(exchanges)
        and exchanges[row].stimulus.earliest <= replies[column].event.latest
        and exchanges[row].stimulus.earliest > exchanges[row - 1].stimulus.latest + APART
    )
    return SURPLUS if in_between else REPEATED

"""Alignment: which replies answer which messages, where they do not simply follow each other.

How it works
------------

It is the edit distance of two series, messages and replies, by dynamic programming. In each step a
message is paired with a reply (`cost`), a message stays without one (`MISSING`), or a reply is
surplus (`SURPLUS`, less if it repeats the one before it). `best[row][column]` is the least cost of
all that follows; the pairs are read off by walking along it. The least cost is the fewest faults,
so that one fault is blamed on one message: a missing reply is not ten wrong ones.

A look covers at most WIDEST messages and replies. What lies at its far side may belong to what
lies beyond, so only its first half is settled, and the next look begins there.

Example: messages `ping, 1, 2`; replies `pong, pong, echo 1, echo 2`. To pair the second pong with
`1` would cost 1.2 (misread), and leave `echo 1` for `2` (other data, 1.3) and `echo 2` surplus
(1.0). To call it a repetition of the first costs 0.7, and everything else fits: the ping was
answered twice.

The figures matter only against each other: two faults cost more than any one of them.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from conformance.evidence.server.exchange import Exchange, Reply, may_be_a_ping
from conformance.messages.from_client import Large, Ping
from conformance.messages.from_server import Answer, Echo, Pong
from conformance.messages.json_text import Deep, same_json
from conformance.messages.limits import SIZE

WIDEST = 400
"""The most messages on either side that one alignment looks at: it costs their product."""


APART = 0.05
"""Messages sent so far apart (seconds) were not sent in one go."""


MISSING = 1.0
"""A message without the reply that is owed for it."""

CUT_OFF = 0.81
"""A message without its reply, behind the last of all replies, on a connection that the server
ended: all of them have one fault. With a repeated reply it is no better than a wrong one."""

SURPLUS = 1.0
"""A reply that no message explains."""

REPEATED = 0.7
"""A reply that repeats the one before it: a message answered twice."""

KNOWN = 0.1
"""A reply that also comes where nothing asks for it."""

ANSWERED_IN_VAIN = 0.8
"""A reply to a message that is owed none."""

LATE = 0.05
"""A reply that is right, and late."""

MISREAD = 1.2
"""A pong for an echo, or a ping that was echoed."""

OTHER_DATA = 1.3
"""An echo of something else, or a pong with the id of another ping."""

FOREIGN = 1.5
"""A reply of no form that the message could have."""

IMPOSSIBLE = float("inf")

ROUNDING = 1e-9
"""By how much sums of these may differ that are the same, but were added up in another order. Of
replies that are all late, and all alike, the first is for the first message that has none."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How soon replies come, in seconds.

    One that comes later than `patience` is late; one that is not owed and comes later than `haste`
    is not attributed to the message before it.
    """

    patience: float
    haste: float


@dataclass(frozen=True, slots=True)
class Aligned:
    """How far two series were paired, and what was left over, with the message it came before."""

    at: int
    reply: int
    left_over: list[tuple[int, Reply]]


def align(
    exchanges: list[Exchange],
    at: int,
    heard: list[Reply],
    reply: int,
    tempo: Tempo,
    unasked: Container[str] = (),
    *,
    is_cut_off: bool = False,
) -> Aligned:
    """Pair two series by least cost, from these places on, as far as one look at them goes.

    What lies at the far side of a look may belong to what lies beyond it. So only half of it is
    settled, unless it goes to the end of both.
    """
    chunk, replies = exchanges[at : at + WIDEST], heard[reply : reply + WIDEST]
    rows, columns = len(chunk), len(replies)
    missing = [MISSING if exchange.owed in ("pong", "echo") else 0.0 for exchange in chunk]
    pair = [[cost(exchange, said, tempo) for said in replies] for exchange in chunk]
    surplus = [
        [_surplus(exchanges, at + row, heard, reply + column, tempo) for column in range(columns)]
        for row in range(rows + 1)
    ]  # fmt: skip
    for column, said in enumerate(replies):
        if said.is_among(unasked):
            for costs in surplus:
                costs[column] = KNOWN
    if (talking := _application_talks_from(exchanges)) < at + rows:
        for costs in surplus[max(0, talking + 1 - at) :]:
            for column, said in enumerate(replies):
                if not isinstance(said.answer, Pong):
                    costs[column] = 0.0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for column in range(columns - 1, -1, -1):
        best[rows][column] = best[rows][column + 1] + surplus[rows][column]
    for row in range(rows - 1, -1, -1):
        without = min(CUT_OFF, missing[row]) if is_cut_off else missing[row]
        best[row][columns] = best[row + 1][columns] + without
        for column in range(columns - 1, -1, -1):
            best[row][column] = min(
                pair[row][column] + best[row + 1][column + 1],
                missing[row] + best[row + 1][column],
                surplus[row][column] + best[row][column + 1],
            )
    is_last = at + rows == len(exchanges) and reply + columns == len(heard)
    settled = WIDEST if is_last else WIDEST // 2
    row = column = 0
    left_over: list[tuple[int, Reply]] = []

    def is_least(found: float) -> bool:
        return found <= best[row][column] + ROUNDING

    while column < min(columns, settled) and (is_last or row < settled):
        if row < rows and is_least(pair[row][column] + best[row + 1][column + 1]):
            chunk[row].replies.append(replies[column])
            row += 1
            column += 1
        elif not is_last and row < rows and _goes_without(best, missing, row, column):
            row += 1  # Else all that is surplus in this look were so before its second message.
        elif is_least(surplus[row][column] + best[row][column + 1]):
            left_over.append((at + row, replies[column]))
            column += 1
        else:
            row += 1
    return Aligned(at + row, reply + column, left_over)


def _goes_without(best: list[list[float]], missing: list[float], row: int, column: int) -> bool:
    """Whether a message may stay without a reply at no cost."""
    return not missing[row] and best[row][column] == best[row + 1][column]


def cost(exchange: Exchange, reply: Reply, tempo: Tempo) -> float:
    """How hard it is to believe that this reply answers this message; 0 when it is right."""
    if reply.event.latest < exchange.stimulus.earliest or reply.event.n < exchange.stimulus.n:
        return IMPOSSIBLE
    waited = reply.event.earliest - exchange.stimulus.latest
    if exchange.is_right(reply):
        return LATE if waited > tempo.patience else 0.0
    patience = tempo.haste if exchange.owed == "nothing" else tempo.patience
    if waited > patience and not _is_echo_of_a_large_text(exchange, reply):
        return IMPOSSIBLE
    given = reply.answer
    match exchange.owed:
        case "nothing":
            return ANSWERED_IN_VAIN + LATE * max(0.0, waited) / tempo.patience
        case "anything":
            return 0.0 if _may_answer(exchange, given) else ANSWERED_IN_VAIN
        case "pong" if isinstance(given, Pong):
            return OTHER_DATA
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


def _is_echo_of_a_large_text(exchange: Exchange, reply: Reply) -> bool:
    """Whether a reply may be that of a message that no server has to handle (S-SIZE, S-DEPTH).

    How long that takes is the affair of the link, and nothing else is answered at such length, or
    so deeply nested.
    """
    if isinstance(exchange.message, Deep):
        return isinstance(reply.answer, Deep)
    return isinstance(exchange.message, Large) and len(str(reply.event.content)) > SIZE // 4


def _may_answer(exchange: Exchange, given: Answer | Deep) -> bool:
    """Whether what need not be answered may be answered so (S-BEYOND-IJSON, S-DEPTH).

    An application may say what it likes, but a pong is the protocol's (section 3.3).
    """
    if isinstance(given, Pong):
        return may_be_a_ping(exchange)
    return exchange.is_applications or isinstance(given, Echo | Deep)


def _application_talks_from(exchanges: list[Exchange]) -> int:
    """Where the first message is that an application answers as it likes, not with an echo."""
    places = (number for number, each in enumerate(exchanges) if each.is_applications)
    return next(places, len(exchanges))


def _surplus(
    exchanges: list[Exchange], row: int, replies: list[Reply], column: int, tempo: Tempo
) -> float:
    """How hard it is to believe that a reply was sent once too often, before message `row`.

    It is easy when it repeats the reply before it, unless a message was sent a while after that one
    was asked for, and before it.
    """
    if row == 0 or cost(exchanges[row - 1], replies[column], tempo) != 0.0:
        return SURPLUS
    in_between = (
        row < len(exchanges)
        and exchanges[row].stimulus.earliest <= replies[column].event.latest
        and exchanges[row].stimulus.earliest > exchanges[row - 1].stimulus.latest + APART
    )
    return SURPLUS if in_between else REPEATED


def by_kind(
    exchanges: list[Exchange], replies: Sequence[Reply], surplus: Sequence[Reply], tempo: Tempo
) -> bool:
    """Pair all pongs in their order, and all echoes in theirs, where the alignment mistook them.

    False when something does not fit.

    Whoever answers pings in one place and all else in another says everything once and rightly, and
    one of both kinds ever later. Only of one that is seen to be late may some still be under way.
    """
    if not _is_muddled(exchanges, surplus):
        return False
    pairs: list[tuple[Exchange, Reply]] = []
    for kind, form in (("pong", Pong), ("echo", Echo)):
        asked = [each for each in exchanges if each.owed == kind]
        given = [each for each in replies if isinstance(each.answer, form)]
        own = list(zip(asked, given, strict=False))
        costs = [cost(*pair, tempo) for pair in own]
        if len(given) > len(asked) or any(each > LATE for each in costs):
            return False
        if len(given) < len(asked) and LATE not in costs:
            return False
        pairs += own
    if len(pairs) < len(replies):
        return False
    for exchange in exchanges:
        exchange.replies.clear()
    places = {id(exchange): place for place, exchange in enumerate(exchanges)}
    last = -1
    for exchange, reply in sorted(pairs, key=lambda pair: pair[1].event.n):
        exchange.replies.append(reply)
        exchange.out_of_order = places[id(exchange)] < last
        last = max(last, places[id(exchange)])
    return True


def _is_muddled(exchanges: Sequence[Exchange], surplus: Sequence[Reply]) -> bool:
    """Whether pongs and echoes seem to have been mistaken for each other, or to be too many."""
    return bool(surplus) or any(
        len(each.replies) > 1 or (each.owed == "echo" and not all(map(each.is_right, each.replies)))
        for each in exchanges
        if each.replies and each.owed in ("pong", "echo")
    )

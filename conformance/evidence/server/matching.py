"""Matching: which message of a server answers which message of a client (protocol.md, section 3).

How it works
------------

1. Each message of the client becomes an `Exchange`: what it is, and what is owed for it (a pong,
   an echo, nothing, or anything where the contract leaves the answer open).
2. `_walk` pairs replies in order, as long as each is exactly right for the next message that is
   owed one. Replies come in the order of what they answer, so a compliant server's are all paired
   here.
3. If the walk stumbles, `_reorder` tries whether every reply left is right for some message: then
   only the order is wrong (S-ORDER). `_is_late_throughout` tries whether all are right in their
   order, only late, and those still missing may be under way (S-REPLY-SOON).
4. Otherwise the walk is undone as far back as a message that *may* have been answered, and `align`
   finds the fewest faults that explain the rest. If it takes pongs and echoes for each other, they
   may each have come in their own order (`by_kind`; S-ORDER, S-REPLY-SOON).
5. `_placed` attributes what is left over: a late reply to a message without one, a second reply to
   the message before it. What no message explains came unasked (S-QUIET).

Example: the client sends `{"type":"ping"}`, `1`, `2`; the server sends a pong and `echo 2`. The
walk pairs the pong, and stumbles: `echo 2` is not right for `1`. No reordering helps, since it is
not the last message that has no reply. The alignment leaves `1` without a reply (cost 1.0) and
pairs `echo 2` with `2` (cost 0), rather than call it a wrong echo of `1` and `2` unanswered (1.3 +
1.0).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from conformance.evidence.server.alignment import LATE, MISSING, WIDEST, Tempo, align, by_kind, cost
from conformance.evidence.server.exchange import (
    Exchange,
    Matching,
    Reply,
    is_for_the_application,
    owed_for,
)
from conformance.messages.from_client import message
from conformance.messages.from_server import Echo, Pong, answer
from conformance.trace.event import Ended, Event
from conformance.trace.trace import Capabilities
from spec.dialect.dialect import Dialect

TIMES_THE_SLOWEST = 10


SURPLUS_WITHIN = 0.15
"""A reply that none was owed is attributed to a message if it came at most this long (seconds) and
so many times the slowest proper reply on that connection after it."""


def always(_: Event) -> bool:
    """Any answer would have been seen by now."""
    return True


def match_replies(
    sent: Sequence[Event],
    received: Sequence[Event],
    capabilities: Capabilities,
    dialect: Dialect,
    patience: float,
    has_outwaited: Callable[[Event], bool] = always,
    unasked: Container[str] = (),
    *,
    is_cut_off: bool = False,
) -> Matching:
    """Pair the messages of a server with those of a client that they answer.

    `patience` (seconds) is how long after a message a surplus one is still attributed to it, and
    `has_outwaited` says whether an answer to a message would have been seen. What is known to come
    `unasked` elsewhere answers nothing here, unless it is just what is owed. `is_cut_off` says that
    the server ended the connection.
    """
    exchanges = []
    for event in sent:
        read = message(event.said, dialect)
        owed = owed_for(read, capabilities, dialect)
        at_will = is_for_the_application(read, owed, capabilities)
        exchanges.append(Exchange(event, read, owed, at_will, dialect))
    everything = [Reply(event, answer(event.said, dialect)) for event in received]
    known = [each for each in everything if each.is_among(unasked)]
    stray = _strays(known, exchanges)
    left_out = {each.event.n for each in stray}
    replies = [each for each in everything if each.event.n not in left_out]
    unhurried = Tempo(patience, patience)
    at, reply = _walk(exchanges, replies, unhurried)
    if reply == len(replies) or _reorder(exchanges, at, replies[reply:], unhurried):
        return Matching(tuple(exchanges), tuple(stray))
    if _is_late_throughout(exchanges, at, replies[reply:], unhurried, has_outwaited):
        return Matching(tuple(exchanges), tuple(stray))
    at, reply = _back_up(exchanges, at, reply)
    haste = (
        min(patience, _slowest(exchanges) * TIMES_THE_SLOWEST + SURPLUS_WITHIN) if at else patience
    )
    tempo = Tempo(patience, haste)
    left_over: list[tuple[int, Reply]] = []
    while reply < len(replies):
        aligned = align(exchanges, at, replies, reply, tempo, unasked, is_cut_off=is_cut_off)
        left_over += aligned.left_over
        at, reply = aligned.at, aligned.reply
    surplus = [
        said
        for row, said in left_over
        if said.is_among(unasked) or not _placed(exchanges, row, said, tempo)
    ]
    if by_kind(exchanges, replies, surplus, tempo):
        return Matching(tuple(exchanges), tuple(stray))
    return Matching(tuple(exchanges), tuple(sorted(stray + surplus, key=lambda each: each.event.n)))


def was_cut_off(events: Iterable[Event]) -> bool:
    """Whether the server ended a connection of these events, or began to, before wsbeat did."""
    ends = (each for each in events if each.opcode == "close" or each.kind == "ended")
    first = next(ends, None)
    if first is None or first.kind == "sent":
        return False
    return not isinstance(first.content, Ended) or first.content.how != "local"


def _strays(known: Sequence[Reply], exchanges: Sequence[Exchange]) -> list[Reply]:
    """Those of some replies that are right for no message; what says the same is asked once."""
    right: dict[str, bool] = {}
    for each in known:
        said = str(each.event.content)
        if said not in right:
            right[said] = any(exchange.is_right(each) for exchange in exchanges)
    return [each for each in known if not right[str(each.event.content)]]


def _slowest(exchanges: Sequence[Exchange]) -> float:
    waits = (e.replies[0].event.latest - e.stimulus.latest for e in exchanges if e.replies)
    return max([0.0, *waits])


def _walk(exchanges: list[Exchange], replies: list[Reply], tempo: Tempo) -> tuple[int, int]:
    """Pair in order until something does not fit; return where, in both lists."""
    at = 0
    for number, reply in enumerate(replies):
        owing = at
        while owing < len(exchanges) and exchanges[owing].owed in ("nothing", "anything"):
            owing += 1
        if owing < len(exchanges) and cost(exchanges[owing], reply, tempo) == 0.0:
            exchanges[owing].replies.append(reply)
            at = owing + 1
            continue
        optional = next(
            (n for n in range(at, owing) if exchanges[n].owed == "anything"), len(exchanges)
        )
        if optional == len(exchanges) or cost(exchanges[optional], reply, tempo) != 0.0:
            return at, number
        exchanges[optional].replies.append(reply)
        at = optional + 1
    return at, len(replies)


def _is_late_throughout(
    exchanges: list[Exchange],
    first: int,
    replies: list[Reply],
    tempo: Tempo,
    has_outwaited: Callable[[Event], bool],
) -> bool:
    """Pair all that is left in order, though replies are late; False when something does not fit.

    What then has no reply may have one that was still under way: a server that was kept waiting for
    a processor, say, and not one that lost a message and was quick with the next.
    """
    rest = [exchange for exchange in exchanges[first:] if exchange.owed in ("pong", "echo")]
    pairs = list(zip(rest, replies, strict=False))
    if len(pairs) < len(replies) or any(cost(*pair, tempo) > LATE for pair in pairs):
        return False
    if any(has_outwaited(each.stimulus) for each in rest[len(pairs) :]):
        return False
    for exchange, reply in pairs:
        exchange.replies.append(reply)
    return True


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
        if row is None or cost(rest[row], reply, tempo) > bearable:
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


def _placed(exchanges: list[Exchange], row: int, reply: Reply, tempo: Tempo) -> bool:
    """Give a reply that was left over to the message it answers out of turn, or answers again."""
    for exchange in exchanges:
        if (
            not exchange.replies
            and exchange.is_right(reply)
            and cost(exchange, reply, tempo) < MISSING
        ):
            exchange.replies.append(reply)
            exchange.out_of_order = True
            return True
    again = exchanges[row - 1] if row else None
    if again is not None and (again.is_right(reply) or _is_optional(again)):
        waited = reply.event.earliest - again.stimulus.latest
        if cost(again, reply, tempo) == 0.0 and waited <= tempo.haste:
            again.replies.append(reply)
            return True
    if (echoed := _echoed_again(exchanges, reply)) is not None:
        echoed.replies.append(reply)
        return True
    if (echoed := _taken_for_a_ping_too(exchanges, row, reply, tempo)) is not None:
        echoed.replies.append(reply)
        echoed.replies.sort(key=lambda each: each.event.n)
        return True
    return False


def _taken_for_a_ping_too(
    exchanges: Sequence[Exchange], row: int, reply: Reply, tempo: Tempo
) -> Exchange | None:
    """The object beside a pong that was echoed, and may have got that as well (S-PING-FORM)."""
    if not isinstance(reply.answer, Pong):
        return None
    beside = [
        each
        for each in exchanges[max(0, row - 1) : row + 1]
        if each.owed == "echo"
        and each.is_object
        and len(each.replies) == 1
        and each.is_right(each.replies[0])
        and each.stimulus.n < reply.event.n
        and reply.event.earliest - each.stimulus.latest <= tempo.haste
    ]
    # Of two, what was echoed after the pong is the likelier one.
    return max(beside, key=lambda each: each.stimulus.n, default=None)


def _is_optional(exchange: Exchange) -> bool:
    return exchange.owed == "anything" and bool(exchange.replies)


def _echoed_again(exchanges: Sequence[Exchange], reply: Reply) -> Exchange | None:
    """The last message that an echo repeats: its data says what it answers, however late it is.

    So does the id of a pong, in a dialect that has any.
    """
    tells = isinstance(reply.answer, Echo) or (
        isinstance(reply.answer, Pong) and any(each.dialect.copied for each in exchanges[:1])
    )
    if not tells:
        return None
    return next(
        (
            exchange
            for exchange in reversed(exchanges)
            if any(earlier.event.n < reply.event.n for earlier in exchange.replies)
            and exchange.is_right(reply)
        ),
        None,
    )

"""Stalls: a server that answers nobody in time may be given up by its own transport meanwhile.

Whoever holds one lock, or the loop, for seconds reads nothing either: not even the answers to its
own control Pings. Then its transport ends connections with 1011, and what was said last on them is
not why: an answer was overdue before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from websockets.frames import CloseCode

from conformance.evidence.server.blame.suspicion import is_owed, left_unanswered
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.exchange import Exchange
from conformance.trace.event import Close, Event


def was_given_up(connection: ObservedConnection, end: Event, close: Close | None) -> bool:
    """Whether a connection was ended by its transport while an answer was overdue on it.

    The code is that of a transport's own keep-alive (protocol.md, section 8). One that sends no
    Close then had sent control Pings.
    """
    if close is None:
        ends_so = end.kind == "ended" and _was_watched(connection, end)
    else:
        ends_so = close.code == CloseCode.INTERNAL_ERROR
    return ends_so and any(
        _is_overdue(each, connection) for each in left_unanswered(connection, end)
    )


def may_be_given_up(connection: ObservedConnection, end: Event, close: Close | None) -> bool:
    """Whether it may have been, though nothing that is owed a reply was said on it."""
    is_its_code = close is not None and close.code == CloseCode.INTERNAL_ERROR
    return is_its_code and _was_watched(connection, end)


def stalls(connections: Iterable[ObservedConnection]) -> Iterator[tuple[float, float]]:
    """When replies were overdue: from when the message was sent until its reply, in seconds."""
    for connection in connections:
        for exchange in connection.matching.exchanges:
            since, due = exchange.stimulus, exchange.stimulus.latest + connection.reply_patience
            if not is_owed(exchange):
                continue
            if exchange.replies:
                if exchange.replies[0].event.earliest > due:
                    yield since.latest, exchange.replies[0].event.latest
            elif _is_overdue(exchange, connection):
                yield since.latest, connection.watched_until


def late_answer(connection: ObservedConnection, said: Event) -> Event | None:
    """The answer to a message if it came too late: the message may have been read as late."""
    answer = connection.matching.answer_to(said)
    is_late = answer is not None and answer.earliest > said.latest + connection.reply_patience
    return answer if is_late else None


def _is_overdue(exchange: Exchange, connection: ObservedConnection) -> bool:
    return is_owed(exchange) and connection.has_outwaited(exchange.stimulus)


def _was_watched(connection: ObservedConnection, end: Event) -> bool:
    """Whether the server's transport keeps watch with control Pings."""
    return any(
        (each.kind, each.opcode) == ("received", "ping") and each.n < end.n
        for each in connection.events
    )

"""Which message the end of a connection is charged to, where nothing explains it."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from websockets.frames import CloseCode

from conformance.evidence.refusal import shows_that_nobody_listens
from conformance.evidence.server.blame.suspicion import (
    IMMEDIATE_END,
    Said,
    came_soon_after,
    is_owed,
    may_be_why,
    said_by,
    suspects_at,
)
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Business, Ping
from conformance.trace.event import RESOLUTION, Close, Ended, Event, Kind, Refusal
from conformance.trace.trace import Trace

OF_A_MESSAGE = (
    CloseCode.UNSUPPORTED_DATA,
    CloseCode.INVALID_DATA,
    CloseCode.MESSAGE_TOO_BIG,
)
"""With which codes a server says that it was a message."""


REPLIES_TO_KNOCKS: tuple[Kind, ...] = ("opened", "refused")
"""What is seen when a connection was asked for."""


def charged(
    connection: ObservedConnection,
    event: Event,
    close: Close | None,
    harmless: Callable[[], Container[Said]],
    deadly: Callable[[], Container[Said]],
) -> Departure:
    """The end of a connection with the message that it is due to, or those that it may be due to.

    What wsbeat could not read is the reply to the first message without one: replies keep order.
    A message that is owed nothing is to blame only for an end that came as soon as answers do, or
    that speaks of a message.
    Where nobody listens any more, no suspect can be sent again: then it is the least usual kind.
    """
    suspects = suspects_at(connection, event)
    if event.kind == "broken" and suspects:
        return _broken_by(suspects, event, harmless(), deadly())
    if all(each.is_plain_ping for each in suspects) and _came_with_the_end_before(
        connection, event
    ):
        return Departure(event, close, "collapse")
    left = [each for each in suspects if said_by(each) not in harmless()]
    speaks_of_one = close is not None and close.code in OF_A_MESSAGE
    if not speaks_of_one and not any(map(is_owed, suspects)):
        left = [each for each in left if may_be_why(each, event, connection)]
    if not left:
        owed = [each for each in suspects if is_owed(each)] or [
            each
            for each in suspects
            if came_soon_after(each, event, connection, RESOLUTION, times=1)
        ]
        if not owed:
            return Departure(event, close, "unexplained")
        return Departure(event, close, "message", owed[0], by_chance=True)
    if len(left) > 1:
        left = [each for each in left if said_by(each) in deadly()][:1] or left
    if len(left) > 1 and not _was_the_last(event, connection.trace):
        return Departure(event, close, "message", suspects=tuple(left))
    left.sort(key=_is_usual_kind)
    return Departure(event, close, "message", left[0])


def _broken_by(
    suspects: Sequence[Exchange], event: Event, harmless: Container[Said], deadly: Container[Said]
) -> Departure:
    """What wsbeat could not read, with the message that it is the reply to.

    That is the first that is owed one, unless one before it that is owed nothing got it by mistake.
    """
    first = next((n for n, each in enumerate(suspects) if is_owed(each)), None)
    if not first:
        return Departure(event, None, "message", suspects[0])
    left = [each for each in suspects[: first + 1] if said_by(each) not in harmless]
    if not left:
        return Departure(event, None, "message", suspects[first], by_chance=True)
    left = [each for each in left if said_by(each) in deadly][:1] or left
    if len(left) > 1:
        return Departure(event, None, "message", suspects=tuple(left))
    return Departure(event, None, "message", left[0])


def _came_with_the_end_before(connection: ObservedConnection, event: Event) -> bool:
    """Whether a server ended a connection in the moment after it had ended another.

    What a message brings down may take a connection along that was opened meanwhile: what was said
    there, before anything was answered, is not why.
    """
    opened = connection.opened
    if opened is None or connection.received:
        return False
    for number, events in connection.trace.by_connection.items():
        closes = [each for each in events if each.opcode == "close" or each.kind == "ended"]
        if number == connection.number or not closes or closes[0].kind == "sent":
            continue
        if any(
            each.kind != "sent"
            and not (isinstance(each.content, Ended) and each.content.how == "local")
            and each.latest <= opened.latest
            and event.latest - each.earliest <= IMMEDIATE_END
            for each in closes
        ):
            return True
    return False


def _was_the_last(event: Event, trace: Trace) -> bool:
    """Whether a server was gone after the end of a connection, and did not come back."""
    later = [each for each in trace.events if each.n > event.n and each.kind in REPLIES_TO_KNOCKS]
    knocked = {each.connection for each in later}
    return all(
        isinstance(each.content, Refusal) and each.content.status is None for each in later
    ) and any(shows_that_nobody_listens(trace.by_connection[each], trace) for each in knocked)


def _is_usual_kind(suspect: Exchange) -> bool:
    match suspect.message:
        case Ping(_, plain):
            return plain
        case Business():
            return True
    return False

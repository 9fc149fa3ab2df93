"""How connections end, and what explains it: a verdict on the client, a message, a shutdown.

An end without an explanation is a fault of its own, so all there are have to be looked for first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from websockets.frames import CloseCode

from conformance.evidence.server.exchange import Exchange, may_close
from conformance.messages.from_client import Business
from conformance.trace.event import RESOLUTION, TOO_LARGE, Close, Ended, Event

if TYPE_CHECKING:
    from conformance.evidence.server.connection import ObservedConnection


HEARTBEAT_REASON = "heartbeat timeout"


SHUTDOWN_CODES = (CloseCode.GOING_AWAY, CloseCode.SERVICE_RESTART)


Cause: TypeAlias = Literal["harness", "heartbeat", "message", "shutdown", "unexplained"]


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of a connection: a Close frame, or an end of the TCP connection without one.

    `cause` is "harness" (wsbeat ended it), "heartbeat" (the server's verdict on a silent client),
    "message" (it came in place of the answer to `blamed`), "shutdown", or "unexplained".
    """

    event: Event
    close: Close | None
    cause: Cause
    blamed: Exchange | None = None

    @property
    def was_reset(self) -> bool:
        """Whether the TCP connection was reset: a Close before it may have been lost."""
        return isinstance(self.event.content, Ended) and self.event.content.how == "reset"

    @property
    def was_too_large(self) -> bool:
        """Whether wsbeat left because of a message that is larger than any answer could be."""
        return self.event.kind == "broken" and str(self.event.content).startswith(TOO_LARGE)

    def __str__(self) -> str:
        if self.close is not None:
            return str(self.close)
        if self.event.kind == "broken":
            return str(self.event.content)
        end = self.event.content
        return str(end if isinstance(end, Ended) else Ended("eof"))


def departure_of(connection: ObservedConnection) -> Departure | None:
    """How a connection ended, and what explains it (S-CONTROL); None while it had not."""
    for event in connection.events:
        if event.opcode == "close":
            if event.kind == "sent":
                return Departure(event, _close(event), "harness")
            return _explained(connection, event, _close(event))
        if event.kind == "ended":
            if isinstance(event.content, Ended) and event.content.how == "local":
                return Departure(event, None, "harness")
            if not connection.was_read(event.earliest, event.latest):
                return Departure(event, None, "harness")  # A Close may lie there unread.
            return _explained(connection, event, None)
        if event.kind == "broken":
            return _explained(connection, event, None)
    return None


def _explained(connection: ObservedConnection, event: Event, close: Close | None) -> Departure:
    named = close is not None and close.reason == HEARTBEAT_REASON
    if close is not None and named and close.code == CloseCode.NORMAL_CLOSURE:
        return Departure(event, close, "heartbeat")
    asked = connection.asked_to_end
    if asked is not None and event.latest >= asked.earliest:
        return Departure(event, close, "shutdown")
    unanswered = _first_unanswered(connection, event, close)
    restart = connection.last_restart_before(event)
    if close is not None and unanswered and close.code in may_close(unanswered.message):
        return Departure(event, close, "message", unanswered)
    silent_long_enough = (
        restart is not None
        and event.earliest - restart.latest + RESOLUTION >= connection.timing.heartbeat_timeout
    )
    if silent_long_enough and (named or unanswered is None or _is_usual(connection, unanswered)):
        return Departure(event, close, "heartbeat")
    if unanswered is not None:
        return Departure(event, close, "message", unanswered)
    return Departure(event, close, "unexplained")


def _is_usual(connection: ObservedConnection, unanswered: Exchange) -> bool:
    """Whether a message was of a kind that, on this connection, had not ended it before."""
    return unanswered.owed == "nothing" or any(
        exchange.replies and exchange.owed == unanswered.owed == "echo"
        for exchange in connection.matching.exchanges
    )


def _first_unanswered(
    connection: ObservedConnection, event: Event, close: Close | None
) -> Exchange | None:
    """The message on whose account a connection seems to have ended.

    It is the first after the last one that was answered, if it was sent so shortly before the
    end that its reply was still to come; or the first of those to which the code is a proper
    answer, because servers that find one wanting may forget the messages before it. What an
    application says may answer any message; a pong of the client is none that ends anything.
    """
    exchanges = connection.matching.exchanges
    tail = 0
    for number, exchange in enumerate(exchanges, 1):
        if exchange.replies and not exchange.out_of_order and not exchange.is_applications:
            tail = number
    waiting = [
        exchange
        for exchange in exchanges[tail:]
        if not exchange.replies
        and not (exchange.owed == "nothing" and isinstance(exchange.message, Business))
        and exchange.stimulus.earliest <= event.latest
        and event.earliest <= exchange.stimulus.latest + connection.reply_patience
    ]
    for exchange in waiting:
        if close is not None and close.code in may_close(exchange.message):
            return exchange
    return waiting[0] if waiting else None


def _close(event: Event) -> Close | None:
    return event.content if isinstance(event.content, Close) else None

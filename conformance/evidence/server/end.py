"""How connections end, and what explains it: a verdict on the client, a message, a shutdown."""

from __future__ import annotations

from collections.abc import Callable, Container

from conformance.evidence.server.blame.charge import charged
from conformance.evidence.server.blame.suspicion import Said
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.excuse import explained
from conformance.trace.event import Close, Ended, Event


def departure_of(
    connection: ObservedConnection,
    harmless: Callable[[], Container[Said]] = frozenset,
    deadly: Callable[[], Container[Said]] = frozenset,
) -> Departure | None:
    """How a connection ended, and what explains it (S-CONTROL); None while it had not.

    `harmless` gives the messages that ended no connection elsewhere, `deadly` those that did.
    """
    if connection.trace.dialect.prelude and connection.opened is None:
        return None  # It was never open: what ended it is told where it was refused.
    for event in connection.events:
        if event.opcode == "close" and event.kind == "sent":
            return Departure(event, _close(event), "harness")
        if event.kind == "ended":
            if isinstance(event.content, Ended) and event.content.how == "local":
                return Departure(event, None, "harness")
            if not connection.was_read(event.earliest, event.latest):
                return Departure(event, None, "harness")  # A Close may lie there unread.
        if event.opcode == "close" or event.kind in ("ended", "broken"):
            close = _close(event)
            return explained(connection, event, close) or charged(
                connection, event, close, harmless, deadly
            )
    return None


def _close(event: Event) -> Close | None:
    return event.content if isinstance(event.content, Close) else None

"""Departures: how connections end, and what explains it or is to blame for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from websockets.frames import CloseCode

from conformance.evidence.server.exchange import Exchange
from conformance.trace.event import TOO_LARGE, Close, Ended, Event

SHUTDOWN_CODES = (CloseCode.GOING_AWAY, CloseCode.SERVICE_RESTART)


Cause: TypeAlias = Literal[
    "harness",
    "heartbeat",
    "message",
    "shutdown",
    "full",
    "replaced",
    "stalled",
    "collapse",
    "unexplained",
]


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of a connection: a Close frame, or an end of the TCP connection without one.

    `cause` is "harness" (wsbeat ended it, or gave cause to), "heartbeat" (the server's verdict on a
    silent client), "message" (it came in place of the answer to `blamed`), "shutdown", "full" (the
    client was refused after all), "replaced" (by a newer one of the same user), "stalled" (the
    server's own transport gave it up, as nothing was read on it), "collapse" (all connections ended
    with it), or "unexplained".
    Where it cannot be told which of several messages is to blame, they are the `suspects`. It may
    have come `by_chance` in place of an answer, where the message that is blamed ended nothing
    elsewhere.
    """

    event: Event
    close: Close | None
    cause: Cause
    blamed: Exchange | None = None
    suspects: tuple[Exchange, ...] = ()
    by_chance: bool = False

    @property
    def was_reset(self) -> bool:
        """Whether the TCP connection was reset: a Close before it may have been lost."""
        return isinstance(self.event.content, Ended) and self.event.content.how == "reset"

    @property
    def was_too_large(self) -> bool:
        """Whether wsbeat left because of a message that is larger than any answer could be."""
        return was_too_large(self.event)

    def __str__(self) -> str:
        if self.close is not None:
            return str(self.close)
        if self.event.kind == "broken":
            return str(self.event.content)
        end = self.event.content
        return str(end if isinstance(end, Ended) else Ended("eof"))


def was_too_large(event: Event) -> bool:
    """Whether wsbeat left because of a message that is larger than any answer could be."""
    return event.kind == "broken" and str(event.content).startswith(TOO_LARGE)

"""How a connection of a client ended, and on whose account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from conformance.trace.event import Close, Ended, Event
from spec.dialect.dialect import Dialect

Cause: TypeAlias = Literal["harness", "own", "gave up", "unanswered", "client"]


def gives_up_so(close: Close | None, dialect: Dialect) -> bool:
    """Whether a client gives a connection up for want of a pong with this Close, or without one."""
    ends = dialect.client.gives_up
    if ends is None:
        return False
    return ends.abort if close is None else ends.has(close.code)


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of a connection: a Close frame, or an end of the TCP connection without one.

    `cause` is "harness" (wsbeat ended it), "own" (the client had been asked to end), "gave up"
    (a ping had no pong), "unanswered" (the answer to the attempt came late, and the client may not
    have known of it), or "client" (nothing that the harness knows of explains it).
    """

    event: Event
    close: Close | None
    cause: Cause

    def __str__(self) -> str:
        if self.close is not None:
            return str(self.close)
        if self.event.kind == "broken":
            return f"a violation of RFC 6455: {self.event.content!s}"
        end = self.event.content
        return str(end if isinstance(end, Ended) else Ended("eof"))

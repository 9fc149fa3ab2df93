"""A ping of a client, and its pong."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.trace.event import Event

ON_THE_WAY = 0.05
"""How long (seconds) a ping and its pong may be on their way: a client counts that, too."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A ping of the client with the first pong that the harness sent after it, if it did.

    `fault` is what C-PING-FORM has against it, empty for a proper one; it is `recognised` where a
    server has to take it for a ping (S-PING-FORM), and so owes a pong.
    """

    event: Event
    pong: Event | None
    fault: str
    recognised: bool

    def answered_within(self, seconds: float) -> bool:
        """Whether its pong was certainly sent in that time."""
        return self.pong is not None and self.pong.latest - self.event.earliest <= seconds

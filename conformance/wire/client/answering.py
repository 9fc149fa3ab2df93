"""How much wsbeat answers: a client that answers answers would be answered without end.

In virtual time no moment would pass meanwhile, and nothing else ever happen.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_AT_ONCE = 500
"""How many answers a client gets on one connection at once: more than any has use for."""

IN_A_SECOND = 20
"""How many more it gets in each second from then on."""


@dataclass(slots=True)
class Answering:
    """How many answers a connection has left at a moment, on the clock of the wire."""

    left: float = MOST_AT_ONCE
    since: float = 0.0
    was_told: bool = False

    def goes_on(self, now: float) -> bool:
        """Whether one more is given at a moment."""
        more = (now - self.since) * IN_A_SECOND
        self.left, self.since = min(self.left + more, MOST_AT_ONCE), now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def ceases(self) -> bool:
        """Whether none is given for the first time, which is worth telling."""
        is_first, self.was_told = not self.was_told, True
        return is_first

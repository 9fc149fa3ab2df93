"""How much wsbeat answers: a client that answers answers would be answered without end.

In virtual time no moment would pass meanwhile, and nothing else ever happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

MOST_IN_A_SECOND = 500
"""How many answers a client gets on one connection within a second: more than any has use for."""


@dataclass(slots=True)
class Answering:
    """How many answers were given on a connection since a moment, on the clock of the wire."""

    since: float = -inf
    given: int = 0

    def goes_on(self, now: float) -> bool:
        """Whether one more is given at a moment."""
        if now - self.since >= 1.0:
            self.since, self.given = now, 0
        self.given += 1
        return self.given <= MOST_IN_A_SECOND

    @property
    def ceases(self) -> bool:
        """Whether the last one asked for was the first that was not given."""
        return self.given == MOST_IN_A_SECOND + 1

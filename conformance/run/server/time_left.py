"""How much time a run on a server has left: by its limit, and by what it has found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from conformance.wire.clock import Clock

ONE_MORE = 1.05
"""How many of its longest waits a run spends on doubts once it has found a MUST violated."""


class TimeIsUp(Exception):
    """The time limit was reached."""


class Settled(Exception):
    """All that the user wants to know is known."""


def never() -> bool:
    """Nothing settles a run before its end."""
    return False


@dataclass(slots=True)
class TimeLeft:
    """The time of one run. `limit` is what the user allows it, in seconds; `begun` is its start."""

    clock: Clock
    limit: float | None
    longest_wait: float
    is_settled: Callable[[], bool] = never
    """Whether the user wants no more than what is known."""
    begun: float = 0.0
    ended: float = 0.0
    enough: float = inf
    """How many seconds a run may take that has something to show already."""

    def begin(self) -> None:
        """The run begins now."""
        self.begun = self.clock.now()

    def end(self) -> None:
        """The run ends now."""
        self.ended = self.clock.now()

    @property
    def elapsed(self) -> float:
        """How long the run has taken so far, in seconds."""
        return self.clock.now() - self.begun

    @property
    def duration(self) -> float:
        """How long the run took, in seconds."""
        return self.ended - self.begun

    @property
    def left(self) -> float:
        """How much time is left, in seconds."""
        return inf if self.limit is None else self.limit - self.elapsed

    def check(self) -> None:
        """Raise TimeIsUp when none is left, and Settled when none is needed."""
        if self.left <= 0:
            raise TimeIsUp
        if self.is_settled():
            raise Settled

    def is_measured(self) -> None:
        """Everything was measured once: from now on there is time for one more of the waits."""
        self.enough = self.elapsed + ONE_MORE * self.longest_wait

    def is_spent(self) -> bool:
        """Whether that is over."""
        return self.elapsed > self.enough

    def allows_a_wait(self) -> bool:
        """Whether it is worth while to wait once more for as long as any requirement needs."""
        return self.elapsed + self.longest_wait <= self.enough

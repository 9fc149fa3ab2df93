"""A histogram of times: how many lay in which of many narrow steps, each a fifth longer.

It is as small for a million of them as for ten, and those of all workers are added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, log
from typing import Any

LEAST = 0.0001
"""What is shorter (seconds) is in the first step."""


GROWTH = 1.2
"""How many times as long as the step before it each step is."""


@dataclass(slots=True)
class Histogram:
    """How often a time lay in which step, and the longest there was, in seconds."""

    steps: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one time."""
        step = 0 if seconds <= LEAST else ceil(log(seconds / LEAST) / log(GROWTH))
        self.steps[step] += 1
        self.longest = max(self.longest, seconds)

    @property
    def count(self) -> int:
        """How many times were counted."""
        return self.steps.total()

    def quantile(self, part: float) -> float:
        """A time (seconds) that this part of all did not exceed, a fifth too long at the most."""
        left = ceil(part * self.count)
        for step in sorted(self.steps):
            left -= self.steps[step]
            if left <= 0:
                return min(upper(step), self.longest)
        return self.longest

    def within(self, bounds: Iterable[float]) -> list[int]:
        """How many lay up to each of some bounds (seconds), and beyond the one before it."""
        found, below = [], 0
        for bound in bounds:
            upto = sum(count for step, count in self.steps.items() if upper(step) <= bound * 1.0001)
            found.append(upto - below)
            below = upto
        return [*found, self.count - below]

    def to_json(self) -> dict[str, Any]:
        """Each step by the time (seconds) that it goes up to, with its count."""
        return {"steps": [[each, self.steps[each]] for each in sorted(self.steps)],
                "longest": round(self.longest, 6)}  # fmt: skip

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Histogram:
        return cls(Counter(dict(told["steps"])), told["longest"])

    @classmethod
    def of(cls, all_of_them: Iterable[Histogram]) -> Histogram:
        """Several added up."""
        whole = cls()
        for each in all_of_them:
            whole.steps.update(each.steps)
            whole.longest = max(whole.longest, each.longest)
        return whole


def upper(step: int) -> float:
    """Up to which time a step goes, in seconds."""
    return float(LEAST * GROWTH**step)

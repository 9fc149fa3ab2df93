"""The schedules of a run, and the search for the simplest that still shows a fault.

Every window costs as long as the server's clock takes, so all candidates of a round run side by
side, and there are few rounds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import spec
from conformance.scenarios.schedule import SCHEDULES_AT_ONCE, Schedule, schedule_of, simpler
from conformance.trace.trace import Trace

ROUNDS = 4
"""How many windows the search for simpler schedules may take at the most."""


@dataclass(slots=True)
class ScheduleSearch:
    """Schedules, and the simplest known to violate each requirement."""

    schedules: Sequence[Schedule]
    longest_gap: float
    simplest: dict[str, Schedule] = field(default_factory=dict)
    tried: set[Schedule] = field(default_factory=set)

    def remember(self, trace: Trace, violated: Iterable[str]) -> None:
        """Remember the schedule of a trace for what it violates."""
        schedule = schedule_of(trace)
        if schedule is None:
            return
        self.tried.add(schedule)
        for name in violated:
            known = self.simplest.get(name)
            if known is None or schedule.weight < known.weight:
                self.simplest[name] = schedule

    def candidates(self, requirements: Collection[str]) -> list[Schedule]:
        """Simpler schedules that may show the same faults, none of them tried before."""
        found: dict[Schedule, None] = {}
        for name in requirements:
            if name in self.simplest:
                for schedule in simpler(self.simplest[name], self.longest_gap):
                    if schedule not in self.tried:
                        found[schedule] = None
        return list(found)[:SCHEDULES_AT_ONCE]


def schedules_drawn(timing: spec.Timing, count: int, seed: int) -> Sequence[Schedule]:
    """Draw schedules where and when they are asked for."""
    # Whoever draws in another process need not load Hypothesis.
    from conformance.scenarios.schedule_strategies import drawn  # noqa: PLC0415

    return drawn(timing, count, seed)

"""What is drawn is the same for every mutant, so that a process draws it once and keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from conformance.run.client.batches import batches
from conformance.run.examples import Example, Judged
from conformance.run.server.exploring.example_source import DrawnHere, drawn_here
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule_strategies import drawn

batches_once = cache(batches)
schedules_once = cache(drawn)


@dataclass(frozen=True, slots=True)
class _DrawnOnce:
    drawn: DrawnHere

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        """The examples of a scenario, drawn the first time that they are asked for."""
        return iter(_examples(self.drawn, scenario))

    def simplify(self, scenario: ServerScenario, judged: Judged) -> None:
        """Have the same examples judged one by one, and simpler ones: that depends on a mutant."""
        self.drawn.simplify(scenario, judged)


@contextmanager
def drawn_once(
    scenarios: Sequence[ServerScenario], examples: int, seed: int
) -> Iterator[_DrawnOnce]:
    """Draw examples where they are asked for, unless this process has done so before."""
    with drawn_here(scenarios, examples, seed) as drawn:
        yield _DrawnOnce(drawn)


@cache
def _examples(drawn: DrawnHere, scenario: ServerScenario) -> tuple[Example, ...]:
    return tuple(drawn.examples(scenario))

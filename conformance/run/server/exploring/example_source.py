"""What is said to a server in explored scenarios, drawn by Hypothesis in a process of its own.

Drawing an example takes longer than sending it and judging what comes back. The process reads what
it is to do (lines of JSON) from standard input and writes each example as a line to standard
output, scenario by scenario; it gives way to others where processors are short. Another is started
where something was violated: it awaits, after each example, a line that names what that violates,
and shrinks it.

In virtual time it is the one that takes longest, and is started before all else is prepared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol, Self, TypeAlias

import spec
from conformance.run.examples import Example, Judged, draw, simplify
from conformance.run.helper import Helper
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule import SCHEDULES_AT_ONCE, Schedule
from conformance.scenarios.step import step_from_json
from conformance.targets.options import Options
from conformance.targets.server import Target

MODULE = "conformance.run.server.exploring.example_worker"

SCHEDULES = ""
"""The name of a line that has schedules: no scenario has it."""


class Drawing(Protocol):
    """Examples of explored scenarios."""

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        """The examples of one of the scenarios, which are asked for in their order."""

    def simplify(self, scenario: ServerScenario, judged: Judged) -> None:
        """Have the same examples judged one by one, and simpler ones for each violation."""


Draws: TypeAlias = Callable[[Sequence[ServerScenario], int, int], AbstractContextManager[Drawing]]
"""Draws so many examples of each scenario, for a seed, until the block ends at the latest."""


@dataclass(frozen=True, slots=True)
class DrawnHere:
    """Examples that are drawn where and when they are asked for."""

    _examples: int
    _seed: int

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        """The examples of a scenario."""
        found: list[Example] = []
        draw(scenario, self._examples, self._seed, found.append)
        return iter(found)

    def simplify(self, scenario: ServerScenario, judged: Judged) -> None:
        """Have the same examples judged one by one, and simpler ones for each violation."""
        simplify(scenario, self._examples, self._seed, judged)


@contextmanager
def drawn_here(_: Sequence[ServerScenario], examples: int, seed: int) -> Iterator[DrawnHere]:
    """Draw examples where and when they are asked for."""
    yield DrawnHere(examples, seed)


@dataclass(frozen=True, slots=True)
class DrawnAhead:
    """Examples that are drawn in a process of their own, whether they are asked for or not."""

    _helper: Helper
    _examples: int
    _seed: int

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        """The examples of a scenario; those of scenarios before it are left out.

        Raises HarnessFault when the process failed.
        """
        return _examples_from(self._helper, scenario)

    def simplify(self, scenario: ServerScenario, judged: Judged) -> None:
        """Have the same examples judged one by one, and simpler ones for each violation.

        Raises HarnessFault when the process failed. What is drawn depends on which modules a
        process has loaded, too: this one would draw other examples.
        """
        with _drawing([scenario], self._examples, self._seed, simplifies=True) as helper:
            for steps in _examples_from(helper, scenario):
                helper.tell(json.dumps(sorted(judged(steps))))

    @property
    def process(self) -> int:
        """The number of the process that draws."""
        return self._helper.popen.pid


@contextmanager
def drawn_ahead(
    scenarios: Sequence[ServerScenario], examples: int, seed: int
) -> Iterator[DrawnAhead]:
    """Begin to draw examples in a process of their own."""
    with _drawing(scenarios, examples, seed) as helper:
        yield DrawnAhead(helper, examples, seed)


@contextmanager
def _drawing(
    scenarios: Sequence[ServerScenario], examples: int, seed: int, *, simplifies: bool = False
) -> Iterator[Helper]:
    """A helper that draws, and is ended with the block, whether all was taken or not."""
    with _process() as helper:
        _ask(helper, scenarios, examples, seed, simplifies=simplifies)
        yield helper


@contextmanager
def _process() -> Iterator[Helper]:
    """A helper that will draw, once it is told what; it is ended with the block."""
    helper = Helper(MODULE)
    try:
        yield helper
    finally:
        helper.popen.kill()
        helper.end()
        helper.close()


def _ask(
    helper: Helper,
    scenarios: Sequence[ServerScenario],
    examples: int,
    seed: int,
    *,
    simplifies: bool = False,
) -> None:
    names = [
        (each.module, each.name, each.dialect and dict(each.dialect.document)) for each in scenarios
    ]
    helper.tell(json.dumps([names, examples, seed, simplifies]))


class Ahead:
    """All that a run draws, in one process that may be started before it is asked for anything.

    Schedules come first. The process ends with the block.
    """

    def __init__(self, timing: spec.Timing, schedules: int, seed: int) -> None:
        self._schedules = timing, schedules, seed
        self._process = ExitStack()
        self._helper: Helper | None = None
        self._is_asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()

    def start(self) -> Helper:
        """Start the process, unless that was done before."""
        if self._helper is None:
            self._helper = self._process.enter_context(_process())
            timing, count, seed = self._schedules
            self._helper.tell(json.dumps([asdict(timing), count, seed]))
        return self._helper

    def schedules(self, timing: spec.Timing, count: int, seed: int) -> Sequence[Schedule]:
        """Schedules for a timing and a seed; raises HarnessFault when the process failed."""
        assert (timing, count, seed) == self._schedules
        helper = self.start()
        for line in helper.output:
            name, found = json.loads(line)
            if name == SCHEDULES:
                return [Schedule.from_text(each) for each in found]
        raise helper.fault()

    @contextmanager
    def draws(
        self, scenarios: Sequence[ServerScenario], examples: int, seed: int
    ) -> Iterator[DrawnAhead]:
        """Draw examples; what is asked for once more is drawn anew, in another process."""
        if self._is_asked:
            with drawn_ahead(scenarios, examples, seed) as drawn:
                yield drawn
            return
        self._is_asked, helper = True, self.start()
        _ask(helper, scenarios, examples, seed)
        yield DrawnAhead(helper, examples, seed)


def _examples_from(helper: Helper, scenario: ServerScenario) -> Iterator[Example]:
    for line in helper.output:
        name, steps = json.loads(line)
        if name != scenario.name:
            continue
        if steps is None:
            return
        yield [step_from_json(each) for each in steps]
    raise helper.fault()


def drawn_for(target: Target, options: Options) -> Ahead:
    """What draws all that a run on a server will ask for."""
    return Ahead(target.timing, SCHEDULES_AT_ONCE, options.seed)

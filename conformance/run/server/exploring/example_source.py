"""What is said to a server in explored scenarios, drawn by Hypothesis in a process of its own.

Drawing an example takes longer than sending it and judging what comes back. The process reads what
it is to do (lines of JSON) from standard input and writes each example as a line to standard
output, scenario by scenario; it gives way to others where processors are short. Another is started
where something was violated: it awaits, after each example, a line that names what that violates,
and shrinks it.

In virtual time it is the one that takes longest, and is started before all else is prepared. What
was drawn before is in a store: where that has all of it, no process is started.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol, Self, TypeAlias

import spec
from conformance.run.examples import Example, Judged, draw, simplify
from conformance.run.helper import Helper
from conformance.run.server.exploring.store import Question, Store
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
    """Examples that were kept, and those of a process, which draws whether or not it is asked."""

    _questions: Mapping[str, Question]
    """What is to be drawn for each scenario, by its name."""
    _kept: Mapping[str, Sequence[str]]
    _helper: Helper | None
    """The process; there is none where all was kept."""
    _store: Store

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        """The examples of a scenario; those of scenarios before it are left out.

        Raises HarnessFault when the process failed.
        """
        if scenario.name in self._kept:
            yield from map(_example, self._kept[scenario.name])
            return
        assert self._helper is not None
        taken = []
        for line in _lines_for(scenario.name, self._helper):
            taken.append(line)
            yield _example(line)
        self._store.keep(self._questions[scenario.name], taken)

    def simplify(self, scenario: ServerScenario, judged: Judged) -> None:
        """Have the same examples judged one by one, and simpler ones for each violation.

        Raises HarnessFault when the process failed. What is drawn depends on which modules a
        process has loaded, too: this one would draw other examples.
        """
        with _process() as helper:
            _ask(helper, [self._questions[scenario.name]], simplifies=True)
            for line in _lines_for(scenario.name, helper):
                helper.tell(json.dumps(sorted(judged(_example(line)))))

    @property
    def process(self) -> int | None:
        """The number of the process that draws, if there is one."""
        return None if self._helper is None else self._helper.popen.pid


@contextmanager
def drawn_ahead(
    scenarios: Sequence[ServerScenario], examples: int, seed: int
) -> Iterator[DrawnAhead]:
    """Begin to draw examples in a process of their own, and keep none."""
    with Ahead(Store()) as ahead, ahead.draws(scenarios, examples, seed) as drawn:
        yield drawn


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


def _ask(helper: Helper, questions: Sequence[Question], *, simplifies: bool = False) -> None:
    helper.tell(json.dumps([questions, simplifies]))


class Ahead:
    """All that a run draws, in one process that may be started before it is asked for anything.

    Schedules come first. The process ends with the block; it does not start for what is kept.
    """

    def __init__(self, store: Store, first: Question | None = None) -> None:
        """`first` is what to begin with: the timing, number and seed of schedules."""
        self._store, self._first = store, first
        self._process = ExitStack()
        self._helper: Helper | None = None
        self._asked: Question | None = None
        self._taken: dict[str, Sequence[str]] = {}
        self._has_drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()

    def begin(self) -> None:
        """Begin to draw schedules, if they are not kept, and load what draws; once is enough."""
        if self._first and self._helper is None and self._store.find(self._first) is None:
            self._asked = self._first
            self._started().tell(json.dumps(self._first))

    def schedules(self, timing: spec.Timing, count: int, seed: int) -> Sequence[Schedule]:
        """Schedules for a timing and a seed; raises HarnessFault when the process failed."""
        question = _schedules(timing, count, seed)
        self._take_schedules()
        found = self._taken.get(json.dumps(question)) or self._store.find(question)
        if found is None:
            with _process() as helper:
                helper.tell(json.dumps(question))
                found = list(_lines_for(SCHEDULES, helper))
            self._store.keep(question, found)
        return [Schedule.from_text(json.loads(each)) for each in found]

    @contextmanager
    def draws(
        self, scenarios: Sequence[ServerScenario], examples: int, seed: int
    ) -> Iterator[DrawnAhead]:
        """Draw examples; what is asked for once more is drawn anew, in another process."""
        questions = {each.name: _question(each, examples, seed) for each in scenarios}
        found = {name: self._store.find(question) for name, question in questions.items()}
        kept = {name: lines for name, lines in found.items() if lines is not None}
        missing = [question for name, question in questions.items() if name not in kept]
        with ExitStack() as stack:
            helper = None
            if missing:
                self._take_schedules()
                helper = stack.enter_context(_process()) if self._has_drawn else self._started()
                self._has_drawn = True
                _ask(helper, missing)
            yield DrawnAhead(questions, kept, helper, self._store)

    def _take_schedules(self) -> None:
        """Take those that were asked for: examples would come after them."""
        if self._asked is not None:
            question, self._asked = self._asked, None
            found = list(_lines_for(SCHEDULES, self._started()))
            self._taken[json.dumps(question)] = found
            self._store.keep(question, found)

    def _started(self) -> Helper:
        if self._helper is None:
            self._helper = self._process.enter_context(_process())
        return self._helper


def _schedules(timing: spec.Timing, count: int, seed: int) -> Question:
    return [asdict(timing), count, seed]


def _question(scenario: ServerScenario, examples: int, seed: int) -> Question:
    spoken = scenario.dialect and dict(scenario.dialect.document)
    return [scenario.module, scenario.name, spoken, examples, seed]


def _lines_for(wanted: str, helper: Helper) -> Iterator[str]:
    """What the helper says under a name, a line of JSON for each; what comes before is left out."""
    for line in helper.output:
        name, found = json.loads(line)
        if name != wanted:
            continue
        if found is None:
            return
        yield json.dumps(found)
    raise helper.fault()


def _example(line: str) -> Example:
    return [step_from_json(each) for each in json.loads(line)]


def drawn_for(target: Target, options: Options) -> Ahead:
    """What draws all that a run on a server will ask for."""
    first = _schedules(target.timing, SCHEDULES_AT_ONCE, options.seed)
    return Ahead(Store.at(options.drawn), first)

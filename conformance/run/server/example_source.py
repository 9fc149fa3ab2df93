"""What is said to a server in explored scenarios, drawn by Hypothesis in a process of its own.

Drawing an example takes longer than sending it and judging what comes back. The process reads what
it is to do (one line of JSON) from standard input and writes each example as a line to standard
output, scenario by scenario; it gives way to others where processors are short. Another is started
where something was violated: it awaits, after each example, a line that names what that violates,
and shrinks it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from conformance.run.examples import Example, Judged, draw, simplify
from conformance.run.worker import HarnessFault
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.step import step_from_json


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

    _process: _Process
    _examples: int
    _seed: int

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        """The examples of a scenario; those of scenarios before it are left out.

        Raises HarnessFault when the process failed.
        """
        return self._process.examples(scenario)

    def simplify(self, scenario: ServerScenario, judged: Judged) -> None:
        """Have the same examples judged one by one, and simpler ones for each violation.

        Raises HarnessFault when the process failed. What is drawn depends on which modules a
        process has loaded, too: this one would draw other examples.
        """
        with _process([scenario], self._examples, self._seed, simplifies=True) as process:
            for steps in process.examples(scenario):
                process.tell(sorted(judged(steps)))

    @property
    def process(self) -> int:
        """The number of the process that draws."""
        return self._process.popen.pid


@contextmanager
def drawn_ahead(
    scenarios: Sequence[ServerScenario], examples: int, seed: int
) -> Iterator[DrawnAhead]:
    """Begin to draw examples in a process of their own."""
    with _process(scenarios, examples, seed) as process:
        yield DrawnAhead(process, examples, seed)


@contextmanager
def _process(
    scenarios: Sequence[ServerScenario], examples: int, seed: int, *, simplifies: bool = False
) -> Iterator[_Process]:
    """A process that draws, and is ended with the block, whether all was taken or not."""
    process = _Process()
    try:
        names = [(scenario.module, scenario.name) for scenario in scenarios]
        process.tell([names, examples, seed, simplifies])
        yield process
    finally:
        process.end()


class _Process:
    """The parent's side of a process that draws."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - see end
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-m", "conformance.run.server.example_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
        )

    def tell(self, what: Any) -> None:
        """Write a line to the process; one that is gone is found out when it is to be read."""
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps(what) + "\n")
            self.popen.stdin.flush()
        except BrokenPipeError:
            return

    def examples(self, scenario: ServerScenario) -> Iterator[Example]:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            name, steps = json.loads(line)
            if name != scenario.name:
                continue
            if steps is None:
                return
            yield [step_from_json(each) for each in steps]
        code = self.popen.wait()
        self._errors.seek(0)
        raise HarnessFault(f"the drawing process ended with code {code}:\n{self._errors.read()}")

    def end(self) -> None:
        self.popen.kill()
        self.popen.wait()
        with suppress(BrokenPipeError):  # What was not written any more is of no use to anybody.
            assert self.popen.stdin is not None
            self.popen.stdin.close()
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        self._errors.close()

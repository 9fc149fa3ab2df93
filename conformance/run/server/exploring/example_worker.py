"""The process that draws examples, and simplifies those that break something."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

import spec
from conformance.run.examples import Example, draw, simplify
from conformance.run.server.exploring.example_source import SCHEDULES
from conformance.run.server.exploring.store import Question
from conformance.scenarios import message_strategies as _  # noqa: F401 - loaded ahead
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule_strategies import drawn
from conformance.scenarios.step import step_to_json
from spec.dialect.made import made

GIVES_WAY = 5
"""Increment for os.nice(): drawing gives way to processes that watch clocks."""


def _write(name: str, steps: Example | None) -> None:
    _say(name, None if steps is None else [step_to_json(step) for step in steps])


def _say(name: str, found: object) -> None:
    sys.stdout.write(json.dumps([name, found]) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Draw what standard input asks for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(GIVES_WAY)
    while line := sys.stdin.readline():
        match json.loads(line):
            case [timing, count, seed]:
                schedules = drawn(spec.Timing(**timing), count, seed)
                for each in schedules:
                    _say(SCHEDULES, each.to_text())
                _say(SCHEDULES, None)
            case [questions, simplifies]:
                _draw(questions, simplifies)


def _draw(questions: Sequence[Question], simplifies: bool) -> None:
    for module, name, document, examples, seed in questions:
        scenario: ServerScenario | None = getattr(import_module(module), name)
        if scenario is not None and document is not None:
            scenario = scenario.said_in(made(document))
        assert scenario is not None
        write = partial(_write, name)
        if simplifies:
            simplify(scenario, examples, seed, partial(_judged_by_the_parent, write))
        else:
            draw(scenario, examples, seed, write)
        write(None)


def _judged_by_the_parent(write: Callable[[Example], None], steps: Example) -> set[str]:
    write(steps)
    return set(json.loads(sys.stdin.readline()))


if __name__ == "__main__":
    main()

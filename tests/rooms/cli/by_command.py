"""Checks of servers that wsbeat starts by a command, and what became of them."""

from __future__ import annotations

import shlex
import sys

import pytest

import spec
from conformance.run.check import check_server
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.targets.started import wall_clock
from conformance.verdict.result import Result

FAST = spec.load_timing("fast")
URL = "ws://127.0.0.1:{port}/"
MUTANT = [sys.executable, "-m", "tests.mutants", "--timing", "fast", "--port", "{port}"]
REFERENCE = [sys.executable, "-m", "reference_server", "--timing", "fast", "--port", "{port}"]
needs_libfaketime = pytest.mark.skipif(
    wall_clock.library() is None, reason="libfaketime is not here, so no wall clock can be set"
)


def check(command: list[str], *select: str, url: str = URL) -> Result:
    target = Target(url, FAST, command=shlex.join(command))
    return check_server(target, Options(select=select, examples=5), lambda _: None)


def verdicts(result: Result) -> dict[str, str]:
    return {
        each.requirement.id: each.verdict
        for each in result.assessments
        if each.verdict != "excluded"
    }


def because(result: Result, name: str) -> str | None:
    return next(each.because for each in result.assessments if each.requirement.id == name)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code, "{port}"]

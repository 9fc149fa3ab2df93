"""A FastAPI server with all mends conforms, and without one of them breaks its requirement."""

from __future__ import annotations

import re
import shlex
import sys

import pytest

import spec
from conformance.run.check import check_server
from conformance.run.virtual import nobody
from conformance.targets.options import Options
from conformance.targets.server import Target
from tests.peers.unmended import SOURCE, UNMENDED, result_without

SOON = ("S-PONG", "S-IGNORE-NOT-JSON", "S-BINARY", "S-TIMEOUT-LATEST", "S-TIMEOUT-CODE")
"""The mends that are tried every time."""


def test_with_all_mends_it_conforms() -> None:
    result = result_without(None)
    assert (result.outcome, result.counts.get("warned", 0)) == ("conformant", 0)


@pytest.mark.parametrize(
    "requirement",
    [pytest.param(each, marks=() if each in SOON else pytest.mark.virtual) for each in UNMENDED],
)
def test_without_one_mend_its_requirement_is_broken(requirement: str) -> None:
    result = result_without(requirement, requirement)
    [found] = [each for each in result.assessments if each.requirement.id == requirement]
    assert found.verdict == "failed"


@pytest.mark.parametrize(
    "requirement",
    [each for each in (*UNMENDED, "S-MONOTONIC") if "FastAPI" in spec.mend_of(each).at],
)
def test_what_is_written_of_fastapi_is_what_is_tried(requirement: str) -> None:
    pieces = re.findall("`([^`]+)`", spec.mend_of(requirement).at["FastAPI"])
    assert any(piece in SOURCE for piece in pieces if len(piece) > 12), pieces


@pytest.mark.proof
def test_in_a_process_of_its_own_it_conforms_whatever_its_wall_clock_does() -> None:
    command = shlex.join([sys.executable, "-m", "tests.peers.mended_server"]) + " --port {port}"
    timing = spec.load_timing("fast")
    target = Target("ws://127.0.0.1:{port}/ws", timing, "fast", command=command)
    result = check_server(target, Options(examples=10), nobody)
    assert result.outcome == "conformant", result.notes
    assert "S-MONOTONIC" not in {
        each.requirement.id for each in result.assessments if each.verdict != "passed"
    }

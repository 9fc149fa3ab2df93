"""The badge has what shields.io asks of an endpoint, and is green only if the run was."""

from __future__ import annotations

import json

import pytest

from conformance.report.formats.badge import render
from conformance.verdict.result import Result
from conformance.verdict.verdict import Verdict
from tests.rooms.report.samples import VERDICTS, failed, hostile, judged, passed, result


def read(of: Result) -> dict[str, object]:
    made: dict[str, object] = json.loads(render(of))
    assert made.keys() == {"schemaVersion", "label", "message", "color"}
    assert (made["schemaVersion"], made["label"]) == (1, "wsbeat server")
    return made


@pytest.mark.parametrize("verdict", VERDICTS)
def test_it_is_green_exactly_when_all_passed(verdict: Verdict) -> None:
    made = result(passed("S-ACCEPT"), judged("S-PONG", verdict, "why"))
    colour = read(made)["color"]
    assert (colour == "red") == (made.outcome == "violated")
    assert (colour == "lightgrey") == (made.outcome == "incomplete")
    assert (colour == "yellow") == (verdict == "known_failing")


def test_it_says_how_many_passed_and_failed() -> None:
    made = result(passed("S-ACCEPT"), failed("S-PONG"), judged("S-SIZE", "known_failing"))
    assert read(made)["message"] == "1 passed, 1 failed, 1 known failing"
    assert read(result(passed("S-ACCEPT"), interrupted=True))["message"] == "incomplete, 1 passed"
    assert read(result(passed("S-ACCEPT"), interrupted=True))["color"] == "lightgrey"


def test_nothing_that_a_target_said_is_in_it() -> None:
    assert read(hostile())["message"] == "1 passed, 1 failed, 1 warned, 1 known failing"

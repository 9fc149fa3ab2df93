"""The JSON report is valid by its schema, whatever is in it, and loses nothing that counts."""

from __future__ import annotations

import json

import pytest

import spec
from conformance.report.formats.json import LONGEST_CONTENT, document, render
from conformance.verdict.verdict import Verdict
from tests.rooms.report.samples import (
    EARLY_CLOSE,
    HOSTILE,
    NEVER_CLOSED,
    SECOND_PONG,
    TOO_LATE,
    VERDICTS,
    hostile,
    judged,
    result,
)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_makes_a_valid_report(verdict: Verdict) -> None:
    made = document(result(judged("S-PONG", verdict, "why")))
    assert spec.validate("report", made) == []
    assert made["requirements"][0]["verdict"] == verdict
    assert made["counts"] == {verdict: 1}


@pytest.mark.parametrize("text", [HOSTILE, "", "x" * 10_000_000])
def test_a_hostile_target_cannot_spoil_it(text: str) -> None:
    written = render(hostile(text))
    assert written.isascii()
    assert len(written) < 500_000
    assert spec.validate("report", json.loads(written)) == []


def test_what_the_target_said_stays_as_it_was() -> None:
    made = json.loads(render(hostile()))
    events = made["requirements"][1]["findings"][0]["events"]
    assert events[3]["text"] == HOSTILE
    assert events[4]["opcode"] == "binary"


def test_of_a_message_that_is_cut_the_size_is_told() -> None:
    event = document(hostile("é" * 10_000))["requirements"][1]["findings"][0]["events"][3]
    assert event["text"] == "é" * LONGEST_CONTENT
    assert event["size"] == 20_000


def test_windows_and_exchanges_are_in_it() -> None:
    made = document(result(SECOND_PONG, EARLY_CLOSE, NEVER_CLOSED, TOO_LATE))
    assert spec.validate("report", made) == []
    windows = [each["findings"][0]["window"] for each in made["requirements"]]
    assert windows[0] is None
    assert windows[1] == {
        "from": 1.4,
        "to": 2.25,
        "observed": [0.9981, 1.0013],
        "unit": "s",
        "since": "the last ping",
    }
    assert windows[3]["from"] is None
    assert len(made["requirements"][0]["findings"][0]["events"]) == 3
    assert made["outcome"] == "violated"
    assert made["exit_code"] == 1


def test_an_invalid_report_would_be_noticed() -> None:
    made = document(result(SECOND_PONG))
    del made["outcome"]
    assert spec.validate("report", made)

"""Traces are saved as they come, and judged again from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import spec
from conformance.run.rejudge import judge_traces
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.file import read_traces
from conformance.trace.trace import Capabilities, Trace
from conformance.verdict.selection import UsageError
from conformance.verdict.verdict import Assessment
from tests.rooms.verdict.added_up import (
    GOOD,
    SLIGHTLY_LATE,
    SOON,
    TWICE,
    URL,
    VAGUE,
    about,
    again,
    selection_of,
    tallies_on,
)
from tests.traces.notation import FAST, trace_of


def judged(*traces: Trace) -> Assessment:
    return about(SOON, judge_traces(traces, Options()))


# Saving.


def test_traces_are_saved_by_scenario_and_can_be_read_back(tmp_path: Path) -> None:
    tallies = tallies_on(Target(URL, FAST), tmp_path)
    other = replace(VAGUE, scenario="other")
    for trace in (TWICE, other, again(GOOD)):
        tallies.add(trace)
    assert saved(tmp_path) == {
        "by_hand": [as_saved(TWICE), as_saved(again(GOOD))],
        "other": [as_saved(other)],
    }
    [finding] = about("S-PONG", tallies.assessments(selection_of(tallies))).findings
    assert finding.trace == str(tmp_path / "by_hand.jsonl")


def test_a_second_run_starts_afresh(tmp_path: Path) -> None:
    tallies_on(folder=tmp_path).add(TWICE)
    second = tallies_on(folder=tmp_path)
    second.add(GOOD)
    second.add(GOOD)
    assert saved(tmp_path) == {"by_hand": [as_saved(GOOD)] * 2}


def as_saved(trace: Trace) -> Trace:
    """A trace as precise as a file is."""
    return next(read_traces(trace.to_lines(), ""))


def saved(folder: Path) -> dict[str, list[Trace]]:
    found = {}
    for path in folder.iterdir():
        with path.open(encoding="utf-8") as file:
            found[path.stem] = list(read_traces(file, str(path)))
    return found


# Judging again.


@pytest.mark.parametrize(
    "told",
    [
        {"target": "ws://elsewhere/"},
        {"timing": spec.load_timing("production")},
        {"role": "client"},
        {"capabilities": Capabilities(echo=False)},
    ],
    ids=",".join,
)
def test_traces_of_different_targets_are_not_judged_together(told: dict[str, Any]) -> None:
    first, other = replace(GOOD, source="a.jsonl"), replace(GOOD, source="b.jsonl", **told)
    with pytest.raises(UsageError, match=r"b\.jsonl is of another .* than a\.jsonl"):
        judge_traces([first, first, other], Options())


def test_the_second_measurement_supersedes_the_first() -> None:
    assert judged(VAGUE).verdict == "inconclusive"
    assert judged(VAGUE, again(GOOD)).verdict == "passed"
    assert judged(again(GOOD), VAGUE).verdict == "passed", "in whichever order"
    assert judged(GOOD, again(VAGUE)).verdict == "inconclusive"
    assert judged(SLIGHTLY_LATE, again(GOOD)).verdict == "passed"
    assert judged(SLIGHTLY_LATE, again(SLIGHTLY_LATE)).verdict == "failed"
    other = replace(GOOD, scenario="other", attempt=2)
    assert judged(VAGUE, other).verdict == "inconclusive", "it is another scenario's"


def test_a_second_measurement_may_be_of_many_traces() -> None:
    assert judged(VAGUE, again(VAGUE), again(GOOD)).verdict == "inconclusive"


def test_saved_traces_come_to_what_the_run_came_to(tmp_path: Path) -> None:
    tallies = tallies_on(Target(GOOD.target, FAST), tmp_path)
    tallies.add(TWICE)
    tallies.add(VAGUE)
    tallies.forget_doubts("by_hand")
    tallies.add(again(VAGUE))
    live = tallies.assessments(selection_of(tallies))
    result = judge_traces(saved(tmp_path)["by_hand"], Options())
    assert [(e.requirement.id, e.verdict, e.violated) for e in result.assessments] == [
        (e.requirement.id, e.verdict, e.violated) for e in live
    ]
    assert result.outcome == "violated"
    assert (result.duration, result.interrupted) == (0.95, False)


def test_an_empty_trace_shows_nothing() -> None:
    result = judge_traces([trace_of("", end="interrupted")], Options())
    assert {each.verdict for each in result.assessments} == {"not_exercised", "not_applicable"}
    assert about("S-PONG", result).because == "No event of these traces shows it."
    assert (result.duration, result.interrupted, result.outcome) == (0.0, True, "incomplete")


def test_traces_that_can_no_longer_be_kept_change_no_verdict(tmp_path: Path) -> None:
    """A full disk: the first trace cannot be written, and no other is tried."""
    folder = tmp_path / "gone"
    tallies = tallies_on(folder=folder)
    assert tallies.add(TWICE) == tallies_on().add(TWICE)
    assert tallies.saved.why_not == (
        f"Traces were kept up to {TWICE.scenario}.jsonl only: No such file or directory."
    )
    folder.mkdir()
    tallies.add(GOOD)
    assert list(folder.iterdir()) == []

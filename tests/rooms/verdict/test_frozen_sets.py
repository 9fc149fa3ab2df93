"""A requirement that is newer than the version a run is held to informs, and fails nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import spec
from conformance.cli import cli
from conformance.report.formats.json import document
from conformance.report.formats.junit import render as junit
from conformance.run.rejudge import judge_traces
from conformance.targets.options import Options
from conformance.trace.trace import Trace
from conformance.verdict import tallies
from conformance.verdict.result import Result
from tests.rooms.report.printed import printed
from tests.traces.notation import trace_of

GOOD = trace_of("0.0 opening\n 0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.4 ended local")
TWICE = trace_of("0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.12 < pong\n 0.4 ended local")
MUTE = trace_of("0.01 opened\n 0.4 ended local")
VAGUE = trace_of("0.01 opened\n 0.1 > ping\n 0.11..0.9 < pong\n 0.95 ended local")
NEW = ("S-PONG", "S-REPLY-SOON")


@pytest.fixture(autouse=True)
def some_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two MUSTs that came with version 1.1, in which there is none in truth."""
    older = tallies.Tallies._assessment

    def assessed(self: tallies.Tallies, requirement: spec.Requirement, *rest: object) -> object:
        if requirement.id in NEW:
            requirement = replace(requirement, since="1.1")
        return older(self, requirement, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(tallies.Tallies, "_assessment", assessed)


def judged(trace: Trace, protocol: str | None, *, strict: bool = False) -> Result:
    select = ("S-PONG", "S-PONG-FORM")
    return judge_traces([GOOD, trace], Options(select=select, strict=strict, protocol=protocol))


def verdicts(result: Result) -> dict[str, str]:
    return {each.requirement.id: each.verdict for each in result.assessments}


@pytest.mark.parametrize("strict", [False, True])
def test_a_violation_is_a_warning(strict: bool) -> None:
    assert judged(TWICE, None).exit_code == 1
    assert judged(TWICE, "1.1").exit_code == 1
    result = judged(TWICE, "1.0", strict=strict)
    assert (verdicts(result)["S-PONG"], result.exit_code) == ("warned", 0)
    told = " ".join(printed(result).split())
    assert "held to protocol 1.0" in told
    assert "note New in protocol 1.1, which does not count in this run." in told
    assert "-- S-PONG warned on 1 of 2 occasions" in told
    made = document(result)
    assert spec.validate("report", made) == []
    assert made["protocol"] == "1.0"
    assert "<failure" not in junit(result)


@pytest.mark.parametrize(("trace", "code"), [(VAGUE, 3), (MUTE, 3)])
def test_what_is_not_settled_is_left_out(trace: Trace, code: int) -> None:
    options = Options(select=("S-REPLY-SOON", "S-ACCEPT"))
    traces = [trace, replace(GOOD, events=GOOD.events[:2])]
    assert judge_traces(traces, options).exit_code == code
    result = judge_traces(traces, replace(options, protocol="1.0"))
    assert (verdicts(result)["S-REPLY-SOON"], result.exit_code) == ("not_applicable", 0)
    assert "New in protocol 1.1, which does not count in this run." in printed(result, 200)
    assert "<error" not in junit(result)


def test_a_pass_is_a_pass() -> None:
    assert verdicts(judged(GOOD, "1.0"))["S-PONG"] == "passed"


def test_a_version_that_there_never_was_is_an_error(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(f"{line}\n" for line in TWICE.to_lines()))
    for version, code in (("1.0", 0), ("9.9", 2)):
        words = ["judge", str(trace), "--select", "S-PONG*", "--protocol", version]
        ran = CliRunner().invoke(cli, words)
        assert ran.exit_code == code, ran.output
    assert "Expected one of 1.0, 1.1." in ran.output

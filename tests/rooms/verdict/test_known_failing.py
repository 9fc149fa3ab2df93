"""A list of known failures takes what it lists out of the verdict, and has to be true."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import spec
from conformance.config.known_failing import read_known_failing
from conformance.report.formats.json import document
from conformance.report.formats.junit import render as junit
from conformance.report.known_failing import render, updated
from conformance.rules import rules
from conformance.run.rejudge import judge_traces
from conformance.targets.options import KnownFailure, Options
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.verdict.tallies import Tallies
from conformance.verdict.tally import Tally
from conformance.verdict.verdict import Assessment, assess
from tests.rooms.report.printed import printed
from tests.traces.notation import trace_of

GOOD = trace_of("0.0 opening\n 0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.4 ended local")
TWICE = trace_of("0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.12 < pong\n 0.4 ended local")
NEVER = trace_of("0.01 opened\n 0.1 > ping\n 0.2 > ping\n 0.21 < pong\n 3.0 ended local", attempt=2)
VAGUE = trace_of("0.01 opened\n 0.1 > ping\n 0.11..0.9 < pong\n 0.95 ended local")

LATER = date(2099, 12, 31)
REASON = "The old telephones need it."


def entry(name: str = "S-PONG", reason: str = REASON, **more: object) -> KnownFailure:
    return replace(KnownFailure(name, reason, LATER), **more)  # type: ignore[arg-type]


def judged(*traces: Trace, known: tuple[KnownFailure, ...], select: str = "S-PONG") -> Result:
    options = Options(select=(select,), known_failing=known, known_failing_file="known.toml")
    return judge_traces(traces, options)


def about(name: str, result: Result) -> Assessment:
    [found] = [each for each in result.assessments if each.requirement.id == name]
    return found


def test_what_is_known_is_no_failure_and_is_shown_apart() -> None:
    result = judged(GOOD, TWICE, known=(entry(),), select="S-PONG*")
    pong = about("S-PONG", result)
    assert (pong.verdict, pong.because) == ("known_failing", f"{REASON} (until 2099-12-31)")
    assert pong.findings
    assert (result.outcome, result.exit_code, result.untrue) == ("conformant", 0, ())
    told = printed(result)
    assert "-- known to fail ---" in told
    sentence = f"S-PONG known failing on 1 of 2 occasions: {REASON} (until 2099-12-31)"
    assert sentence in " ".join(told.split())
    assert "conformant but for 1 known failure (exit code 0): " in told
    made = document(result)
    assert spec.validate("report", made) == []
    assert made["known_failing"][0]["untrue"] is None
    assert "<skipped" in junit(result)
    assert "<failure" not in junit(result)


def test_what_is_not_known_of_a_listed_requirement_fails_and_is_what_is_shown() -> None:
    known = (entry(message="*answered twice*"),)
    assert judged(GOOD, TWICE, known=known).untrue == ()
    result = judged(TWICE, NEVER, known=known)
    pong = about("S-PONG", result)
    assert (pong.verdict, pong.violated, result.exit_code) == ("failed", 2, 1)
    assert pong.because == "The list of known failures covers 1 of 2 violations."
    assert [each.message for each in pong.findings] == ["A ping was not answered with a pong."]
    assert result.untrue == ()


def test_a_pattern_of_scenarios_bounds_what_is_known() -> None:
    elsewhere = replace(TWICE, scenario="elsewhere")
    known = (entry(scenario=TWICE.scenario),)
    assert about("S-PONG", judged(TWICE, known=known)).verdict == "known_failing"
    assert about("S-PONG", judged(TWICE, elsewhere, known=known)).verdict == "failed"


UNTRUE = {
    "passed": (GOOD, entry(), "S-PONG is known to fail, and passed: take it out."),
    "expired": (
        TWICE,
        entry(expires=date(2026, 1, 1), is_expired=True),
        "S-PONG was known to fail until 2026-01-01, and that is over: mend the fault, or set "
        "another day.",
    ),
    "without a reason": (
        TWICE,
        entry(reason=" "),
        "S-PONG is known to fail without a reason: write one beside it.",
    ),
    "matches nothing": (
        TWICE,
        entry(scenario="no_such_*"),
        "S-PONG (scenario no_such_*) is known to fail, and matches no violation that was seen: "
        "take it out.",
    ),
    "of another role": (
        GOOD,
        entry("C-STAY"),
        "C-STAY is known to fail, but it does not concern a server: take it out.",
    ),
    "not applicable": (
        GOOD,
        entry("B-TIMEOUT"),
        "B-TIMEOUT is known to fail, but it does not apply here: take it out.",
    ),
}


@pytest.mark.parametrize("case", UNTRUE)
def test_an_entry_that_is_not_true_fails_the_run_and_says_so(case: str) -> None:
    trace, listed, sentence = UNTRUE[case]
    select = "[SB]-[PT][OI][NM]*"  # S-PONG, S-TIMEOUT-..., B-TIMEOUT
    result = judged(trace, known=(listed,), select=select)
    assert [each.why for each in result.untrue] == [sentence]
    assert (result.outcome, result.exit_code) == ("violated", 1)
    assert sentence in " ".join(printed(result, width=120).split())
    assert "1 entry is untrue in the list of known failures" in " ".join(printed(result).split())
    made = document(result)
    assert spec.validate("report", made) == []
    assert made["known_failing"][0]["untrue"] == sentence
    assert sentence in junit(result)
    assert "<failure" in junit(result)


def test_nothing_is_said_of_what_was_left_undecided_or_out() -> None:
    assert judged(VAGUE, known=(entry("S-REPLY-SOON"),), select="S-REPLY-SOON").untrue == ()
    assert judged(GOOD, known=(entry("S-ECHO"),)).untrue == ()
    listed = Options(known_failing=(entry("S-PONG-FORM"),), select=("S-PONG*",), fail_fast=True)
    assert judge_traces([TWICE], listed).untrue == ()
    assert judge_traces([TWICE], replace(listed, fail_fast=False)).untrue
    cut_short = replace(GOOD, end="interrupted")
    assert judged(cut_short, known=(entry(),)).untrue == ()


def test_a_should_that_is_known_is_no_warning() -> None:
    should = spec.requirement("S-DROP")
    for strict in (False, True):
        listed = Tally(violated=2, known=2, entries=[entry()], matched={entry()})
        assert assess(should, listed, strict=strict).verdict == "known_failing"


def test_what_another_fault_hides_may_be_listed_but_not_by_a_pattern() -> None:
    mute = trace_of("0.01 opened\n 0.4 ended local")
    result = judged(mute, known=(entry(),))
    pong = about("S-PONG", result)
    because = f"{REASON} (until 2099-12-31): No event of these traces shows it."
    assert (pong.verdict, pong.because, result.untrue) == ("known_failing", because, ())
    assert "# No event of these traces shows it.\n" in render(judged(mute, known=()))
    assert [each.requirement for each in updated(judged(mute, known=()))] == ["S-PONG"]
    bounded = judged(mute, known=(entry(scenario="*"),))
    assert (about("S-PONG", bounded).verdict, bounded.exit_code) == ("not_exercised", 3)


def test_the_list_is_written_as_the_run_found_it(tmp_path: Path) -> None:
    listed = (entry("S-PONG-FORM"), entry("S-ECHO", reason='say "\\" twice', scenario="x"))
    result = judged(GOOD, TWICE, known=listed, select="S-PONG*")
    kept, new = updated(result)[1], updated(result)[0]
    assert kept == listed[1], "the run was not about it"
    assert (new.requirement, new.reason) == ("S-PONG", "")
    text = render(result)
    assert "# A ping was answered twice. (in " in text
    assert "S-PONG-FORM" not in text, "it passed"
    file = tmp_path / "known.toml"
    file.write_text(text, "utf-8")
    assert read_known_failing(str(file), today=date(2026, 1, 1)) == (new, kept)
    assert tomllib.loads(text)["known_failing"][0]["expires"] == new.expires


def test_what_people_have_to_settle_stays_in_the_list() -> None:
    for listed in (entry(reason=""), entry(is_expired=True)):
        assert updated(judged(TWICE, known=(listed,))) == (listed,)
    idle = entry(scenario="no_such_*")
    [new] = updated(judged(TWICE, known=(idle,)))
    assert (new.requirement, new.scenario, new.reason) == ("S-PONG", None, "")


def test_a_run_goes_on_while_what_is_known_has_yet_to_be_seen() -> None:
    for known, is_over in (((), True), ((entry(),), False)):
        tallies = Tallies(rules("server"), None, None, Options(known_failing=known))
        tallies.add(TWICE)
        assert tallies.have_failed({"S-PONG"}) is is_over
        assert ("S-PONG" in tallies.news) is is_over

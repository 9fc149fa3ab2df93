"""Verdicts follow from what was observed, and the outcome of a run from its verdicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec
from conformance.rules.observation import Observation
from conformance.trace.event import Event
from conformance.verdict.finding import Finding
from conformance.verdict.result import ExitCode, Outcome
from conformance.verdict.tally import FINDINGS_KEPT, Tally
from conformance.verdict.verdict import Assessment, Verdict, assess
from tests.rooms.report import samples
from tests.traces.effort import examples
from tests.traces.notation import trace_with

MUST, SHOULD = spec.requirement("S-PONG"), spec.requirement("S-DROP")
TWICE = (False, True)
DOUBTS = {"waits": ["It was late.", "It was late again."], "talks": ["Who knows?"]}

# By whether it was violated, undecidable, satisfied; at last what strictness does to a SHOULD.
TABLE: dict[tuple[bool, bool, bool], Verdict] = {
    (False, False, False): "not_exercised",
    (False, False, True): "passed",
    (False, True, False): "inconclusive",
    (False, True, True): "inconclusive",
    (True, False, False): "failed",
    (True, False, True): "failed",
    (True, True, False): "failed",
    (True, True, True): "failed",
}


def finding(length: int, scenario: str = "talks", message: str = "Wrong.") -> Finding:
    events = tuple(samples.sent(n, 0.1, "x") for n in range(length))
    return Finding(scenario, message, "right", "wrong", events)


@pytest.mark.parametrize("strict", TWICE)
@pytest.mark.parametrize("requirement", [MUST, SHOULD], ids=lambda each: str(each.level))
@pytest.mark.parametrize("seen", list(product(TWICE, repeat=3)))
def test_a_verdict_follows_from_what_was_observed(
    seen: tuple[bool, bool, bool], requirement: spec.Requirement, strict: bool
) -> None:
    violated, doubted, kept = seen
    findings = [finding(1)] if violated else []
    tally = Tally(4 * kept, 2 * violated, DOUBTS if doubted else {}, findings=findings)
    found = assess(requirement, tally, strict=strict)
    expected = TABLE[seen]
    if expected == "failed" and requirement.level == "SHOULD" and not strict:
        expected = "warned"
    assert found.requirement is requirement
    assert found.verdict == expected
    assert (found.satisfied, found.violated, found.undecidable) == (
        4 * kept,
        2 * violated,
        3 * doubted,
    )
    assert found.findings == tuple(findings)
    if expected == "inconclusive":
        assert found.because == "waits: It was late."
    else:
        assert (found.because is not None) == (expected == "not_exercised")


def test_levels_are_what_these_tests_take_them_for() -> None:
    assert (MUST.level, SHOULD.level) == ("MUST", "SHOULD")


def test_why_nothing_was_seen_is_said_only_where_nothing_was() -> None:
    why = "The server was mute."
    assert assess(MUST, Tally(), strict=False, unexercised=why).because == why
    assert assess(MUST, Tally(satisfied=1), strict=False, unexercised=why).because is None


OUTCOMES: list[tuple[str, str, Outcome]] = [
    ("", "", "incomplete"),
    ("passed", "", "conformant"),
    ("passed", "passed", "conformant"),
    ("passed", "warned", "conformant"),
    ("passed", "not_exercised", "conformant"),
    ("passed excluded not_applicable known_failing", "", "conformant"),
    ("not_exercised passed", "", "incomplete"),
    ("inconclusive passed", "", "incomplete"),
    ("passed", "inconclusive", "incomplete"),
    ("", "warned", "incomplete"),
    ("", "not_exercised", "incomplete"),
    ("excluded not_applicable known_failing", "", "incomplete"),
    ("failed", "", "violated"),
    ("passed", "failed", "violated"),
    ("failed inconclusive not_exercised passed", "warned", "violated"),
]
"""The verdicts on MUSTs and on SHOULDs, and what they amount to."""

CODES = {"conformant": 0, "violated": 1, "incomplete": 3}


def assessments(musts: str, shoulds: str) -> list[Assessment]:
    return [
        Assessment(requirement, verdict)
        for requirement, verdicts in ((MUST, musts), (SHOULD, shoulds))
        for verdict in get_args(Verdict)
        if verdict in verdicts.split()
    ]


@pytest.mark.parametrize(("musts", "shoulds", "outcome"), OUTCOMES)
def test_an_outcome_follows_from_the_verdicts(musts: str, shoulds: str, outcome: Outcome) -> None:
    made = assessments(musts, shoulds)
    for order in (made, made[::-1]):
        found = samples.result(*order)
        assert found.outcome == outcome
        assert int(found.exit_code) == CODES[outcome]
        assert sum(found.counts.values()) == len(made)
    interrupted = samples.result(*made, interrupted=True)
    assert interrupted.outcome == ("violated" if outcome == "violated" else "incomplete")
    assert interrupted.exit_code is ExitCode.INCOMPLETE
    out_of_time = replace(interrupted, is_out_of_time=True)
    assert int(out_of_time.exit_code) == CODES[out_of_time.outcome]
    unsaved = replace(samples.result(*made), unsaved="Traces were kept up to one only.")
    assert unsaved.exit_code != ExitCode.CONFORMANT
    assert unsaved.notes[-1] == "Traces were kept up to one only."


@examples(200)
@given(
    st.lists(st.tuples(st.sampled_from([MUST, SHOULD]), st.sampled_from(get_args(Verdict)))),
    st.booleans(),
)
def test_conformant_is_only_what_was_seen_whole(
    verdicts: list[tuple[spec.Requirement, Verdict]], interrupted: bool
) -> None:
    made = [Assessment(requirement, verdict) for requirement, verdict in verdicts]
    found = samples.result(*made, interrupted=interrupted)
    names = {verdict for _, verdict in verdicts}
    whole = not interrupted and "inconclusive" not in names
    whole = whole and (MUST, "not_exercised") not in verdicts and "passed" in names
    assert (found.exit_code is ExitCode.VIOLATED) == ("failed" in names and not interrupted)
    assert (found.exit_code is ExitCode.CONFORMANT) == (whole and "failed" not in names)


# The tally.

LONG = trace_with(tuple(samples.sent(n, 0.1, "x" * n) for n in range(9)), source="kept.jsonl")


def fault(*events: int, message: str = "Wrong.", provisional: bool = False) -> Observation:
    return Observation("violated", events, message, "right", "wrong", None, provisional)


def sizes(tally: Tally) -> list[tuple[str, str, int]]:
    return [(each.scenario, each.message, len(each.events)) for each in tally.findings]


def test_observations_are_counted() -> None:
    tally = Tally()
    for seen in (
        Observation("satisfied", (0,)),
        Observation("satisfied", (1,)),
        Observation("undecidable", (2,), "It was late."),
        fault(3, 4),
    ):
        tally.count(seen, LONG, final=False)
    assert (tally.satisfied, tally.violated, tally.undecidable) == (2, 1, 1)
    assert tally.doubts == {"by_hand": ["It was late."]}
    [kept] = tally.findings
    assert kept.events == LONG.events[3:5]
    assert (kept.expected, kept.actual, kept.trace) == ("right", "wrong", "kept.jsonl")


@pytest.mark.parametrize("final", TWICE)
def test_what_a_busy_machine_may_have_done_is_a_doubt_until_it_is_final(final: bool) -> None:
    tally = Tally()
    tally.count(fault(0, provisional=True), LONG, final=final)
    assert (tally.violated, tally.undecidable) == ((1, 0) if final else (0, 1))
    assert len(tally.findings) == int(final)
    if not final:
        assert tally.doubts == {"by_hand": ["Wrong. wrong, once."]}


@pytest.mark.parametrize("final", TWICE)
def test_what_decides_nothing_is_a_doubt_even_at_last(final: bool) -> None:
    tally = Tally()
    tally.count(Observation("undecidable", (), "Who knows?"), LONG, final=final)
    assert (tally.violated, tally.undecidable) == (0, 1)


def test_of_one_fault_the_shortest_exchange_is_kept() -> None:
    tally = Tally()
    for seen in (fault(1, 2, 3), fault(4), fault(1, 2), fault(2), fault(8)):
        tally.count(seen, LONG, final=True)
    assert tally.violated == 5
    [kept] = tally.findings
    assert kept.events == (LONG.events[2],), "one event, and the shortest text"


def test_faults_are_told_apart_by_scenario_and_message() -> None:
    tally = Tally()
    other = replace(LONG, scenario="other")
    tally.count(fault(1, 2, 3), LONG, final=True)
    tally.count(fault(1, 2), other, final=True)
    tally.count(fault(1, message="Worse."), LONG, final=True)
    assert sizes(tally) == [
        ("by_hand", "Worse.", 1),
        ("other", "Wrong.", 2),
        ("by_hand", "Wrong.", 3),
    ]


seen_faults = st.tuples(
    st.sampled_from("ABCDE"), st.sampled_from(["a", "b"]), st.lists(st.integers(0, 8), max_size=6)
)


@examples(200)
@given(st.lists(seen_faults, max_size=30))
def test_the_shortest_few_are_kept_in_order(faults: list[tuple[str, str, list[int]]]) -> None:
    tally = Tally()
    best: dict[tuple[str, str], tuple[int, int]] = {}
    for scenario, message, events in faults:
        trace = replace(LONG, scenario=scenario)
        tally.count(fault(*events, message=message), trace, final=True)
        size = (len(events), sum(events))
        best[scenario, message] = min(best.get((scenario, message), size), size)
    assert tally.violated == len(faults)
    assert len(tally.findings) == min(FINDINGS_KEPT, len(best))
    found = [measured(each.events) for each in tally.findings]
    assert found == sorted(best.values())[:FINDINGS_KEPT]
    for each in tally.findings:
        assert best[each.scenario, each.message] == measured(each.events)


def measured(events: tuple[Event, ...]) -> tuple[int, int]:
    """How many events these are, and how much they say."""
    return len(events), sum(len(event.said) for event in events)


def test_what_was_seen_not_to_be_kept_is_not_passed_for_want_of_the_blame() -> None:
    found = assess(MUST, Tally(satisfied=4, excused="S-ECHO"), strict=False)
    assert found.verdict == "inconclusive"
    assert found.because == "It was seen not to be kept, and S-ECHO may be why, which is violated."

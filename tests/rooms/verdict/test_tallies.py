"""Traces are heard, and what they show is added up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.rules import rules
from conformance.targets.options import Options
from conformance.verdict.tallies import Tallies
from tests.rooms.verdict.added_up import (
    GOOD,
    LATE_HARNESS,
    SLIGHTLY_LATE,
    SOON,
    TWICE,
    VAGUE,
    again,
    seen_of,
    selection_of,
    tallies_on,
)
from tests.traces.notation import trace_of


def test_hearing_tells_what_is_violated() -> None:
    tallies = tallies_on()
    assert tallies.add(GOOD) == set()
    assert tallies.violated == set()
    assert tallies.add(TWICE) == {"S-PONG"}
    assert tallies.add(GOOD) == set()
    assert tallies.violated == {"S-PONG"}
    tally = tallies.by_requirement["S-PONG"]
    assert (tally.satisfied, tally.violated) == (2, 1)


def test_what_is_provisional_has_to_show_itself_twice() -> None:
    tallies = tallies_on()
    assert tallies.add(SLIGHTLY_LATE) == set()
    assert tallies.by_requirement[SOON].doubts.keys() == {"by_hand"}
    assert tallies.violated == set()


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_is_provisional_counts_at_last(attempt: int) -> None:
    tallies = tallies_on()
    found = tallies.add(replace(SLIGHTLY_LATE, attempt=attempt))
    counts = attempt == 2
    assert found == tallies.violated == ({SOON} if counts else set())
    assert bool(tallies.by_requirement[SOON].doubts) != counts


def test_doubts_are_forgotten_of_one_scenario() -> None:
    tallies = tallies_on()
    tallies.add(VAGUE)
    tallies.add(replace(VAGUE, scenario="other"))
    assert tallies.next_doubted(selection_of(tallies), set(), {}) == "by_hand"
    tallies.forget_doubts("by_hand")
    tallies.forget_doubts("unheard_of")
    assert tallies.next_doubted(selection_of(tallies), {"by_hand"}, {}) == "other"
    assert tallies.by_requirement[SOON].undecidable == 1


def test_what_one_of_several_broke_is_no_doubt_once_one_of_them_is_seen_to_be_broken() -> None:
    """Whichever is seen first, and in whichever scenario."""
    ended = '0.0 opening\n0.01 opened\n0.1 > {"a":1}\n0.1 > nonsense\n0.3 ended eof'
    alone = "0.0 opening\n0.01 opened\n0.1 > nonsense\n0.11 ended eof"
    doubted, certain = trace_of(ended), trace_of(alone, scenario="other")
    for traces in ([doubted, certain], [certain, doubted]):
        tallies = tallies_on()
        for trace in traces:
            tallies.add(trace)
        assert tallies.violated == {"S-IGNORE-NOT-JSON"}
        assert tallies.doubted == set()
        assert not tallies.by_requirement["S-ECHO"].doubts
    tallies = tallies_on()
    tallies.add(doubted)
    assert tallies.by_requirement["S-ECHO"].doubts.keys() == {"by_hand"}
    tallies.forget_doubts("by_hand")
    tallies.add(certain)
    assert tallies.violated == {"S-IGNORE-NOT-JSON"}


def test_nothing_is_measured_again_for_what_is_decided_or_not_asked() -> None:
    tallies, unasked = tallies_on(), tallies_on(exclude=(SOON,))
    for each in (tallies, unasked):
        each.add(VAGUE)
        each.add(replace(VAGUE, scenario="other"))
    assert unasked.next_doubted(selection_of(unasked), set(), {}) is None
    assert tallies.next_doubted(selection_of(tallies), {"other"}, {}) is None, "undecided twice"
    tallies.add(replace(SLIGHTLY_LATE, attempt=2))
    assert tallies.next_doubted(selection_of(tallies), set(), {}) is None


def test_scenarios_that_are_there_for_a_requirement_are_measured_again_first() -> None:
    tallies = tallies_on()
    for scenario in ("by_chance", "meant_for_it"):
        tallies.add(replace(VAGUE, scenario=scenario))
    tallies.by_requirement["S-PONG"].doubts["by_chance"] = ["Nothing came, once."]
    order = [each.id for each in selection_of(tallies).examined]
    assert order.index("S-PONG") < order.index(SOON), "or the test would show nothing"
    there_for: dict[str, tuple[str, ...]] = {"meant_for_it": (SOON,)}
    assert tallies.next_doubted(selection_of(tallies), set(), there_for) == "meant_for_it"
    there_for["by_chance"] = ("S-PONG",)
    assert tallies.next_doubted(selection_of(tallies), set(), there_for) == "by_chance"


def test_of_those_that_came_upon_it_one_comes_first_that_is_there_for_another_in_doubt() -> None:
    """It may settle both."""
    tallies = tallies_on()
    for scenario in ("by_chance", "for_another"):
        tallies.add(replace(VAGUE, scenario=scenario))
    assert tallies.next_doubted(selection_of(tallies), set(), {}) == "by_chance"
    there_for = {"for_another": ("S-ECHO",)}
    assert tallies.next_doubted(selection_of(tallies), set(), there_for) == "by_chance"
    tallies.by_requirement["S-ECHO"].doubts["elsewhere"] = ["Nothing came, once."]
    first = tallies.next_doubted(selection_of(tallies), {"elsewhere"}, there_for)
    assert first == "for_another"


DELAYED = "0.0 opening\n0.01 opened\n0.02 > ping\n0.03 < pong\n2.6 < close 1000 heartbeat timeout"
PUNCTUAL = DELAYED.replace("2.6", "1.6") + "\n1.6 > close 1000\n1.61 ended eof"
TALKING = "".join(f"#2 {line}\n" for line in DELAYED.splitlines()).replace(
    "#2 2.6", "#2 0.5 > 1\n#2 2.6"
)
BESIDE = f"{PUNCTUAL}\n{TALKING}".replace("#2 2.6", "#2 0.51 < echo 1\n#2 2.6")


def test_what_explains_the_doubts_of_others_is_measured_again_first_and_settles_them() -> None:
    """A server that is late now and then is not late on account of what was beside it."""
    late, beside = trace_of(DELAYED, scenario="late"), trace_of(BESIDE, scenario="beside")
    tallies = tallies_on()
    for trace in (late, beside):
        assert tallies.add(trace) == set()
    assert tallies.doubted == {"late", "beside"}
    order = [each.id for each in selection_of(tallies).examined]
    assert order.index("S-ONLY-PINGS") < order.index("S-TIMEOUT-LATEST")
    assert tallies.next_doubted(selection_of(tallies), set(), {}) == "late"
    tallies.forget_doubts("late")
    tallies.add(again(late))
    assert tallies.violated == {"S-TIMEOUT-LATEST"}
    assert tallies.next_doubted(selection_of(tallies), {"late"}, {}) is None
    alone = tallies_on()
    alone.add(again(beside))
    assert alone.news == {"S-ONLY-PINGS"}, "one of several is violated, whichever it is"
    alone.assessments(selection_of(alone))
    assert alone.violated == {"S-ONLY-PINGS"}
    before = tallies_on()
    before.add(again(beside))
    before.add(again(late))
    found = {each.requirement.id: each for each in before.assessments(selection_of(before))}
    assert before.violated == {"S-TIMEOUT-LATEST"}
    assert found["S-ONLY-PINGS"].verdict == "inconclusive"
    assert found["S-ONLY-PINGS"].because is not None
    assert "S-TIMEOUT-LATEST may be why" in found["S-ONLY-PINGS"].because


def test_the_worst_lateness_is_kept() -> None:
    tallies = tallies_on()
    for trace in (GOOD, LATE_HARNESS, GOOD):
        tallies.add(trace)
    assert tallies.lateness == 0.125


def test_of_findings_that_are_equally_short_that_comes_first_whose_scenario_is_there_for_it() -> (
    None
):
    """Which other scenarios came upon it depends on when a run ended."""
    tallies = Tallies(rules("server"), None, None, Options())
    twice = trace_of("0.0 opened\n 0.1 > ping\n 0.2 < pong\n 0.2 < pong\n 0.3 ended local")
    for name in ("binary_messages", "connects_and_pings", "a_scenario_of_another_version"):
        tallies.add(replace(twice, scenario=name))
    findings = tallies.by_requirement["S-PONG"].findings
    assert [each.scenario for each in findings] == [
        "connects_and_pings", "a_scenario_of_another_version", "binary_messages",
    ]  # fmt: skip


# What is waited for in vain.

VAIN = trace_of("0.0 opening\n0.01 opened\n0.1 > ping\n1.3 silent", scenario="waits")


def test_a_reply_that_does_not_come_is_late_where_another_was() -> None:
    """It was seen to be late but once, and the same is answered otherwise."""
    assert seen_of(GOOD, SLIGHTLY_LATE, again(VAIN)) == {SOON}


def test_a_reply_that_does_not_come_is_missing_where_none_was_late() -> None:
    assert seen_of(GOOD, again(VAIN)) == {"S-PONG"}


def test_a_reply_that_never_comes_is_missing_though_others_are_late() -> None:
    late_echo = trace_of("0.01 opened\n 0.1 > 1\n 0.75 < echo 1\n 0.8 ended local")
    assert seen_of(late_echo, again(VAIN)) == {"S-PONG"}

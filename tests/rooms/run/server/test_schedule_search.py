"""Generated schedules: what is drawn, how it is told, and how what is broken gets simpler."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec
from conformance.run import check
from conformance.run.server.schedule_search import ROUNDS, ScheduleSearch
from conformance.scenarios import server_scenarios
from conformance.scenarios.schedule import (
    MARK,
    NEAR_THE_TIMEOUT,
    SCHEDULES_AT_ONCE,
    Move,
    Schedule,
    schedule_of,
    simpler,
    stays_open,
)
from conformance.scenarios.schedule_strategies import drawn, schedules
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.event import Event
from conformance.trace.trace import Trace
from tests.peers.process import running
from tests.traces.effort import examples
from tests.traces.notation import FAST, trace_of

GAP = NEAR_THE_TIMEOUT * FAST.heartbeat_timeout
SCENARIO = "follows_a_generated_schedule"


def trace_with(schedule: Schedule) -> Trace:
    note = Event(0, 0, 0.0, 0.0, "note", content=MARK + schedule.to_text())
    return replace(trace_of(""), scenario=SCENARIO, events=(note,))


@examples(300)
@given(schedules(FAST))
def test_a_schedule_is_in_order_and_over_in_one_window(schedule: Schedule) -> None:
    moments = [move.moment for move in schedule.moves]
    assert moments == sorted(moments)
    if schedule.until is None:
        assert all(moment <= FAST.heartbeat_interval for moment in moments)
    else:
        assert schedule.until == FAST.longest_wait
        assert all(moment <= schedule.until for moment in moments)
        assert "reconnect" not in {move.said for move in schedule.moves}
    assert stays_open(schedule, GAP + 0.001)  # moments are whole milliseconds


def test_the_fleet_has_what_it_is_for() -> None:
    schedules = drawn(FAST, SCHEDULES_AT_ONCE, seed=0)
    assert len(schedules) == SCHEDULES_AT_ONCE
    assert schedules == drawn(FAST, SCHEDULES_AT_ONCE, seed=0), (
        "the verdict of a gate does not change by itself"
    )
    assert schedules != drawn(FAST, SCHEDULES_AT_ONCE, seed=1)
    said = {move.said for schedule in schedules for move in schedule.moves}
    assert said == {"ping", "business", "not JSON", "binary", "control Ping", "reconnect"}
    assert {schedule.until is None for schedule in schedules} == {True, False}
    gaps = [
        later - earlier
        for schedule in schedules
        if schedule.until
        for earlier, later in zip(
            (0.0, *schedule.pings), (*schedule.pings, schedule.until), strict=True
        )
    ]
    assert max(gaps) > 0.9 * FAST.heartbeat_timeout


@examples(100)
@given(schedules(FAST))
def test_a_schedule_is_told_by_its_trace(schedule: Schedule) -> None:
    assert schedule_of(trace_with(schedule)) == schedule


def test_most_traces_are_of_no_schedule() -> None:
    assert schedule_of(trace_of("0.0 opening\n 0.1 opened")) is None


@examples(100)
@given(schedules(FAST))
def test_what_is_simpler_has_less_in_it_and_stays_open_if_it_has_to(schedule: Schedule) -> None:
    for found in simpler(schedule, GAP):
        assert found.weight < schedule.weight
        assert set(found.moves) < set(schedule.moves) or len(found.moves) < len(schedule.moves)
        assert stays_open(found, GAP)


@examples(100)
@given(schedules(FAST), st.sampled_from(["ping", "business", "binary"]))
def test_a_fleet_finds_the_one_move_that_matters(schedule: Schedule, culprit: str) -> None:
    """A server that is broken by one kind of move: what is left in the end is little else."""
    search = ScheduleSearch([schedule], GAP)

    def breaks(each: Schedule) -> bool:
        return any(move.said == culprit for move in each.moves)

    def sail(each: Schedule) -> None:
        search.remember(trace_with(each), ["S-REFRESH"] if breaks(each) else [])

    sail(schedule)
    if not breaks(schedule):
        assert search.candidates(["S-REFRESH"]) == []
        return
    rounds = 0
    while candidates := search.candidates(["S-REFRESH"]):
        assert len(candidates) <= SCHEDULES_AT_ONCE
        assert not set(candidates) & search.tried
        for each in candidates:
            sail(each)
        rounds += 1
    simplest = search.simplest["S-REFRESH"]
    assert breaks(simplest)
    assert simplest.weight <= schedule.weight
    if schedule.until is None:
        assert [move.said for move in simplest.moves] == [culprit]
        assert rounds <= 2 + len(schedule.moves)


@pytest.mark.proof
@pytest.mark.parametrize("mutant", ["overlooks_pings_once_something_else_was_said"])
def test_what_schedules_alone_see_is_shown_by_a_short_one(
    mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = tuple(each for each in server_scenarios() if each.name == SCENARIO)
    monkeypatch.setattr(check, "server_scenarios", lambda _: alone)
    with running("tests.mutants", mutant, "--port", "0", "--timing", "fast") as server:
        target = Target(server.url, spec.load_timing("fast"))
        options = Options(select=("S-REFRESH",), examples=1)
        result = check.check_server(target, options, lambda _: None)
    [refresh] = [each for each in result.assessments if each.requirement.id == "S-REFRESH"]
    assert refresh.verdict == "failed"
    finding = refresh.findings[0]
    assert finding.scenario == SCENARIO
    sent = [event for event in finding.events if event.kind == "sent"]
    assert 2 <= len(sent) <= 3 + ROUNDS // 2, "a message, a ping, and at most little more"


def test_the_moves_of_a_schedule_weigh_what_they_take_to_read() -> None:
    ping, talk = Move(0.1, "ping"), Move(0.1, "business")
    assert Schedule((ping,)).weight < Schedule((talk,)).weight < Schedule((ping, talk)).weight

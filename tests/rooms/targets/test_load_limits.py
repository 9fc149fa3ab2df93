"""Manners: how much a target is burdened with, and that a run keeps to it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from conformance.run.check import check_server
from conformance.run.plan import Plan, Progress
from conformance.targets.load_limits import (
    STRANGERS_CONNECTIONS,
    STRANGERS_RATE,
    LoadLimits,
    is_loopback,
    load_limits_towards,
)
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from conformance.wire.clock import LoopClock
from conformance.wire.server.limiter import Limiter, Permit
from tests.peers.process import running
from tests.rooms.wire.server.scripts import run
from tests.traces.notation import FAST

HERE = ["ws://127.0.0.1/", "ws://localhost:8/ws", "ws://[::1]/", "ws+unix:/run/a.sock:/ws"]
ELSEWHERE = ["wss://chat.example/ws", "ws://10.0.0.7/", "ws://[2001:db8::1]/", "ws://localhos/"]


@pytest.mark.parametrize("url", HERE)
def test_this_machine_may_be_burdened(url: str) -> None:
    assert is_loopback(url)
    assert load_limits_towards(Target(url, FAST)) == LoadLimits()


@pytest.mark.parametrize("url", ELSEWHERE)
def test_other_machines_are_spared(url: str) -> None:
    assert not is_loopback(url)
    load_limits = LoadLimits(STRANGERS_CONNECTIONS, STRANGERS_RATE)
    assert load_limits_towards(Target(url, FAST)) == load_limits
    asked = Target(url, FAST, max_connections=7, rate=0.5)
    assert load_limits_towards(asked) == LoadLimits(7, 0.5)


@pytest.mark.parametrize(
    ("cap", "windows"), [(None, 1), (30, 1), (29, 2), (20, 2), (10, 3)], ids=str
)
def test_scenarios_that_do_not_fit_together_run_in_windows(cap: int | None, windows: int) -> None:
    assert LoadLimits(cap).windows([10, 10, 10]) == windows


def test_two_processes_share_what_there_is() -> None:
    assert LoadLimits(10, 20.0).shared(6, 2) == (LoadLimits(6, 10.0), LoadLimits(4, 10.0))
    assert LoadLimits(10).shared(9, 2) is None
    assert LoadLimits().shared(99, 2) == (LoadLimits(), LoadLimits())


def test_a_door_lets_in_no_more_than_there_is_room_for() -> None:
    async def visit(clock: LoopClock) -> list[int]:
        limiter, inside, most = Limiter(LoadLimits(5), clock), 0, []

        async def enter(connections: int) -> None:
            nonlocal inside
            async with limiter.admit(connections):
                inside += connections
                most.append(inside)
                await asyncio.sleep(0)
                inside -= connections

        async with asyncio.TaskGroup() as group:
            for connections in (3, 2, 4, 1, 5, 2):
                group.create_task(enter(connections))
        return most

    assert max(run(visit)) == 5


def test_handshakes_are_paced() -> None:
    async def visit(clock: LoopClock) -> float:
        permit = Permit(Limiter(LoadLimits(rate=50.0), clock), 2)
        begun = time.monotonic()
        for _ in range(7):
            await permit.show()
        return time.monotonic() - begun

    assert run(visit) >= 4 / 50.0  # two were paid for, and the first of the others is free


def checked(url: str, options: Options | None = None, **told: float) -> tuple[Result, Plan]:
    plans: list[Plan] = []

    def watch(told: Plan | Progress) -> None:
        if isinstance(told, Plan):
            plans.append(told)

    target = replace(Target(url, FAST), **told)  # type: ignore[arg-type]
    result = check_server(target, options or Options(select=("S-T*",), examples=5), watch)
    return result, plans[0]


@pytest.mark.proof
def test_a_run_keeps_to_its_limits_and_says_them() -> None:
    with running("tests.peers.counting_server") as server:
        result, plan = checked(server.url, max_connections=5, rate=40.0)
        assert plan.load_limits == "at most 5 connections at a time, at most 40 handshakes a second"
        assert plan.connections == 5
        most = [int(line.split()[-1]) for line in server.complaints().splitlines()]
    assert result.counts.get("passed") == 3
    assert max(most) <= 5


def test_what_opens_too_many_connections_is_left_out_and_said() -> None:
    with running("tests.peers.counting_server") as server:
        result, _ = checked(server.url, max_connections=1)
    assert result.outcome == "incomplete"
    assert "falls_silent_after_a_ping was left out: it opens 7" in " ".join(result.notes)
    because = {each.because for each in result.assessments if each.verdict == "not_exercised"}
    assert because == {"What shows it opens more connections at a time than are allowed."}


def test_a_run_ends_when_its_time_is_up_and_says_so() -> None:
    options = Options(select=("S-TIMEOUT-LATEST",), time_limit=1.0)
    with running("tests.peers.counting_server") as server:
        begun = time.monotonic()
        result, _ = checked(server.url, options)
    assert time.monotonic() - begun < 1.0 + 3 * (FAST.reply_deadline + FAST.tolerance) + 3.0
    assert (result.outcome, int(result.exit_code)) == ("incomplete", 3)
    assert result.notes == ("The time limit of 1 s was reached first.",)
    (latest,) = (a for a in result.assessments if a.requirement.id == "S-TIMEOUT-LATEST")
    assert latest.because == "The time limit was reached before it was seen."

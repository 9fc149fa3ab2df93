"""A crowd of a few hundred, on real servers: what it says, and how it ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

import spec
from conformance.cli.demo import reference_server
from conformance.run.plan import Plan, Progress
from conformance.run.server.crowd.hands import LocalHand, LocalHands
from conformance.run.server.crowd.job import CrowdJob
from conformance.run.server.crowd.run import CrowdRun
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result

pytestmark = pytest.mark.proof

FAST = spec.load_timing("fast")
SIZE = 192


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with reference_server("fast") as url:
        yield Target(url, FAST)


def run_of(target: Target, crowd: Crowd, watch: Callable[[Plan | Progress], None]) -> CrowdRun:
    return CrowdRun(target, Options(crowd=crowd), watch, LocalHands(2))


def nothing(_: Plan | Progress) -> None:
    pass


def failed(result: Result) -> list[str]:
    return [each.requirement.id for each in result.assessments if each.verdict == "failed"]


@pytest.mark.alone
def test_the_reference_server_keeps_its_promises_to_a_crowd(server: Target) -> None:
    result = run_of(server, Crowd((SIZE,)), nothing).go()
    assert result.outcome == "conformant", [
        (each.requirement.id, each.verdict, each.because)
        for each in result.assessments
        if each.verdict not in ("passed", "not_applicable")
    ]
    figures = result.crowd
    assert figures is not None
    assert figures.most_open > 0.95 * SIZE
    assert figures.kept["S-PONG"] > 0.85 * SIZE  # Some never ping.
    assert figures.kept["S-ACCEPT"] == SIZE
    assert figures.measures["reply"].count == figures.measures["reply"].steps.total() > 1000
    assert figures.measures["close"].quantile(1.0) <= FAST.check_interval + FAST.tolerance
    assert not figures.breaches


def test_ctrl_c_ends_all_within_two_seconds_with_a_report(server: Target) -> None:
    begun = asked = 0.0

    def interrupts(news: Plan | Progress) -> None:
        nonlocal begun, asked
        if isinstance(news, Progress) and not news.is_over:
            begun = begun or time.monotonic()
            if time.monotonic() - begun > 3:
                asked = time.monotonic()
                raise KeyboardInterrupt

    run = run_of(server, Crowd((SIZE,)), interrupts)
    result = run.go()
    assert time.monotonic() - asked < 2
    assert (result.interrupted, int(result.exit_code)) == (True, 3)
    assert result.crowd is not None
    assert result.crowd.accepted >= SIZE
    assert all(isinstance(part.hand, LocalHand) and is_gone(part.hand.pid) for part in run.parts)


def test_a_worker_that_dies_is_said_and_the_run_goes_on(server: Target) -> None:
    killed: list[int] = []

    def kills(news: Plan | Progress) -> None:
        if isinstance(news, Progress) and not killed and news.elapsed > 4:
            hand = run.parts[0].hand
            assert isinstance(hand, LocalHand)
            killed.append(hand.pid)
            os.kill(hand.pid, signal.SIGKILL)

    run = run_of(server, Crowd((SIZE,)), kills)
    result = run.go()
    figures = result.crowd
    assert killed
    assert figures is not None
    assert figures.lost_connections == SIZE // 2
    assert len(figures.lost) == 1
    assert "Worker 1 was lost" in figures.lost[0]
    assert result.notes[0] == figures.lost[0]
    assert result.outcome == "incomplete"
    assert run.parts[1].is_over
    assert failed(result) == []


def test_a_crowd_that_nobody_serves_is_incomplete() -> None:
    """The server ends in the middle: nothing of that is held against any other requirement."""
    with reference_server("fast") as url:
        target = Target(url, FAST)
        pid = listening_pid(url)

        def kills(news: Plan | Progress) -> None:
            if isinstance(news, Progress) and news.elapsed > 4 and not gone:
                gone.append(pid)
                os.kill(pid, signal.SIGKILL)

        gone: list[int] = []
        result = run_of(target, Crowd((SIZE,), lasting=8.0), kills).go()
    assert gone
    assert failed(result) == []


def test_a_busy_harness_blames_itself(server: Target) -> None:
    """Its workers are stopped again and again: what they could not see is undecidable.

    They are for longer than the time in which a close may come, so that some come meanwhile.
    """
    late = FAST.check_interval + FAST.tolerance
    stopped = 0.0

    def stops(news: Plan | Progress) -> None:
        nonlocal stopped
        if not isinstance(news, Progress) or not run.parts or news.elapsed < 2:
            return
        if news.elapsed - stopped > 1.2 and not news.is_over:
            stopped = news.elapsed
            for part in run.parts:
                assert isinstance(part.hand, LocalHand)
                os.kill(part.hand.pid, signal.SIGSTOP)
            time.sleep(late)
            for part in run.parts:
                assert isinstance(part.hand, LocalHand)
                os.kill(part.hand.pid, signal.SIGCONT)

    run = run_of(server, Crowd((SIZE,)), stops)
    result = run.go()
    assert failed(result) == []
    assert result.harness_lateness > late / 2
    assert any(note.startswith("The harness was the bottleneck") for note in result.notes)


def test_the_same_seed_makes_the_same_crowd(server: Target) -> None:
    crowd = CrowdJob(server, places=100, seed=7)
    lives = [crowd.whole_mix.drawn(FAST, 7, place, 0) for place in range(100)]
    assert lives == [crowd.whole_mix.drawn(FAST, 7, place, 0) for place in range(100)]
    assert lives != [crowd.whole_mix.drawn(FAST, 8, place, 0) for place in range(100)]


def listening_pid(url: str) -> int:
    from conformance.targets.address import address
    from conformance.wire.server.starvation import processes_of

    found = processes_of(address(url))
    assert found is not None
    return min(found.pids)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False

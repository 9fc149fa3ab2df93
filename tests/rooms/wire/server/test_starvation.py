"""How long a server on this machine waits for a processor is seen, and granted."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.scenarios.server.neighbours.dead_peers import LOOKS
from conformance.targets.address import address
from conformance.trace.note import STARVED
from conformance.trace.trace import Capabilities
from conformance.wire.clock import watchful_loop
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.run_queue import RunQueue
from conformance.wire.server import starvation
from conformance.wire.server.starvation import (
    ServerProcesses,
    processes_of,
    watch_starvation,
)
from tests.traces.notation import FAST, of_outcome, outcomes, trace_of, violations

LISTENS = """
import socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
sys.stdin.read()
"""

TELLS = Path("/proc/self/schedstat").exists()
told_by_the_system = pytest.mark.skipif(not TELLS, reason="the system does not tell who waits")


@told_by_the_system
def test_the_processes_of_a_server_are_those_that_listen_there() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LISTENS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        found = processes_of(address(f"ws://localhost:{port}/ws"))
        assert found is not None
        assert found.pids == {server.pid}
        assert processes_of(address(f"ws://example.org:{port}/ws")) is None
        server.communicate("")
    assert processes_of(address(f"ws://127.0.0.1:{port}/ws")) is None


@told_by_the_system
def test_a_thread_that_has_to_share_a_processor_waits_for_it() -> None:
    [processor, *_] = os.sched_getaffinity(0)
    spin = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(spin) for _ in range(2)]
    try:
        for each in busy:
            os.sched_setaffinity(each.pid, {processor})
        server = ServerProcesses(frozenset({busy[0].pid}))
        server.newly_waited()
        begun, waited = time.monotonic(), 0.0
        while waited < 0.2 and time.monotonic() < begun + 20.0:
            time.sleep(0.05)  # Nothing tells when the system has let another process run.
            waited += server.newly_waited()
        assert 0.2 <= waited <= time.monotonic() - begun
    finally:
        for each in busy:
            each.kill()
            each.wait()


def test_a_wait_is_told_of_while_it_lasts_and_not_once_more_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system counts it when it is over; a thread that runs, or sleeps, does not wait."""
    now = 0
    task = tmp_path / "7" / "task" / "7"
    task.mkdir(parents=True)
    monkeypatch.setattr(starvation, "PROC", tmp_path)
    server = ServerProcesses(frozenset({7}), queue=RunQueue(lambda: now))

    def newly_waited(at: float, state: str, ran: float, waited: float) -> float:
        nonlocal now
        now = round(at * 1e9)
        (task / "stat").write_text(f"7 (a server) {state} 1 7")
        (task / "schedstat").write_text(f"{round(ran * 1e9)} {round(waited * 1e9)} 1\n")
        return round(server.newly_waited(), 3)

    assert newly_waited(0.00, "S", 1.0, 2.0) == 0.0
    assert newly_waited(0.05, "S", 1.0, 2.0) == 0.0, "it sleeps"
    assert newly_waited(0.10, "R", 1.0, 2.0) == 0.0, "it may just have become ready"
    assert newly_waited(0.15, "R", 1.0, 2.0) == 0.05
    assert newly_waited(0.35, "R", 1.0, 2.0) == 0.2
    assert newly_waited(0.40, "R", 1.01, 2.29) == 0.04, "what is left of it"
    assert newly_waited(0.45, "R", 1.05, 2.29) == 0.0, "it runs"
    assert newly_waited(0.50, "S", 1.06, 2.29) == 0.0


def test_waits_that_follow_each_other_are_told_of_together() -> None:
    """From before the first of them began until after the last of them was over."""

    waits = iter([0.0, 0.04, 0.04, 0.0, 0.3])

    class Waiting(ServerProcesses):
        def newly_waited(self) -> float:
            return next(waits, 0.0)

    loop, clock = watchful_loop()
    told: list[tuple[float, float, float]] = []

    async def watch() -> None:
        both = asyncio.Event()

        def report(since: float, until: float, waited: float) -> None:
            told.append((since, until, waited))
            if len(told) > 1:
                both.set()

        watching = asyncio.create_task(watch_starvation(clock, Waiting(frozenset()), report))
        await both.wait()
        watching.cancel()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(watch())
    assert [round(waited, 3) for _, _, waited in told] == [0.08, 0.3]
    assert all(until - since >= waited - 0.001 for since, until, waited in told)


OPENED = "0.00 opening\n0.01 opened\n"
LATE = f"{OPENED}0.1 > ping\n1.2 < pong\n"


def starved(waited: float, since: float = 0.5, until: float = 1.0) -> str:
    return f"#0 {since}..{until} note {STARVED}{waited}\n"


@pytest.mark.parametrize(("waited", "late"), [(0.3, "violated"), (0.5, "undecidable")])
def test_what_a_server_waited_for_a_processor_is_no_lateness_of_its_own(
    waited: float, late: str
) -> None:
    """A pong that took 1.1 s is 0.55 s too late."""
    assert outcomes(trace_of(f"{LATE}{starved(waited / 2)}"), "S-REPLY-SOON") == ["violated"]
    trace = trace_of(f"{LATE}{starved(waited / 2)}{starved(waited / 2 + 0.1)}")
    assert outcomes(trace, "S-REPLY-SOON") == [late]
    if late == "undecidable":
        [doubt] = of_outcome(trace, "undecidable")["S-REPLY-SOON"]
        assert "for a processor" in doubt.message


def test_what_a_server_waited_at_another_time_explains_nothing() -> None:
    trace = trace_of(f"{LATE}{starved(1.0, 1.5, 2.5)}")
    assert outcomes(trace, "S-REPLY-SOON") == ["violated"]


def test_a_reply_that_is_missing_may_come_when_the_server_gets_to_run() -> None:
    missing = f"{OPENED}0.1 > ping\n0.9 silent\n"
    assert violations(trace_of(missing)).keys() == {"S-PONG"}
    assert violations(trace_of(missing + starved(0.4, 0.3, 0.8))) == {}


def test_a_close_that_is_due_suffers_from_waits_about_that_time_alone() -> None:
    silent = f"{OPENED}0.1 > ping\n0.11 < pong\n2.6 < close 1000 heartbeat timeout\n"
    for waits, outcome in ((starved(1.0, 0.2, 1.3), "violated"), (starved(0.5, 2.0, 2.5), None)):
        seen = "violated" in outcomes(trace_of(silent + waits), "S-TIMEOUT-LATEST")
        assert seen is (outcome == "violated")


@pytest.mark.parametrize(
    ("status", "waits", "outcome"),
    [
        ("refused", "", "violated"),
        ("refused", starved(0.2, 2.0, 3.0), "violated"),
        ("refused", starved(1.3, 2.0, 3.0), "undecidable"),
        ("refused", starved(1.3, 4.0, 5.0), "violated"),
        ("refused", "2.5 late 0.3\n", "undecidable"),
    ],
)
def test_a_handshake_that_is_given_up_on_a_busy_machine_decides_nothing(
    status: str, waits: str, outcome: str
) -> None:
    """After connections were reset: S-SURVIVE."""
    before = f"{OPENED}0.1 > ping\n0.11 < pong\n1.6 < close 1000 heartbeat timeout\n"
    seen = f"{before}1.7 ended local reset\n#2 1.8 opening\n#2 3.5 {status}\n{waits}"
    assert outcome in outcomes(trace_of(seen), "S-SURVIVE")
    assert (outcome == "violated") is ("S-SURVIVE" in violations(trace_of(seen)))


def test_a_refusal_that_comes_at_once_is_one_on_any_machine() -> None:
    before = f"{OPENED}0.1 > ping\n0.11 < pong\n1.6 < close 1000 heartbeat timeout\n"
    seen = f"{before}1.7 ended local reset\n#2 1.8 opening\n#2 1.81 refused\n"
    assert "S-SURVIVE" in violations(trace_of(seen + starved(1.0, 1.7, 2.7)))


def test_a_drop_is_watched_for_longer_by_what_anybody_was_late() -> None:
    assert LOOKS > 1, "or what comes while it is watched would be granted by nobody"
    heading = Heading("by_hand", "server", "ws://127.0.0.1/", FAST, Capabilities())
    recorder = Recorder(heading, 100.0)
    assert recorder.slack_since(100.0) == 0.0
    recorder.harness_was_late(101.0, 101.25)
    recorder.harness_was_late(102.0, 102.125)
    recorder.server_was_starved(103.0, 103.5, 0.5)
    assert recorder.slack_since(100.0) == 0.75
    assert recorder.slack_since(104.0) == 0.25

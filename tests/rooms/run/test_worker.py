"""Clocked observation: the process of clocked scenarios, and when it says that things happened."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from websockets.frames import Opcode

from conformance.rules import judge
from conformance.run.helper import HarnessFault
from conformance.run.server.worker import ServerJob
from conformance.run.worker import WorkerProcess
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import ServerScenario, clocked
from conformance.scenarios.schedule import Move, Schedule
from conformance.scenarios.server.liveness import PHASES, falls_silent_after_a_ping
from conformance.targets.server import Target
from conformance.trace.event import CUT, Ended, Event
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock
from conformance.wire.server.dial import Dial
from spec import Timing
from tests.peers.process import running
from tests.rooms.wire.server.scripts import answer_to, dial_to, frame, listen, of, run
from tests.traces.notation import FAST

Moments: TypeAlias = list[tuple[float, float]]

NARROW = 0.02  # seconds
AT_MOST = 30.0  # seconds; what takes longer has hung
STOPPED = 0.3
RESET = Ended("local", CUT)
UNHURRIED = 10.0  # seconds; what a process may take to stop where the machine is busy
CLOCKED = [each for each in server_scenarios() if each.kind == "clocked" and not each.needs]
SCHEDULE = Schedule((Move(0.1, "ping"), Move(0.2, "reconnect"), Move(0.4, "ping")))
WHEN_ALL_ARE_OVER = {"resets_connections_alone_and_in_a_crowd": 1}
"""Connections that come when no other is open any more."""
OF_THE_SCHEDULE = 4  # two of its own, and a plain one for each ping


@clocked(connections=1)
async def says_what_is_no_trace(dial: Dial, _: Timing) -> None:
    """Breaks the pipe's protocol, as a stray print would."""
    async with dial():
        sys.stdout.write("no trace\n")


@clocked(connections=1)
async def fails(dial: Dial, _: Timing) -> None:
    """Has a fault of its own."""
    async with dial():
        raise ArithmeticError("a fault in a scenario")


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        yield Target(server.url, FAST)


def everything(worker: WorkerProcess) -> list[Trace]:
    """All traces, up to the end of the process."""
    found: list[Trace] = []
    by = time.monotonic() + AT_MOST
    while not worker.is_over:
        assert time.monotonic() < by, "the process does not come to an end"
        found += worker.traces(1.0)
    return found


def was_reset_in_the_handshake(events: tuple[Event, ...]) -> bool:
    """Whether wsbeat reset a connection before the server had answered."""
    return [event.kind for event in events] == ["opening", "ended"] and events[1].content == RESET


def violated(trace: Trace) -> list[str]:
    """What was violated for certain, in words."""
    return [
        f"{name}: {seen.message}; {seen.actual}"
        for name, seen in judge(trace)
        if seen.outcome == "violated" and not seen.provisional
    ]


def await_connections(pid: int, count: int) -> None:
    """Wait until a process has so many sockets, besides the two by which its loop is woken."""
    folder, by = Path(f"/proc/{pid}/fd"), time.monotonic() + AT_MOST
    while sum(_leads_to_a_socket(each) for each in folder.iterdir()) < count + 2:
        assert time.monotonic() < by
        time.sleep(0.01)


def _leads_to_a_socket(descriptor: Path) -> bool:
    try:
        return os.readlink(descriptor).startswith("socket:")
    except FileNotFoundError:  # closed since it was listed
        return False


def test_a_trace_comes_and_then_it_is_over(target: Target) -> None:
    with WorkerProcess(
        ServerJob.of(target, [falls_silent_after_a_ping], attempt=2, seed=7)
    ) as worker:
        assert not worker.is_over
        (trace,) = everything(worker)
        assert worker.is_over
        assert list(worker.traces(0.0)) == []
    assert worker.stop() == []
    assert (trace.scenario, trace.end) == ("falls_silent_after_a_ping", "finished")
    assert (trace.attempt, trace.seed, trace.timing) == (2, 7, FAST)
    assert [event.n for event in trace.events] == list(range(len(trace.events)))
    closes = [event for event in trace.events if event.opcode == "close"]
    received = [event for event in closes if event.kind == "received"]
    assert len(received) == falls_silent_after_a_ping.connections
    assert violated(trace) == []


@pytest.fixture(scope="module")
def traces(target: Target) -> dict[str, Trace]:
    """A trace of each clocked scenario; they ran side by side."""
    job = ServerJob.of(target, CLOCKED, attempt=1, seed=0, schedules=[SCHEDULE])
    with WorkerProcess(job) as worker:
        return {trace.scenario: trace for trace in everything(worker)}


@pytest.mark.parametrize("scenario", CLOCKED, ids=lambda each: each.name)
def test_a_scenario_opens_as_many_connections_as_it_says(
    traces: dict[str, Trace], scenario: ServerScenario
) -> None:
    trace = traces[scenario.name]
    assert trace.end == "finished"
    connections = scenario.connections if scenario.act else OF_THE_SCHEDULE
    connections += WHEN_ALL_ARE_OVER.get(scenario.name, 0)
    assert len(trace.by_connection) == connections
    knocked = [each for each in trace.by_connection.values() if was_reset_in_the_handshake(each)]
    assert len(of(trace, "opened")) == connections - len(knocked)
    assert violated(trace) == []


def test_stopping_early_hands_over_interrupted_traces(target: Target) -> None:
    job = ServerJob.of(target, CLOCKED, attempt=1, seed=0, schedules=[SCHEDULE])
    worker = WorkerProcess(job, stopping=UNHURRIED)
    try:
        assert list(worker.traces(0.5)) == [], "nothing is over so soon"
        begun = time.monotonic()
    finally:
        rest = worker.stop()
    bound = (
        3 * (FAST.reply_deadline + FAST.tolerance) + UNHURRIED
    )  # the closes, and the process's end
    assert time.monotonic() - begun < bound
    assert worker._helper.popen.returncode == 0
    assert worker.is_over
    assert {trace.scenario for trace in rest} == {each.name for each in CLOCKED}
    assert {trace.end for trace in rest} == {"interrupted"}
    for trace in rest:
        assert len(of(trace, "ended")) == len(trace.by_connection)
        assert violated(trace) == []


def test_leaving_the_block_ends_the_process(target: Target) -> None:
    job = ServerJob.of(target, [falls_silent_after_a_ping], attempt=1, seed=0)
    with WorkerProcess(job, stopping=UNHURRIED) as worker:
        process = worker._helper.popen
        assert process.poll() is None
    assert process.returncode == 0
    assert [trace.end for trace in worker.stop()] == ["interrupted"]


def test_a_module_that_does_not_exist_is_a_fault_of_the_harness(target: Target) -> None:
    astray = replace(falls_silent_after_a_ping, module="conformance.scenarios.nowhere")
    with (
        WorkerProcess(ServerJob.of(target, [astray], attempt=1, seed=0)) as worker,
        pytest.raises(HarnessFault) as caught,
    ):
        everything(worker)
    assert "ended with code 1" in str(caught.value)
    assert "No module named 'conformance.scenarios.nowhere'" in str(caught.value)


def test_a_fault_in_a_scenario_is_a_fault_of_the_harness(target: Target) -> None:
    both = [falls_silent_after_a_ping, fails]
    with (
        WorkerProcess(ServerJob.of(target, both, attempt=1, seed=0)) as worker,
        pytest.raises(HarnessFault, match="ArithmeticError: a fault in a scenario"),
    ):
        everything(worker)
    assert worker.is_over


def test_output_that_is_no_trace_is_a_fault_of_the_harness(target: Target) -> None:
    with WorkerProcess(ServerJob.of(target, [says_what_is_no_trace], attempt=1, seed=0)) as worker:
        worker._helper.popen.wait(AT_MOST)
        with pytest.raises(HarnessFault, match="not JSON"):
            list(worker.traces(1.0))


def test_a_server_that_is_not_there_is_told_by_the_trace() -> None:
    nowhere = Target("ws://127.0.0.1:1/", FAST)
    job = ServerJob.of(nowhere, [falls_silent_after_a_ping], attempt=1, seed=0)
    with WorkerProcess(job) as worker:
        (trace,) = everything(worker)
    assert trace.end == "finished"
    assert of(trace, "refused") != []
    assert of(trace, "opened") == []


@pytest.mark.skipif(sys.platform != "linux", reason="counts sockets in /proc")
def test_a_process_that_stood_still_says_so_and_accuses_nobody(target: Target) -> None:
    job = ServerJob.of(target, [falls_silent_after_a_ping], attempt=1, seed=0)
    with WorkerProcess(job, stopping=UNHURRIED) as worker:
        process = worker._helper.popen
        await_connections(process.pid, PHASES)
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(STOPPED)
        finally:
            process.send_signal(signal.SIGCONT)
        (trace,) = everything(worker)
    assert trace.lateness > STOPPED / 2
    worst = max(of(trace, "late"), key=lambda event: event.latest - event.earliest)
    assert worst.connection == 0
    assert worst.latest - worst.earliest == pytest.approx(trace.lateness, abs=1e-3)
    assert violated(trace) == []


@pytest.fixture
def independent() -> Iterator[tuple[str, Moments]]:
    """A server in a thread that notes when it really sent: ten texts, then the end of TCP."""
    moments: Moments = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            connection.sendall(answer_to(connection.recv(65536)))
            for number in range(11):
                time.sleep(0.013)  # the pace of this server, not a wait for something
                before = time.monotonic()
                if number < 10:
                    connection.sendall(frame(Opcode.TEXT, b"%d" % number))
                else:
                    connection.shutdown(socket.SHUT_WR)
                moments.append((before, time.monotonic()))
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/", moments
        thread.join()


def heard_from(url: str, stall: float) -> tuple[Trace, float]:
    """Listen on a loop that stands still, again and again, for `stall` seconds."""

    async def stand_still() -> None:
        while True:
            time.sleep(stall)  # noqa: ASYNC251
            await asyncio.sleep(0.001)

    async def act(clock: LoopClock) -> tuple[Trace, float]:
        dial = dial_to(url, clock)
        burden = asyncio.create_task(stand_still())
        await listen(dial)
        burden.cancel()
        return dial.recorder.trace(), dial.recorder.origin

    return run(act)


@pytest.mark.parametrize("stall", [0.0, 0.05])
def test_what_was_received_was_sent_within_its_interval(
    independent: tuple[str, Moments], stall: float
) -> None:
    url, moments = independent
    trace, origin = heard_from(url, stall)
    events = of(trace, "received")
    assert [event.content for event in events] == [str(number) for number in range(10)]
    for event, (before, after) in zip(events, moments, strict=False):
        assert event.earliest + origin <= after
        assert before <= event.latest + origin
    assert sorted(event.latest - event.earliest for event in events)[5] < NARROW + 2 * stall


def test_the_end_came_within_its_interval(independent: tuple[str, Moments]) -> None:
    url, moments = independent
    trace, origin = heard_from(url, 0.05)
    assert trace.events[-1].earliest + origin <= moments[-1][1]

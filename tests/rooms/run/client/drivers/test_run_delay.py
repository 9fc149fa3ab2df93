"""What the system tells of processes that wait for a processor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.run.client.drivers.browser_delay import BrowserDelay
from conformance.run.client.drivers.run_delay import RunDelay, watch_delay, watch_run_delay

BUSY = (
    "import os\nos.sched_setaffinity(0, {PROCESSOR})\nprint('here', flush=True)\nwhile True: pass"
)
LONGEST = 10.0  # seconds
ENOUGH = 0.2  # seconds of waiting

pytestmark = pytest.mark.skipif(
    RunDelay(os.getpid()).waited() is None,
    reason="this system does not tell how long processes wait",
)


@contextmanager
def busy(count: int, *launcher: str, code: str = BUSY) -> Iterator[list[int]]:
    """Processes that all want one and the same processor, each in a session; their IDs."""
    code = code.replace("PROCESSOR", str(min(os.sched_getaffinity(0))))
    command = [*launcher, sys.executable, "-c", code]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        for _ in range(count)
    ]
    try:
        for each in started:
            assert each.stdout is not None
            each.stdout.readline()
        yield [each.pid for each in started]
    finally:
        for each in started:
            os.killpg(each.pid, signal.SIGKILL)
            each.communicate()


@pytest.mark.asyncio
@pytest.mark.parametrize("launcher", [(), ("/bin/sh", "-c", '"$0" "$@"; true')])
async def test_who_waits_for_a_processor_is_told_of_for_as_long_as_it_lives(
    launcher: tuple[str, ...],
) -> None:
    told: list[tuple[float, float, float]] = []
    enough = asyncio.Event()

    def report(since: float, until: float, seconds: float) -> None:
        told.append((since, until, seconds))
        if sum(each for _, _, each in told) > ENOUGH:
            enough.set()

    with busy(3, *launcher) as (pid, *_):
        watching = asyncio.create_task(watch_run_delay(pid, time.monotonic, report))
        async with asyncio.timeout(LONGEST):
            await enough.wait()
    async with asyncio.timeout(LONGEST):
        await watching
    assert all(0 < seconds <= until - since + 0.01 for since, until, seconds in told)


THREADS = """
import os, threading, time
os.sched_setaffinity(0, {PROCESSOR})
def spin():
    while True: pass
LAUNCH
print("here", flush=True)
time.sleep(1000)
"""
IN_ANOTHER_THREAD = "threading.Thread(target=spin, daemon=True).start()"
FROM_ANOTHER_THREAD = """
def launch():
    if os.fork() == 0: spin()
    time.sleep(1000)
threading.Thread(target=launch, daemon=True).start()
"""


@pytest.mark.parametrize("launch", [IN_ANOTHER_THREAD, FROM_ANOTHER_THREAD])
def test_who_waits_need_not_be_the_main_thread_nor_what_that_started(launch: str) -> None:
    """A virtual machine keeps its timers in other threads, and `go run` starts from any of them."""
    with busy(3) as _, busy(1, code=THREADS.replace("LAUNCH", launch)) as (pid,):
        delay, until = RunDelay(pid), time.monotonic() + LONGEST
        while (delay.waited() or 0) < ENOUGH:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_launcher_that_waited_long_does_not_hide_what_it_launched() -> None:
    """Of each thread it counts what it waited from one look to the next."""
    delay = RunDelay(1)
    for look in ({"1": 900}, {"1": 900, "2": 0}, {"1": 900, "2": 300}):
        delay.note(look)
    assert delay.total == 300


def test_of_a_process_that_is_gone_nothing_is_told() -> None:
    with busy(1) as (pid,):
        assert RunDelay(pid).waited() is not None
    assert RunDelay(pid).waited() is None


@pytest.mark.asyncio
async def test_what_waits_below_a_process_is_added_up_over_time() -> None:
    delay, enough = BrowserDelay(os.getpid()), asyncio.Event()

    def report(_since: float, _until: float, _seconds: float) -> None:
        if delay.total > ENOUGH:
            enough.set()

    with busy(3):
        watching = asyncio.create_task(watch_delay(delay.waited, time.monotonic, report))
        async with asyncio.timeout(LONGEST):
            await enough.wait()
        watching.cancel()


def test_before_anything_was_read_nothing_has_waited() -> None:
    with busy(3):
        assert BrowserDelay(os.getpid()).waited() == 0

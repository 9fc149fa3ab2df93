"""The guard kills what was started, grandchildren too, when the one who started it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from conformance.targets.started.guard import Guard
from tests.peers.process import gone

STARTS = """
import subprocess, sys, time
from conformance.targets.started.guard import Guard
with Guard() as guard:
    child = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], start_new_session=True,
        stdout=subprocess.PIPE, text=True,
    )
    guard.watch(child.pid)
    print(child.pid, child.stdout.readline().strip(), flush=True)
    {then}
"""


def started(then: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that starts a shell, which starts another; the numbers of both."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTS.format(then=then)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as said:
        return process, [int(each) for each in said.readline().split()]


def test_what_is_left_of_a_killed_process_is_killed() -> None:
    process, children = started("time.sleep(600)")
    process.kill()
    process.wait()
    assert gone(*children)


def test_what_was_forgotten_is_left_alone() -> None:
    process, children = started("guard.forget(child.pid)")
    process.wait()
    try:
        for child in children:
            os.kill(child, 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(children[0], signal.SIGKILL)


def test_a_guard_that_was_killed_hinders_nothing() -> None:
    with Guard() as guard:
        assert guard._process is not None
        guard._process.kill()
        guard._process.wait()
        guard.watch(2**22)
        guard.forget(2**22)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_guard_stays_where_others_are_asked_to_end(number: signal.Signals) -> None:
    with Guard() as guard:
        guard.watch(2**22)
        assert guard._process is not None
        with pytest.raises(subprocess.TimeoutExpired):
            guard._process.wait(0.3)
        guard._process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            guard._process.wait(0.2)

"""Whether what a process had started lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from conformance.run.client.drivers.process_group import ProcessGroup

LONGEST = 10.0  # seconds


def until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.02)


def test_who_is_put_into_the_background_lives_on() -> None:
    launcher = subprocess.Popen(
        ["/bin/sh", "-c", "sleep 100 & sleep 100 &"], start_new_session=True
    )
    group = ProcessGroup(launcher.pid)
    launcher.wait(LONGEST)
    assert group.lives_on()
    assert group.lives_on(), "the same one is looked at again"
    os.killpg(launcher.pid, signal.SIGKILL)
    until(lambda: not group.lives_on())


def test_who_ends_alone_leaves_nobody() -> None:
    alone = subprocess.Popen(["/bin/true"], start_new_session=True)
    alone.wait(LONGEST)
    assert not ProcessGroup(alone.pid).lives_on()


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="this system does not list its processes")
def test_who_has_ended_and_was_not_asked_how_does_not_live_on() -> None:
    """In a container the first process may be one that asks nobody."""
    unasked = subprocess.Popen(["/bin/true"], start_new_session=True)
    until(lambda: not ProcessGroup(unasked.pid).lives_on())
    unasked.wait(LONGEST)

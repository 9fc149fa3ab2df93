"""What the explorer leaves behind when it has said everything."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import spec
from conformance.clock import watchful_loop
from conformance.explorer import Session
from conformance.target import Target
from conformance.wire.dial import Dial
from conformance.wire.recorder import Heading, Recorder
from tests.peers.process import running

OPEN = Path("/proc/self/fd")


def sockets() -> int:
    """How many sockets this process has open."""
    found = 0
    for number in OPEN.iterdir():
        try:
            found += os.readlink(number).startswith("socket:")
        except FileNotFoundError:  # The one with which they were listed.
            continue
    return found


@pytest.mark.skipif(not OPEN.is_dir(), reason="Nothing lists open sockets here.")
@pytest.mark.parametrize("is_given_up", [False, True])
def test_no_connection_is_left_open_while_nobody_would_answer_on_it(is_given_up: bool) -> None:
    """The loop stands still after exploring: a Close of the server would have no answer."""
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        target = Target(server.url, spec.load_timing("fast"))
        loop, clock = watchful_loop()
        with asyncio.Runner(loop_factory=lambda: loop):
            before = sockets()
            heading = Heading("test", "server", "", target.timing, target.capabilities)

            def dial(recorder: Recorder) -> Dial:
                return Dial(target, recorder, clock, clock.now(), None)

            session = Session(loop, dial, heading, clock, clock.now())
            session.perform("test", ["1"])
            assert sockets() == before + 1
            if is_given_up:
                session.reset()
            session.leave()
            assert sockets() == before

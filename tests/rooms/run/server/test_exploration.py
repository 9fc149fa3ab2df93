"""What the explorer leaves behind when it has said everything."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import spec
from conformance.run.server.example_source import drawn_here
from conformance.run.server.exploration import Exploration
from conformance.run.server.session import Session
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import ServerScenario
from conformance.targets.server import Target
from conformance.wire.clock import watchful_loop
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
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


def test_a_boundary_that_was_not_tried_to_its_end_leaves_a_doubt() -> None:
    """What a server has no time to be asked must not count as asked."""
    target = Target("ws://127.0.0.1:1/ws", spec.load_timing("fast"))
    [scenario] = (
        each for each in server_scenarios() if each.boundary and "S-DEPTH" in each.exercises
    )
    loop, clock = watchful_loop()
    doubts: list[str] = []

    def unreachable(_: Recorder) -> Dial:
        raise AssertionError("There is no time to connect.")

    def doubted(about: ServerScenario, why: str) -> None:
        assert about is scenario
        doubts.append(why)

    with asyncio.Runner(loop_factory=lambda: loop), drawn_here([scenario], 1, 0) as drawing:
        heading = Heading("test", "server", "", target.timing, target.capabilities)
        session = Session(loop, unreachable, heading, clock, clock.now())
        run = Exploration(session, lambda _: set(), drawing, 0.0, lambda: None, doubted)
        run.explore([scenario])
    assert run.cut_short == [scenario.name]
    [why] = doubts
    assert "not all of its" in why

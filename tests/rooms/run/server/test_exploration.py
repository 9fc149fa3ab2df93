"""What the explorer leaves behind when it has said everything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

import spec
from conformance.run.server.exploring.example_source import drawn_here
from conformance.run.server.exploring.exploration import Budget, Exploration
from conformance.run.server.exploring.session import Session
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.step import Step
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities, Trace
from conformance.wire.clock import watchful_loop
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from tests.peers.process import running
from tests.traces.notation import trace_of

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


class Hasty(Session):
    """Each batch takes as long as is said, and so many of its messages are done with."""

    lasts, does = 0.0, 40

    def perform(self, scenario: str, steps: Sequence[Step]) -> tuple[Trace, int]:
        self.clock.sleep(self.lasts)  # type: ignore[attr-defined]
        return trace_of(""), min(self.does, len(steps))


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.moment = 0.0

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += seconds


@pytest.mark.parametrize(
    ("lasts", "does", "is_doubtful", "is_cut"),
    [(0.1, 40, True, False), (0.1, 1, True, True), (0.9, 40, True, True), (0.9, 1, False, False)],
)
def test_what_is_waited_for_in_vain_is_cut_short_where_enough_is_known(
    lasts: float, does: int, is_doubtful: bool, is_cut: bool
) -> None:
    """A server that answers at once, and wrongly, is explored to the end."""
    scenarios = [each for each in server_scenarios() if "S-IGNORE-NOT-JSON" in each.exercises]
    [scenario] = (each for each in scenarios if each.name == "texts_that_are_not_json")
    heading = Heading("test", "server", "", spec.load_timing("fast"), Capabilities())
    hands = Hands()
    session = Hasty(None, None, heading, hands, 0.0)  # type: ignore[arg-type]
    session.lasts, session.does = lasts, does
    with drawn_here([scenario], 1, 0) as drawing:
        run = Exploration(
            session, lambda _: {"S-IGNORE-NOT-JSON"}, drawing, 1000.0, lambda: None,
            lambda *_: None, {"S-IGNORE-NOT-JSON"}, Budget(0.0, 0.3), lambda: is_doubtful,
        )  # fmt: skip
        run.explore([scenario])
    assert (run.cut_short == [scenario.name]) == is_cut

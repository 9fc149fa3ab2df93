"""A server that is slow to open connections is watched no shorter for it."""

from __future__ import annotations

import asyncio

import pytest

from conformance.evidence.server.evidence import Evidence
from conformance.run.server.worker import ServerJob, run_scenarios
from conformance.scenarios import server_scenarios
from conformance.scenarios.schedule import Move, Schedule
from conformance.scenarios.server.liveness import overdue
from conformance.targets.server import Target
from conformance.trace.trace import Trace
from conformance.wire.clock import leaping_loop
from tests.enemies.visitor import Visitor
from tests.traces.notation import FAST

SCHEDULES = (
    Schedule((Move(0.1, "ping"), Move(0.2, "business"))),
    Schedule((Move(0.1, "business"), Move(0.2, "reconnect"))),
)
HANDSHAKE = 0.7  # seconds, of virtual time
ABOUT = 0.01


@pytest.mark.parametrize(
    "name", ["talks_business_after_its_last_ping", "follows_a_generated_schedule"]
)
def test_a_silence_is_watched_from_what_restarted_the_clock(name: str) -> None:
    traces: list[Trace] = []
    loop, clock = leaping_loop()

    async def opens_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitor = Visitor(reader, writer, 1)
        await asyncio.sleep(HANDSHAKE)
        await visitor.shake()
        try:
            await visitor.behave()
        except asyncio.IncompleteReadError:
            pass  # The client has left.
        finally:
            writer.close()

    async def act() -> None:
        async with await asyncio.start_server(opens_slowly, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            chosen = [each for each in server_scenarios() if each.name == name]
            job = ServerJob.of(Target(url, FAST), chosen, 1, 0, SCHEDULES)
            await run_scenarios(job, clock, asyncio.Event(), traces.append)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(act())
    watched = [
        silent.latest - silence.latest
        for trace in traces
        for connection in Evidence(trace).connections
        for silent in connection.events
        if silent.kind == "silent"
        and (silence := connection.last_restart_before(silent)) is not None
    ]
    assert len(watched) >= 3
    assert min(watched) > overdue(FAST) - ABOUT

"""What one scenario finds out about a client that has all mends but one."""

from __future__ import annotations

import asyncio

from conformance.run.client.session import Task
from conformance.run.client.worker import ClientJob, perform
from conformance.scenarios import scenarios
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.client import ClientTarget
from conformance.trace.trace import Trace
from conformance.wire.clock import watchful_loop
from tests.peers.test_pages import found_in

SAID = {"says_what_cannot_be_used": ("text", "null", "[]", b"\0\xff")}
"""What is said in scenarios that say what they are given."""


def outcomes(target: ClientTarget, name: str) -> dict[str, set[str]]:
    """Which requirements came to which outcome in a scenario, in real time."""
    [scenario] = (each for each in scenarios() if each.name == name)
    assert isinstance(scenario, ClientScenario)
    traces: list[Trace] = []
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        job = ClientJob(target, (Task(scenario, SAID.get(name, ())),), 2, 0)
        runner.run(perform(job, clock, asyncio.Event(), traces.append))
    [trace] = (each for each in traces if each.scenario == name)
    return found_in(trace)

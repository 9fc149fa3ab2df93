"""Prompt scenarios: performed side by side, here, in as much time as their replies take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from conformance.scenarios.scenario import ServerScenario
from conformance.trace.trace import End, Trace
from conformance.wire.clock import LoopClock, canary
from conformance.wire.company import Company
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Recorder
from conformance.wire.server.dial import Dial
from conformance.wire.server.limiter import Limiter, Permit
from conformance.wire.server.starvation import ServerProcesses, watch_starvation


@dataclass(frozen=True, slots=True)
class PromptScenarios:
    """Performs scenarios on a server; `recorder` and `dial` make what each of them needs."""

    clock: LoopClock
    limiter: Limiter
    recorder: Callable[[str], Recorder]
    dial: Callable[[Recorder, Permit], Dial]
    server: ServerProcesses | None = None
    """The processes of the server, if they are on this machine."""

    async def perform(
        self, scenarios: Sequence[ServerScenario], left: Callable[[], float]
    ) -> list[Trace]:
        """Perform scenarios side by side; `left` says how much time is left, in seconds."""
        recorders, company = [self.recorder(scenario.name) for scenario in scenarios], Company()
        for scenario, recorder in zip(scenarios, recorders, strict=True):
            # Few connections end at the same time by chance: that all did is looked for where all
            # there are is more than what is played again, or where it was so then.
            if scenario.recorded is None or scenario.recorded.collapses:
                recorder.company = company

        def report_lateness(due: float, now: float) -> None:
            for recorder in recorders:
                recorder.harness_was_late(due, now)

        def report_starvation(since: float, until: float, waited: float) -> None:
            for recorder in recorders:
                recorder.server_was_starved(since, until, waited)

        async with asyncio.TaskGroup() as group:
            starvation = group.create_task(
                watch_starvation(self.clock, self.server, report_starvation)
            )
            lateness_watch = group.create_task(canary(self.clock, report_lateness))
            acts = [
                group.create_task(self._act(scenario, recorder, left()))
                for scenario, recorder in zip(scenarios, recorders, strict=True)
            ]
            if acts:
                await asyncio.wait(acts)
            for recorder in recorders:
                await recorder.settled(self.clock.now)
            lateness_watch.cancel()
            starvation.cancel()
        end: End = "interrupted" if left() <= 0 else "finished"
        return [recorder.trace(end) for recorder in recorders]

    async def _act(self, scenario: ServerScenario, recorder: Recorder, left: float) -> None:
        assert scenario.act is not None
        async with self.limiter.admit(scenario.connections) as permit:
            try:
                async with asyncio.timeout(None if left == inf else left) as limit:
                    dial = self.dial(recorder, permit)
                    await scenario.act(dial, dial.target.timing)
            except* HandshakeRefused:
                pass  # The trace tells it.
            except* TimeoutError:
                if not limit.expired():
                    raise

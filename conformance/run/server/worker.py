"""The process in which clocked scenarios run side by side, and nothing else does.

It reads a job (one line of JSON) from standard input and writes traces to standard output, each as
soon as its scenario is over. When its input ends, it stops and writes what it has: its parent is
gone or wants no more.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import spec
from conformance.run.worker import Write, to_stdout
from conformance.scenarios.scenario import Act, Follow, Scenario
from conformance.scenarios.schedule import Schedule
from conformance.targets.instance import Instance
from conformance.targets.load_limits import Manners
from conformance.targets.server import Target
from conformance.trace.event import WHOLE_TRACE
from conformance.trace.trace import Capabilities
from conformance.wire.clock import LoopClock, canary, watchful_loop
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial, tls_for
from conformance.wire.server.limiter import Door, Pass


@dataclass(frozen=True, slots=True)
class Job:
    """What the process is to do: these scenarios, by module and name, on this target."""

    MODULE: ClassVar[str] = "conformance.run.server.worker"

    target: Target
    scenarios: tuple[tuple[str, str], ...]
    attempt: int
    seed: int
    schedules: tuple[str, ...] = ()
    """What a fleet is to follow, as `Schedule.to_text` has it."""
    instances: Mapping[str, tuple[Instance, ...]] = field(default_factory=dict)
    """Those that a scenario has for itself, by its name."""
    manners: Manners = field(default_factory=Manners)

    @classmethod
    def of(
        cls,
        target: Target,
        scenarios: Sequence[Scenario],
        attempt: int,
        seed: int,
        schedules: Sequence[Schedule] = (),
        instances: Mapping[str, tuple[Instance, ...]] | None = None,
        manners: Manners | None = None,
    ) -> Job:
        """A job that names scenarios and schedules as they are."""
        return cls(
            target,
            tuple((each.module, each.name) for each in scenarios),
            attempt,
            seed,
            tuple(each.to_text() for each in schedules),
            instances or {},
            manners or Manners(),
        )

    @property
    def acts(self) -> tuple[Scenario, ...]:
        """The scenarios themselves."""
        return tuple(getattr(import_module(module), name) for module, name in self.scenarios)

    def to_json(self) -> str:
        """The job as one line; it holds the target's secrets and is for the pipe alone."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Job:
        job: Mapping[str, Any] = json.loads(line)
        target = dict(job["target"])
        target["timing"] = spec.load_timing(target["timing"])
        target["capabilities"] = Capabilities(**target["capabilities"])
        target["subprotocols"] = tuple(target["subprotocols"])
        return cls(
            target=Target(**target),
            scenarios=tuple((module, name) for module, name in job["scenarios"]),
            attempt=job["attempt"],
            seed=job["seed"],
            schedules=tuple(job["schedules"]),
            instances={
                name: tuple(Instance(**each) for each in instances)
                for name, instances in job["instances"].items()
            },
            manners=Manners(**job["manners"]),
        )


async def run_scenarios(job: Job, clock: LoopClock, stop: asyncio.Event, write: Write) -> None:
    """Run a job's scenarios side by side until all are over or `stop` is set."""
    tls = tls_for(job.target)
    recorders: list[Recorder] = []
    door = Door(job.manners, clock)

    def sing(due: float, now: float) -> None:
        for recorder in recorders:
            recorder.harness_was_late(due, now)

    async def admitted(scenario: Scenario, act: Act) -> None:
        # A fleet declares what all its schedules open together.
        ships = len(job.schedules) if scenario.follow else 1
        connections = -(-scenario.connections // max(1, ships))
        async with door.admit(connections) as admission:
            await run(scenario, act, admission)

    async def run(scenario: Scenario, act: Act, admission: Pass) -> None:
        heading = Heading(
            scenario.name,
            scenario.role,
            job.target.shown,
            job.target.timing,
            job.target.capabilities,
            job.attempt,
            job.seed,
            job.target.max_message,
        )
        start = clock.now()
        recorder = Recorder(heading, start)
        recorders.append(recorder)
        instances = job.instances.get(scenario.name, ())
        for instance in instances:
            told = job.target.at(instance.port).started
            recorder.record(WHOLE_TRACE, start, start, "started", content=told)
        dial = Dial(job.target, recorder, clock, start, tls, instances, admission)
        try:
            try:
                await act(dial, job.target.timing)
            except* HandshakeRefused:
                pass  # The trace tells it.
        except asyncio.CancelledError:
            write(recorder.trace("interrupted"))
            raise
        recorders.remove(recorder)
        write(recorder.trace())

    async with asyncio.TaskGroup() as group:
        bird = group.create_task(canary(clock, sing))
        stopped = group.create_task(stop.wait())
        running = {
            group.create_task(admitted(scenario, act))
            for scenario in job.acts
            for act in acts(scenario, job.schedules)
        }
        while running and not stop.is_set():
            over, _ = await asyncio.wait({*running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            running -= over
        for task in (*running, stopped, bird):
            task.cancel()


def acts(scenario: Scenario, schedules: Sequence[str]) -> Iterator[Act]:
    """What is to be done for a scenario: one thing, or one for each schedule of a fleet."""
    if scenario.act is not None:
        yield scenario.act
    if scenario.follow is not None:
        for text in schedules:
            yield partial(_follow, scenario.follow, Schedule.from_text(text))


async def _follow(follow: Follow, schedule: Schedule, dial: Dial, timing: spec.Timing) -> None:
    await follow(dial, timing, schedule)


def main() -> None:
    """Run the job that standard input names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = Job.from_json(sys.stdin.readline())
    loop, clock = watchful_loop()
    stop = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    try:
        loop.run_until_complete(run_scenarios(job, clock, stop, to_stdout))
    finally:
        loop.close()


if __name__ == "__main__":
    main()

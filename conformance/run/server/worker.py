"""The process in which clocked scenarios run side by side, and nothing else does.

It reads a job (one line of JSON) from standard input and writes traces to standard output, each as
soon as its scenario is over. When its input ends, it stops and writes what it has: its parent is
gone or wants no more.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, TypeAlias

import spec
from conformance.run.server.coverage import opened_by
from conformance.run.server.exploring.beside import ended_near
from conformance.run.worker import NextLine, Write, do_job, tell_partings, to_stdout
from conformance.scenarios.scenario import Act, Follow, ServerScenario
from conformance.scenarios.schedule import Schedule
from conformance.targets.address import address
from conformance.targets.load_limits import LoadLimits
from conformance.targets.server import Target
from conformance.targets.started.instance import Instance, InstanceProcess
from conformance.trace.event import WHOLE_TRACE
from conformance.wire.clock import LoopClock, canary
from conformance.wire.company import Company
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.overheard import Overheard
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial, tls_for
from conformance.wire.server.limiter import Limiter, Permit
from conformance.wire.server.starvation import ServerProcesses, processes_of, watch_starvation
from conformance.wire.sockets import raise_descriptors


@dataclass(frozen=True, slots=True)
class ServerJob:
    """What the process is to do: these scenarios, by module and name, on this target."""

    MODULE: ClassVar[str] = "conformance.run.server.worker"

    target: Target
    scenarios: tuple[tuple[str, str], ...]
    attempt: int
    seed: int
    schedules: tuple[str, ...] = ()
    """What scenarios with a schedule are to follow, as `Schedule.to_text` has it."""
    instances: Mapping[str, tuple[Instance, ...]] = field(default_factory=dict)
    """Those that a scenario has for itself, by its name."""
    load_limits: LoadLimits = field(default_factory=LoadLimits)

    @classmethod
    def of(
        cls,
        target: Target,
        scenarios: Sequence[ServerScenario],
        attempt: int,
        seed: int,
        schedules: Sequence[Schedule] = (),
        instances: Mapping[str, tuple[Instance, ...]] | None = None,
        load_limits: LoadLimits | None = None,
    ) -> ServerJob:
        """A job that names scenarios and schedules as they are."""
        return cls(
            target,
            tuple((each.module, each.name) for each in scenarios),
            attempt,
            seed,
            tuple(each.to_text() for each in schedules),
            instances or {},
            load_limits or LoadLimits(),
        )

    @property
    def acts(self) -> tuple[ServerScenario, ...]:
        """The scenarios themselves."""
        return tuple(getattr(import_module(module), name) for module, name in self.scenarios)

    def lines(self) -> Iterator[str]:
        """The job as one line."""
        yield self.to_json()

    def to_json(self) -> str:
        """The job as one line; it holds the target's secrets and is for the pipe alone."""
        plain = asdict(replace(self, target=None))  # type: ignore[arg-type]
        return json.dumps({**plain, "target": self.target.to_json()})

    @classmethod
    def from_json(cls, line: str) -> ServerJob:
        job: Mapping[str, Any] = json.loads(line)
        return cls(
            target=Target.from_json(job["target"]),
            scenarios=tuple((module, name) for module, name in job["scenarios"]),
            attempt=job["attempt"],
            seed=job["seed"],
            schedules=tuple(job["schedules"]),
            instances={
                name: tuple(InstanceProcess(**each) for each in instances)
                for name, instances in job["instances"].items()
            },
            load_limits=LoadLimits(**job["load_limits"]),
        )


Attend: TypeAlias = Callable[[Company], Coroutine[Any, Any, None]]
"""What goes on beside scenarios, with the company of all their connections."""


async def answer(line: NextLine, clock: LoopClock, timing: spec.Timing, company: Company) -> None:
    """Answer what ended together with a connection of the parent, whenever that asks."""
    while question := await line():
        earliest, latest = json.loads(question)
        tell_partings(await ended_near(company, timing, clock, earliest, latest))


async def run_scenarios(
    job: ServerJob,
    clock: LoopClock,
    stop: asyncio.Event,
    write: Write,
    attend: Attend | None = None,
) -> None:
    """Run a job's scenarios side by side until all are over or `stop` is set.

    `attend` goes on meanwhile: it is told by the company of their connections what ended together.
    """
    tls = tls_for(job.target)
    recorders: list[Recorder] = []
    limiter, company = Limiter(job.load_limits, clock), Company()
    overheard = Overheard()

    def report_lateness(due: float, now: float) -> None:
        for recorder in recorders:
            recorder.harness_was_late(due, now)

    def report_starvation(since: float, until: float, waited: float) -> None:
        for recorder in recorders:
            recorder.server_was_starved(since, until, waited)

    async def admitted(scenario: ServerScenario, act: Act) -> None:
        # A scenario declares what all its schedules open together.
        ships = len(job.schedules) if scenario.follow else 1
        connections = opened_by(scenario, job.load_limits)
        async with limiter.admit(-(-connections // max(1, ships))) as permit:
            await run(scenario, act, permit)

    async def run(scenario: ServerScenario, act: Act, permit: Permit) -> None:
        heading = Heading.of(job.target, scenario.name, job.attempt, job.seed)
        start = clock.now()
        instances = job.instances.get(scenario.name, ())
        # What is open to a process of its own says nothing of what became of the other.
        among = Company() if instances else company
        recorder = Recorder(heading, start, company=among, overheard=overheard)
        recorders.append(recorder)
        for instance in instances:
            told = job.target.at(instance.port).started
            recorder.record(WHOLE_TRACE, start, start, "started", content=told)
        dial = Dial(job.target, recorder, clock, start, tls, instances, permit)
        # Processes of its own wait for a processor on their own account.
        own = None if clock.is_virtual else _processes_of(job.target, instances)
        try:
            async with asyncio.TaskGroup() as group:
                starvation = group.create_task(
                    watch_starvation(clock, own, recorder.server_was_starved)
                )
                try:
                    await act(dial, job.target.timing)
                except* HandshakeRefused:
                    pass  # The trace tells it.
                starvation.cancel()
        except asyncio.CancelledError:
            write(recorder.trace("interrupted"))
            raise
        await recorder.settled(clock.now)
        recorders.remove(recorder)
        write(recorder.trace())

    async with asyncio.TaskGroup() as group:
        lateness_watch = group.create_task(canary(clock, report_lateness))
        server = None if clock.is_virtual else processes_of(address(job.target.address))
        starvation = group.create_task(watch_starvation(clock, server, report_starvation))
        stopped = group.create_task(stop.wait())
        beside = [] if attend is None else [group.create_task(attend(company))]
        running = {
            group.create_task(admitted(scenario, act))
            for scenario in job.acts
            for act in acts(scenario, job.schedules)
        }
        while running and not stop.is_set():
            over, _ = await asyncio.wait({*running, stopped}, return_when=asyncio.FIRST_COMPLETED)
            running -= over
        for task in (*running, *beside, stopped, lateness_watch, starvation):
            task.cancel()


def _processes_of(target: Target, instances: Sequence[Instance]) -> ServerProcesses | None:
    """The processes of the instances that a scenario has for itself, if they can be seen."""
    found = [processes_of(address(target.at(each.port).address)) for each in instances]
    pids = frozenset(pid for each in found if each is not None for pid in each.pids)
    return ServerProcesses(pids) if pids else None


def acts(scenario: ServerScenario, schedules: Sequence[str]) -> Iterator[Act]:
    """What is to be done for a scenario: one thing, or one for each schedule."""
    if scenario.act is not None:
        yield scenario.act
    if scenario.follow is not None:
        for text in schedules:
            yield partial(_follow, scenario.follow, Schedule.from_text(text))


async def _follow(follow: Follow, schedule: Schedule, dial: Dial, timing: spec.Timing) -> None:
    await follow(dial, timing, schedule)


async def _do(line: NextLine, clock: LoopClock, stop: asyncio.Event) -> None:
    if job := await line():  # There is none for who was started ahead where nothing was to do.
        told = ServerJob.from_json(job)
        attend = partial(answer, line, clock, told.target.timing)
        await run_scenarios(told, clock, stop, to_stdout, attend)


if __name__ == "__main__":
    raise_descriptors()
    do_job(_do)

"""The process in which wsbeat is the server of clients, and nothing else goes on.

Like the worker for servers it reads a job (here two lines of JSON) from standard input, writes
traces to standard output, and stops when its input ends: then it ends the clients that it started.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from conformance.run.client.drivers.driver import CannotStart, Starter
from conformance.run.client.pool import DrawnTasks, client_pool, could_not_start
from conformance.run.client.session import Task
from conformance.run.worker import NextLine, Write, do_job, to_stdout
from conformance.targets.client import ClientTarget
from conformance.wire.clock import Clock, LoopClock, canary


@dataclass(frozen=True, slots=True)
class ClientJob:
    """What the process is to do: these tasks, with this client."""

    MODULE: ClassVar[str] = "conformance.run.client.worker"

    target: ClientTarget
    tasks: Sequence[Task]
    attempt: int
    seed: int

    def lines(self) -> Iterator[str]:
        """The job as two lines, the tasks in the second: those may be yet to be drawn."""
        yield json.dumps([self.target.to_json(), self.attempt, self.seed])
        yield json.dumps([task.to_json() for task in self.tasks])

    @classmethod
    def from_line(cls, line: str) -> ClientJob:
        """The job in its first line, without any tasks."""
        target, attempt, seed = json.loads(line)
        return cls(ClientTarget.from_json(target), (), attempt, seed)


def tasks_in(line: str) -> tuple[Task, ...]:
    """The tasks in the second line of a job; none where its input ended before."""
    return tuple(map(Task.from_json, json.loads(line))) if line else ()


async def perform(
    job: ClientJob,
    clock: Clock,
    stop: asyncio.Event,
    write: Write,
    starter: Starter | None = None,
    drawn: DrawnTasks | None = None,
) -> None:
    """Perform all tasks, or as many as are over when `stop` is set.

    `starter` starts the clients, if they are not started by the target's driver. `drawn` waits for
    the tasks, where the job has none yet: whether anybody comes is seen meanwhile.
    """

    async def known() -> Sequence[Task]:
        return job.tasks

    try:
        async with (
            client_pool(job.target, job.attempt, job.seed, clock, write, starter) as pool,
            asyncio.TaskGroup() as group,
        ):
            lateness_watch = group.create_task(canary(clock, pool.report_lateness))
            stopped = group.create_task(stop.wait())
            performing = group.create_task(pool.perform_all(drawn or known))
            await asyncio.wait({performing, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for running in (performing, stopped, lateness_watch):
                running.cancel()
    except* CannotStart as group_of_errors:
        for error in group_of_errors.exceptions:
            write(could_not_start(job.target, clock, str(error)))


async def _do(line: NextLine, clock: LoopClock, stop: asyncio.Event) -> None:
    async def drawn() -> Sequence[Task]:
        return tasks_in(await line())

    await perform(ClientJob.from_line(await line()), clock, stop, to_stdout, drawn=drawn)


if __name__ == "__main__":
    do_job(_do)

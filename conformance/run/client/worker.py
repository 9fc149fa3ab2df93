"""The process in which wsbeat is the server of clients, and nothing else goes on.

Like the worker for servers it reads a job (one line of JSON) from standard input, writes traces to
standard output, and stops when its input ends: then it ends the clients that it started.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from conformance.run.client.drivers.driver import CannotStart, Starter
from conformance.run.client.pool import client_pool, could_not_start
from conformance.run.client.session import Task
from conformance.run.worker import Write, do_job, to_stdout
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

    def to_json(self) -> str:
        """The job as one line."""
        tasks = [task.to_json() for task in self.tasks]
        return json.dumps([self.target.to_json(), tasks, self.attempt, self.seed])

    @classmethod
    def from_json(cls, line: str) -> ClientJob:
        target, tasks, attempt, seed = json.loads(line)
        return cls(ClientTarget.from_json(target), tuple(map(Task.from_json, tasks)), attempt, seed)


async def perform(
    job: ClientJob, clock: Clock, stop: asyncio.Event, write: Write, starter: Starter | None = None
) -> None:
    """Perform all tasks, or as many as are over when `stop` is set.

    `starter` starts the clients, if they are not started by the target's driver.
    """
    try:
        async with (
            client_pool(
                job.target, job.tasks, job.attempt, job.seed, clock, write, starter
            ) as pool,
            asyncio.TaskGroup() as group,
        ):
            lateness_watch = group.create_task(canary(clock, pool.report_lateness))
            stopped = group.create_task(stop.wait())
            performing = group.create_task(pool.perform_all(job.tasks))
            await asyncio.wait({performing, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for running in (performing, stopped, lateness_watch):
                running.cancel()
    except* CannotStart as group_of_errors:
        for error in group_of_errors.exceptions:
            write(could_not_start(job.target, clock, str(error)))


async def _do(line: str, clock: LoopClock, stop: asyncio.Event) -> None:
    await perform(ClientJob.from_json(line), clock, stop, to_stdout)


if __name__ == "__main__":
    do_job(_do)

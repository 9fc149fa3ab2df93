"""The process in which wsbeat plays the server to clients, and nothing else goes on.

Like `clocked.py` it reads a job (one line of JSON) from standard input, writes traces to standard
output, and stops when its input ends: then it ends the clients that it started.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, ClassVar

import spec
from conformance.run.client.drivers.driver import CannotStart, Host
from conformance.run.client.pool import could_not_start, troupe
from conformance.run.client.session import Part
from conformance.run.worker import Write, to_stdout
from conformance.scenarios.scenario import Step
from conformance.targets.client import ClientTarget
from conformance.trace.trace import Capabilities
from conformance.wire.clock import Clock, canary, watchful_loop


@dataclass(frozen=True, slots=True)
class Errand:
    """A scenario by module and name, with what is to be said in it, if that is not its own."""

    module: str
    name: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class StageJob:
    """What the process is to do: these scenarios, with this client."""

    MODULE: ClassVar[str] = "conformance.run.client.worker"

    target: ClientTarget
    errands: tuple[Errand, ...]
    attempt: int
    seed: int

    def to_json(self) -> str:
        """The job as one line."""
        return json.dumps(asdict(self), default=_base64)

    @classmethod
    def from_json(cls, line: str) -> StageJob:
        job: Mapping[str, Any] = json.loads(line)
        target = dict(job["target"])
        target["timing"] = spec.load_timing(target["timing"])
        target["capabilities"] = Capabilities(**target["capabilities"])
        target["trust"] = tuple(target["trust"])
        return cls(
            target=ClientTarget(**target),
            errands=tuple(
                Errand(each["module"], each["name"], tuple(map(_step, each["steps"])))
                for each in job["errands"]
            ),
            attempt=job["attempt"],
            seed=job["seed"],
        )


async def play(
    job: StageJob, clock: Clock, stop: asyncio.Event, write: Write, host: Host | None = None
) -> None:
    """Play all parts, or as many as are over when `stop` is set.

    `host` starts the clients, if they are not started in the way of the target.
    """
    parts = [
        Part(getattr(import_module(errand.module), errand.name), errand.steps)
        for errand in job.errands
    ]
    try:
        async with (
            troupe(job.target, parts, job.attempt, job.seed, clock, write, host) as players,
            asyncio.TaskGroup() as group,
        ):
            bird = group.create_task(canary(clock, players.sing))
            stopped = group.create_task(stop.wait())
            playing = group.create_task(players.play_all(parts))
            await asyncio.wait({playing, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (playing, stopped, bird):
                task.cancel()
    except* CannotStart as group_of_errors:
        for error in group_of_errors.exceptions:
            write(could_not_start(job.target, clock, str(error)))


def _base64(step: object) -> object:
    if isinstance(step, bytes):
        return {"base64": b64encode(step).decode()}
    raise TypeError(f"{step!r} cannot be said")


def _step(said: str | Mapping[str, str]) -> Step:
    return said if isinstance(said, str) else b64decode(said["base64"])


def main() -> None:
    """Run the job that standard input names."""
    # Not ignored: the clients that are started here would inherit that, and could not be asked.
    signal.signal(signal.SIGINT, lambda *_: None)
    job = StageJob.from_json(sys.stdin.readline())
    loop, clock = watchful_loop()
    asyncio.set_event_loop(loop)
    stop = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    try:
        loop.run_until_complete(play(job, clock, stop, to_stdout))
    finally:
        loop.close()


if __name__ == "__main__":
    main()

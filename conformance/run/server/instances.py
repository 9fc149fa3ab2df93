"""The processes of a server that wsbeat starts itself: one for everybody, others for scenarios.

They are started at the same time, each at a port of its own, and are ended in every case.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import urlsplit

from conformance.run.ticking import ticking
from conformance.scenarios.scenario import Need, ServerScenario
from conformance.targets.server import Target
from conformance.targets.started import wall_clock
from conformance.targets.started.guard import Guard
from conformance.targets.started.instance import InstanceProcess
from conformance.targets.started.process import (
    END,
    HURRIED_END,
    Launched,
    LaunchError,
    free_ports,
    start,
)
from conformance.verdict.result import Outcome
from conformance.verdict.selection import WhyNot
from conformance.wire.clock import Clock
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial

HANDSHAKE_TIMEOUT = 30.0
"""Seconds that the server may take to answer a handshake."""


KNOCK_INTERVAL = 0.02
"""How often (seconds) it is tried."""


NOT_UP_YET = (502, 503, 504)
"""What is answered in the stead of a server that is not ready (RFC 9110, section 15.6)."""


NO_PROXY = "It is not said how the server is reached through its proxies: use --behind-proxy URL."


NOT_OURS = "wsbeat has not started the server itself: use --command"


def lacking(target: Target) -> dict[Need, str]:
    """What scenarios cannot have with a target as it was handed over, each with the reason."""
    lack: dict[Need, str] = {} if target.behind_proxy else {"proxy": NO_PROXY}
    if target.within is not None:
        return lack
    if target.command is None:
        return lack | {"process": NOT_OURS, "wall clock": NOT_OURS}
    if wall_clock.library() is None:
        lack["wall clock"] = "libfaketime, which would set the server's wall clock, is not here."
    return lack


def cannot_perform(lack: Mapping[Need, str]) -> WhyNot:
    """Says of a scenario why it cannot be performed: it needs what is lacking."""

    def why(scenario: ServerScenario) -> str | None:
        return next((lack[need] for need in scenario.needs if need in lack), None)

    return why


@dataclass(slots=True)
class Instances:
    """The processes of the server of one run, which are ended with the block."""

    target: Target
    clock: Clock
    tls: SSLContext | None
    runner: asyncio.Runner
    lacking: dict[Need, str] = field(default_factory=dict)
    """What turned out not to be possible, each with the reason."""
    is_shared: ClassVar[bool] = False
    is_hurried: bool = False
    """Whether the run was interrupted, so that nobody waits for the server to end."""
    _guard: Guard = field(default_factory=Guard)
    _processes: list[Launched] = field(default_factory=list)
    _everybody: tuple[Launched, InstanceProcess] | None = None
    _revived: int = 0
    _spare: dict[str, tuple[InstanceProcess, ...]] = field(default_factory=dict)
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self._guard.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._end(HURRIED_END if kind is KeyboardInterrupt or self.is_hurried else END)
        self._guard.__exit__(kind, error, where)

    def _end(self, patience: float) -> None:
        for process in self._processes:
            if process.code is None:
                process.ask_to_end()
        by = time.monotonic() + patience
        for process in self._processes:
            process.finish(max(0.0, by - time.monotonic()))
            wall_clock.forget(process.pid)
        if self._folder is not None:
            self._folder.cleanup()

    def open(self, scenarios: Iterable[ServerScenario]) -> Target:
        """Start the server for everybody, and what scenarios need for themselves.

        Returns the target with the port of the first. What of the rest does not come up is in
        `lacking`. Raises LaunchError where the first does not.
        """
        wanted = _needs(scenarios)
        first, *others = self._start(["process", *(need for _, need in wanted)])
        self._everybody = first
        failed, *failures = self.runner.run(self._all_ready([first, *others]))
        if failed is not None:
            raise failed
        for (_, need), failure in zip(wanted, failures, strict=True):
            if failure is not None:
                self.lacking[need] = (
                    f"A further instance of the server was of no use. {failure.why}"
                )
        self._keep(wanted, others)
        return self.target.at(first[1].port)

    @property
    def has_ended(self) -> bool:
        """Whether the server for everybody ended by itself, though it may run again."""
        return bool(self._processes) and self._processes[0].code is not None

    def prepare(self, scenario: ServerScenario, tick: Callable[[], None]) -> bool:
        """Start again what a scenario needs for itself; whether it came up.

        `tick` is called again and again meanwhile; what it raises ends the start.
        """
        wanted = _needs([scenario])
        if not wanted:
            return True
        begun = self._start([need for _, need in wanted])
        failures = self.runner.run(ticking(self._all_ready(begun), tick))
        self._keep(wanted, begun)
        return not any(failures)

    def revive(self, tick: Callable[[], None]) -> bool:
        """Start the server for everybody again, if it ended by itself; whether it is there again.

        It gets the port that it had, which all that is known of it names.
        """
        if self._everybody is None or self._everybody[0].code is None:
            return False
        port = self._everybody[1].port
        process = start(command_of(self.target.at(port)), _environment(None), self._guard)
        self._processes.append(process)
        self._everybody = process, InstanceProcess(port, process.pid)
        self._revived += 1
        [failure] = self.runner.run(ticking(self._all_ready([self._everybody]), tick))
        return failure is None

    def take(self, scenarios: Sequence[ServerScenario]) -> dict[str, tuple[InstanceProcess, ...]]:
        """The instances that scenarios have for themselves, which nobody has used before."""
        return {each.name: self._spare.pop(each.name) for each in scenarios if each.needs}

    def notes(self, outcome: Outcome) -> Iterator[str]:
        """What the reader of the result has to know of the server for everybody.

        How it ended, if it did by itself; and what it printed, if not all is well.
        """
        if not self._processes:
            return
        first = self._processes[0]
        if self.has_ended:
            again = "" if not self._revived else ", and was started again by wsbeat"
            yield f"The server {first.end} while it was checked{again}.{first.complaint}"
        elif outcome != "conformant" and first.complaint:
            yield f"The server ran until it had been checked.{first.complaint}"

    def _keep(
        self, wanted: Sequence[tuple[str, Need]], begun: Sequence[tuple[Launched, InstanceProcess]]
    ) -> None:
        for (name, _), (_, instance) in zip(wanted, begun, strict=True):
            self._spare[name] = (*self._spare.get(name, ()), instance)

    def _start(self, needs: Sequence[Need]) -> list[tuple[Launched, InstanceProcess]]:
        begun = []
        for port, need in zip(free_ports(len(needs)), needs, strict=True):
            file = self._wall_clock_file(port) if need == "wall clock" else None
            target = self.target.at(port)
            process = start(command_of(target), _environment(file), self._guard)
            self._processes.append(process)
            begun.append((process, InstanceProcess(port, process.pid, file)))
        return begun

    def _wall_clock_file(self, port: int) -> str:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="wsbeat-")
        file = str(Path(self._folder.name) / f"clock-{port}")
        wall_clock.set_ahead(file, wall_clock.HOUR)
        return file

    async def _all_ready(
        self, begun: Sequence[tuple[Launched, InstanceProcess]]
    ) -> list[LaunchError | None]:
        """Wait until all are ready; what went wrong with each."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ready(*each)) for each in begun]
        return [task.result() for task in tasks]

    async def _ready(self, process: Launched, instance: InstanceProcess) -> LaunchError | None:
        try:
            await self._answers(process, instance)
            if instance.wall_clock is not None:
                await asyncio.to_thread(self._check_wall_clock, process, instance)
        except LaunchError as error:
            return error
        return None

    async def _answers(self, process: Launched, instance: InstanceProcess) -> None:
        """Wait until a handshake is answered, with whatever; raises LaunchError."""
        heading = replace(Heading.of(self.target, "start"), target="")
        recorder = Recorder(heading, self.clock.now())
        target = self.target.at(instance.port)
        dial = Dial(target, recorder, self.clock, recorder.origin, self.tls)
        by = dial.after(HANDSHAKE_TIMEOUT)
        while True:
            try:
                async with dial():
                    detail = "a connection was accepted"
                    answered = True
            except HandshakeRefused as refused:
                detail = refused.refusal.detail
                answered = refused.refusal.status not in (None, *NOT_UP_YET)
            if process.code is not None:
                raise LaunchError(
                    f"The server {process.end} {_before(answered)}", process.complaint
                )
            if answered:
                return
            if dial.clock.now() > by:
                raise LaunchError(
                    f"The server was not ready after {HANDSHAKE_TIMEOUT:.0f} s: {detail}. "
                    f"Expected it to accept connections at {dial.target.address}.",
                    process.complaint,
                )
            await asyncio.sleep(KNOCK_INTERVAL)

    def _check_wall_clock(self, process: Launched, instance: InstanceProcess) -> None:
        host = urlsplit(self.target.url).hostname or ""
        if not wall_clock.is_seen(host, instance.port, process.pid, self.tls):
            raise LaunchError("It does not see the wall clock that libfaketime would show it.")


def command_of(target: Target) -> list[str]:
    """The command of an instance, as words; raises LaunchError for one that cannot be split."""
    assert target.command is not None
    return [target.with_port(word) for word in shlex.split(target.command)]


def _environment(wall_clock_file: str | None) -> Mapping[str, str]:
    # What a server printed is wanted most when it had no time to flush it.
    environment = {"PYTHONUNBUFFERED": "1", **os.environ}
    if wall_clock_file is None:
        return environment
    return wall_clock.environment(wall_clock_file, environment)


def _before(answered: bool) -> str:
    if not answered:
        return "before it was ready."
    return (
        "although its port is answered. Expected a command that runs as long as its server, and a "
        "server that a handshake does not end."
    )


def _needs(scenarios: Iterable[ServerScenario]) -> list[tuple[str, Need]]:
    return [(each.name, need) for each in scenarios for need in each.needs]

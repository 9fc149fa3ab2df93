"""A client that is a command: one process for each scenario."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from conformance.run.client.drivers.driver import BadOption, CannotStart, Driver, LastWords
from conformance.run.client.drivers.process_group import ProcessGroup
from conformance.run.client.drivers.run_delay import PERIOD, launched_by, watch_run_delay
from conformance.targets.printable import printable
from conformance.targets.started.guard import Guard
from conformance.trace.note import LAUNCHED
from conformance.wire.client.listener import Listener

LEAVING = 2.0
"""How long (seconds) a process may take to end when its scenario is over; then it is killed."""

LEAVING_IN_A_HURRY = 0.3
"""The same after an interruption: nothing outlives wsbeat by more than two seconds."""


CHUNK = 64 * 1024


@dataclass(slots=True)
class Process:
    """A client in a process, and a session, of its own."""

    listener: Listener
    process: asyncio.subprocess.Process
    guard: Guard
    group: ProcessGroup
    words: LastWords = field(default_factory=LastWords)
    _tasks: tuple[asyncio.Task[None], ...] = ()
    _asked: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and what it had started, too: a launcher may not wait for that."""
        return self._has_ended and not self.group.lives_on()

    @property
    def _has_ended(self) -> bool:
        return self.process.returncode is not None

    @property
    def said(self) -> str:
        return str(self.words)

    async def over(self) -> None:
        await self.process.wait()
        while not self.is_over:  # noqa: ASYNC110 - nothing tells when the last of a group ends
            await asyncio.sleep(PERIOD)

    async def ask(self, firmly: bool) -> None:
        """SIGTERM to the process, as a supervisor sends it; SIGINT to all, as a terminal does."""
        if self.is_over:
            return
        to_all = firmly or self._has_ended
        launched = None if to_all else launched_by(self.process.pid)
        if launched is not None:
            self.listener.tell("note", LAUNCHED + launched)
        since = self.listener.now()
        how = signal.SIGINT if firmly else signal.SIGTERM
        with contextlib.suppress(ProcessLookupError):
            if to_all:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
        self.listener.tell("asked", how.name, since)

    async def dismiss(self, hurry: bool = False) -> None:
        if not self.is_over:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVING_IN_A_HURRY if hurry else LEAVING):
                    await self.process.wait()
        # What the process itself started, and left behind, is in its session too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        self.guard.forget(self.process.pid)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def watch(self) -> None:
        """Read what it prints, and note when it ends, from now on."""
        create = asyncio.get_running_loop().create_task
        told = self.listener.recorder.client_was_starved
        waits = watch_run_delay(self.process.pid, self.listener.now, told)
        self._tasks = (create(self._listen()), create(self._await_end()), create(waits))

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(CHUNK):
            self.words.take(data.decode(errors="backslashreplace"))

    async def _await_end(self) -> None:
        code = await self.process.wait()
        await self.over()
        self.listener.tell("exited", _ending(code))


@dataclass(frozen=True, slots=True)
class CommandStarter:
    """Starts the command, with the URL put in the place of `{url}`."""

    command: str
    guard: Guard

    async def start(
        self, listener: Listener, scenario: str, environment: Mapping[str, str]
    ) -> Process:
        words = [word.replace("{url}", listener.url) for word in shlex.split(self.command)]
        told = {"WSBEAT_URL": listener.url, "WSBEAT_SCENARIO": scenario, **environment}
        since = listener.now()
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                env={**os.environ, **told},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotStart(
                f"The command {words[0]!r} could not be started: {error.strerror}."
            ) from None
        listener.tell("started", "command", since)
        self.guard.watch(process.pid)
        client = Process(listener, process, self.guard, ProcessGroup(process.pid))
        client.watch()
        return client


@asynccontextmanager
async def command_starter(command: str) -> AsyncIterator[CommandStarter]:
    """The starter of a command, with a guard that ends its processes if this one cannot."""
    with Guard() as guard:
        yield CommandStarter(command, guard)


def _checked(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadOption(f"--command cannot be read as a command: {error}.") from None
    if not words:
        raise BadOption("--command is empty. Expected one such as 'node client.js {url}'.")
    if "{url}" not in command and "WSBEAT_URL" not in command:
        raise BadOption(
            "--command has no {url} in it, so the client would not know where to connect to. Put "
            "it where the URL belongs, or write: env WSBEAT_URL={url} " + printable(command, 200)
        )
    if shutil.which(words[0]) is None:
        raise BadOption(
            f"--command: there is no program {printable(words[0], 200)!r} that could be run. "
            "Expected the path of one, or a name that is found in PATH."
        )
    return command


DRIVER = Driver(checked=_checked, starter=command_starter, has_environment=True)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

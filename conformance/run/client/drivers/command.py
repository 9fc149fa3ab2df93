"""A client that is a command: one process for each scenario."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from conformance.run.client.drivers.driver import CannotStart, LastWords
from conformance.wire.client.listener import Stage

LEAVING = 2.0
"""How long (seconds) a process may take to end when its scenario is over; then it is killed."""


CHUNK = 64 * 1024


@dataclass(slots=True)
class Process:
    """A client in a process, and a session, of its own."""

    stage: Stage
    process: asyncio.subprocess.Process
    words: LastWords = field(default_factory=LastWords)
    _tasks: tuple[asyncio.Task[None], ...] = ()
    _asked: bool = False

    @property
    def is_over(self) -> bool:
        return self.process.returncode is not None

    @property
    def said(self) -> str:
        return str(self.words)

    async def over(self) -> None:
        await self.process.wait()

    async def ask(self, firmly: bool) -> None:
        """SIGTERM to the process, as a supervisor sends it; SIGINT to all, as a terminal does."""
        if self.is_over:
            return
        since = self.stage.now()
        with contextlib.suppress(ProcessLookupError):
            if firmly:
                os.killpg(self.process.pid, signal.SIGINT)
            else:
                self.process.terminate()
        self.stage.tell("asked", "SIGINT" if firmly else "SIGTERM", since)

    async def dismiss(self) -> None:
        if not self.is_over:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVING):
                    await self.process.wait()
        # What the process itself started, and left behind, is in its session too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def watch(self) -> None:
        """Read what it prints, and note when it ends, from now on."""
        create = asyncio.get_running_loop().create_task
        self._tasks = (create(self._listen()), create(self._await_end()))

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(CHUNK):
            self.words.take(data.decode(errors="backslashreplace"))

    async def _await_end(self) -> None:
        code = await self.process.wait()
        self.stage.tell("exited", _ending(code))


@dataclass(frozen=True, slots=True)
class CommandHost:
    """Starts the command, with the URL put in the place of `{url}`."""

    command: str

    async def start(self, stage: Stage, scenario: str, environment: Mapping[str, str]) -> Process:
        words = [word.replace("{url}", stage.url) for word in shlex.split(self.command)]
        told = {"WSBEAT_URL": stage.url, "WSBEAT_SCENARIO": scenario, **environment}
        since = stage.now()
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
        stage.tell("started", "command", since)
        client = Process(stage, process)
        client.watch()
        return client


@asynccontextmanager
async def command_host(command: str) -> AsyncIterator[CommandHost]:
    """The host of a command; there is nothing to set up."""
    yield CommandHost(command)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

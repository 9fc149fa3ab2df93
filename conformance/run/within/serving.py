"""A server in wsbeat's own event loop: an application in uvicorn, or an async function."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from conformance.run.client.drivers.driver import LastWords
from conformance.run.client.drivers.function import ASKED
from conformance.run.within.elsewhere.sockets import is_listened_at
from conformance.run.within.loop import CarefulLoop
from conformance.run.within.named import Named, NotNamed
from conformance.targets.printable import printable
from conformance.targets.started.process import END, LaunchError, free_ports

START_TIMEOUT = 30.0
"""Seconds that a server may take until it listens; they are virtual, unless it waits elsewhere."""

LOOK = 0.02
"""How often (seconds) it is looked whether an async function listens already."""

TICK = 1.0
"""How often (seconds) uvicorn renews its Date, as always, and looks whether it is to end."""


@dataclass(slots=True)
class Words(io.TextIOBase):
    """What a peer prints, of which the end is kept."""

    last: LastWords = field(default_factory=LastWords)

    def write(self, text: str) -> int:
        """Take down what is printed."""
        self.last.take(text)
        return len(text)

    def complaint(self) -> str:
        """What was printed, in the words of a process that has printed it."""
        lines = [line for line in str(self.last).splitlines() if line.strip()]
        if not lines:
            return " It printed nothing."
        told = "\n".join(f"  {printable(line, 300)}" for line in lines[-20:])
        return f" It printed:\n{told}"


@dataclass(slots=True)
class Hosted:
    """A server by its name, or the thing itself, that lives in the loop while it is used."""

    named: Named
    thing: Callable[..., Any] | None = None
    words: Words = field(default_factory=Words)
    port: int = 0
    ended: str = ""
    """How it ended while it was checked, in words, if it did."""
    is_over: bool = False
    """Whether it was asked to end."""
    _ask: Callable[[], str] = field(default=lambda: "")

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[str]:
        """Serve until the block ends; the URL. Raises LaunchError, and NotNamed."""
        with redirect_stdout(self.words), ExitStack() as complaining:
            thing = self.thing if self.thing is not None else self._loaded()
            if self.named.kind == "asgi":
                # An application may have set up its loggers as it was loaded.
                complaining.enter_context(_complaints_to(self.words))
                serving, end = await self._in_uvicorn(thing)
            else:
                serving, end = await self._by_itself(thing)
            serving.add_done_callback(self._note_end)
            ending = asyncio.create_task(self._leave(serving, asyncio.current_task()))
            try:
                yield f"ws://127.0.0.1:{self.port}{self.named.path}"
            finally:
                self.is_over = True
                await end()
                await asyncio.wait({ending}, timeout=2 * END)
                ending.cancel()

    def ask_to_end(self) -> str:
        """Ask it to end, as its process would be asked; how, in a word."""
        self.is_over = True
        return self._ask()

    async def _leave(self, serving: asyncio.Task[None], own: asyncio.Task[Any] | None) -> None:
        """Do, once a server is over that was asked to end, what the end of its process would do.

        Its tasks are cancelled, as by `asyncio.run`, and then its connections are dropped.
        """
        await asyncio.wait({serving})
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CarefulLoop)
        if not self.is_over:
            return
        if left := loop.left(own):
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=END)
        loop.leave(self.port)

    def _loaded(self) -> Callable[..., Any]:
        try:
            return self.named.loaded()
        except (Exception, SystemExit) as error:
            if isinstance(error, NotNamed):
                raise
            raise LaunchError(
                f"{self.named.module} could not be loaded: {_told(error)}", self.words.complaint()
            ) from None

    def _note_end(self, serving: asyncio.Task[None]) -> None:
        if not self.is_over:
            self.ended = f"The server {_end(serving)} while it was checked.{self.words.complaint()}"

    async def _in_uvicorn(
        self, app: Callable[..., Any]
    ) -> tuple[asyncio.Task[None], Callable[[], Awaitable[None]]]:
        # uvicorn is an extra, and takes a third of a second to load.
        import uvicorn  # noqa: PLC0415

        listening = asyncio.Event()

        class Server(uvicorn.Server):
            """uvicorn without the signals of a process, and without a timer each 0.1 s."""

            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                listening.set()

            async def main_loop(self) -> None:
                while not await self.on_tick(0):  # noqa: ASYNC110 - as uvicorn does
                    await asyncio.sleep(TICK)

        server = Server(uvicorn.Config(app, "127.0.0.1", 0, log_config=None, access_log=False))

        async def serve() -> None:
            try:
                await server.serve()
            except SystemExit as error:
                raise LaunchError(f"uvicorn ended with code {error.code}") from None

        def ask() -> str:
            server.should_exit = True
            return "the shutdown of uvicorn"

        async def end() -> None:
            ask()
            _, late = await asyncio.wait({serving}, timeout=END)
            if late:
                server.force_exit = True
                await asyncio.wait({serving}, timeout=END)
            await _over(serving)

        serving, self._ask = asyncio.create_task(serve()), ask
        await self._listens(serving, listening.wait)
        self.port = server.servers[0].sockets[0].getsockname()[1]
        return serving, end

    async def _by_itself(
        self, serve: Callable[[int], Awaitable[object]]
    ) -> tuple[asyncio.Task[None], Callable[[], Awaitable[None]]]:
        [self.port] = free_ports(1)

        async def run() -> None:
            await serve(self.port)

        async def listens() -> None:
            while not is_listened_at(self.port):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(LOOK)

        def ask() -> str:
            serving.cancel()
            return ASKED

        async def end() -> None:
            ask()
            await asyncio.wait({serving}, timeout=END)
            await _over(serving)

        serving, self._ask = asyncio.create_task(run()), ask
        await self._listens(serving, listens)
        return serving, end

    async def _listens(
        self, serving: asyncio.Task[None], listens: Callable[[], Awaitable[object]]
    ) -> None:
        """Wait until a server listens; raises LaunchError where it does not."""
        listening = asyncio.ensure_future(_awaited(listens))
        try:
            await asyncio.wait(
                {serving, listening}, timeout=START_TIMEOUT, return_when=asyncio.FIRST_COMPLETED
            )
            if listening.done() and not serving.done():
                return
            if serving.done():
                why = f"The server {_end(serving)} before it listened"
            else:
                where = f" at port {self.port}, the argument of the call" if self.port else ""
                why = f"The server did not listen{where} within {START_TIMEOUT:.0f} s"
                serving.cancel()
            raise LaunchError(f"{why}.", self.words.complaint())
        finally:
            listening.cancel()


@contextmanager
def _complaints_to(words: Words) -> Iterator[None]:
    """Have what uvicorn complains of in words, whatever an application did with its logger."""
    handler = logging.StreamHandler(words)
    logger = logging.getLogger("uvicorn.error")
    before = logger.level, logger.propagate, logger.disabled
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate, logger.disabled = False, False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        level, logger.propagate, logger.disabled = before
        logger.setLevel(level)


async def _awaited(wait: Callable[[], Awaitable[object]]) -> None:
    await wait()


async def _over(serving: asyncio.Task[None]) -> None:
    """Leave a server that has ended, or cannot be ended; how it did matters no more."""
    if not serving.done():
        serving.cancel()
    with suppress(Exception, asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(serving), LOOK)


def _end(serving: asyncio.Task[None]) -> str:
    """How a server ended, in words."""
    if serving.cancelled():
        return "was cancelled"
    error = serving.exception()
    if error is None:
        return "returned"
    return f"ended with {_told(error)}"


def _told(error: BaseException) -> str:
    """An exception in a line, with the place in the code that raised it."""
    said = traceback.format_exception_only(error)[-1].strip()
    stack = traceback.extract_tb(error.__traceback__)
    where = f", at {os.path.basename(stack[-1].filename)}:{stack[-1].lineno}" if stack else ""
    return f"{printable(said, 300)}{where}"


def uvloop_note() -> str | None:
    """What is to be said of uvloop, which leaps over nothing, where it would have been taken."""
    if find_spec("uvloop") is None and "uvloop" not in sys.modules:
        return None
    return (
        "asyncio's own event loop took the place of uvloop, which is installed here: only the "
        "clock of the former can be virtual."
    )

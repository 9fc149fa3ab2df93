"""A client that is an async function of Python: it lives in wsbeat's own event loop.

Once for each scenario it is called with a URL. An orderly end is asked of it by cancelling it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from traceback import extract_tb, format_exception_only
from typing import Any

from conformance.run.client.drivers.driver import BadOption, CannotStart, Driver, LastWords
from conformance.run.within.chance import life
from conformance.run.within.named import Named, NotNamed
from conformance.wire.client.listener import Listener

ASKED = "cancellation"
"""How it is asked to end, in words."""

LEAVING = 2.0
"""How long (seconds) it may take to end when its scenario is over; then it is cancelled again."""

CANCELLED = 3
"""How often it is cancelled before it is left to itself."""


@dataclass(slots=True)
class Call:
    """One life of the client: a call, which is over when it returns, raises or is cancelled."""

    listener: Listener
    task: asyncio.Task[None]
    words: LastWords = field(default_factory=LastWords)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def said(self) -> str:
        return str(self.words)

    async def over(self) -> None:
        await self._over.wait()

    async def ask(self, firmly: bool) -> None:
        """Cancel it: there is one way only to ask it."""
        if not self.is_over:
            self.listener.tell("asked", ASKED)
            self.task.cancel()

    async def dismiss(self, hurry: bool = False) -> None:
        for _ in range(CANCELLED):
            if not self.task.done():
                self.task.cancel()
                await asyncio.wait({self.task}, timeout=LEAVING)

    def ended(self, task: asyncio.Task[None]) -> None:
        """Note how it ended."""
        how = "it was cancelled"
        if not task.cancelled():
            error = task.exception()
            how = "it returned" if error is None else f"it raised {_told(error)}"
            if error is not None:
                self.words.take("".join(format_exception_only(error)))
        self._over.set()
        self.listener.tell("exited", how)


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the function; what it is to know of certificates is in the environment.

    What it leaves to chance is drawn by `seed`, for each scenario the same.
    """

    function: Callable[[str], Awaitable[object]]
    seed: int = 0

    async def start(
        self, listener: Listener, scenario: str, environment: Mapping[str, str]
    ) -> Call:
        os.environ.update(environment)
        listener.tell("started", "function")

        async def live() -> None:
            await self.function(listener.url)

        # It is none of wsbeat's own, which is told by its context.
        call = Call(listener, asyncio.create_task(live(), context=life(self.seed, scenario)))
        call.task.add_done_callback(call.ended)
        return call


@asynccontextmanager
async def calling(
    name: str, function: Callable[..., Any] | None = None, seed: int = 0
) -> AsyncIterator[Caller]:
    """A caller of the function of a name, or of one as it is; raises CannotStart."""
    before = dict(os.environ)
    try:
        yield Caller(await _loaded(name) if function is None else function, seed)
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _loaded(name: str) -> Callable[..., Any]:
    async def load() -> Callable[..., Any]:
        return Named.of(name).loaded()

    try:
        return await asyncio.create_task(load(), context=Context())
    except NotNamed as error:
        raise CannotStart(str(error)) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a module may raise what it likes
        raise CannotStart(f"{name} could not be loaded: {_told(error)}.") from None


def _checked(name: str) -> str:
    try:
        named = Named.of(name)
    except NotNamed as error:
        raise BadOption(str(error)) from None
    if named.kind != "py":
        raise BadOption(
            f"{named.text} is an application. Expected a client: py:PACKAGE.MODULE:NAME."
        )
    return named.text


def _told(error: BaseException) -> str:
    """An exception in a line, with the place in the code that raised it."""
    said = format_exception_only(error)[-1].strip()
    stack = extract_tb(error.__traceback__)
    if not stack:
        return said
    return f"{said}, at {os.path.basename(stack[-1].filename)}:{stack[-1].lineno}"


DRIVER = Driver(
    checked=_checked,
    starter=calling,
    shown=lambda name: f"{name} in virtual time, asked to end by cancelling it",
    has_environment=True,
)

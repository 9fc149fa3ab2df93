"""Ticking: what waits in the event loop is looked after while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from conformance.run.plan import INTERVAL

T = TypeVar("T")


def nothing() -> None:
    """A tick that does nothing."""


async def ticking(work: Coroutine[Any, Any, T], tick: Callable[[], object]) -> T:
    """Await some work, and call `tick` every INTERVAL; what it raises ends the work.

    So an interruption is raised where it can be handled. A signal's handler runs anywhere, and what
    it raises inside a callback of the garbage collector is lost.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=INTERVAL)
            tick()
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

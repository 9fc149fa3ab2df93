"""What a peer does in virtual time, and how much of it passes meanwhile."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import Awaitable, Callable
from contextvars import Context

from conformance.run.within.check import VirtualTime

HOUR = 3600.0
WHILE = 0.2  # seconds that something takes elsewhere
SOON = 60.0  # seconds of real time in which an hour has to pass, on a machine that is busy


def passed(virtual: VirtualTime, work: Callable[[], Awaitable[object]]) -> float:
    """How many seconds of virtual time pass until some work of a peer's is done."""

    async def timed() -> float:
        begun = virtual.clock.now()
        await asyncio.create_task(_awaited(work), context=Context())
        return virtual.clock.now() - begun

    return virtual.runner.run(timed())


async def _awaited(work: Callable[[], Awaitable[object]]) -> None:
    await work()


def causes(virtual: VirtualTime) -> str:
    return ", ".join(virtual.selector.elsewhere.waited)


def work_for_a_while() -> None:
    """What takes a thread some time of the real clock."""
    select.select([], [], [], WHILE)


def real() -> float:
    """Seconds of a clock that virtual time does not reach."""
    return os.times().elapsed

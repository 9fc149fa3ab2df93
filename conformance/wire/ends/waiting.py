"""Waiting for something to be so on a connection, whose callbacks say when to look again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Waiting:
    """One scenario that waits at a time; whoever changes something calls `look`."""

    def __init__(self) -> None:
        self._condition: Callable[[], bool] | None = None
        self._met: asyncio.Future[None] | None = None

    async def until(self, condition: Callable[[], bool], delay: float | None) -> None:
        """Wait until a condition holds, at most `delay` seconds; for ever without one."""
        if condition():
            return
        self._met, self._condition = asyncio.get_running_loop().create_future(), condition
        try:
            async with asyncio.timeout(delay):
                await self._met
        except TimeoutError:
            pass
        finally:
            self._met = self._condition = None

    def look(self) -> None:
        """End the wait if its condition holds by now."""
        met, condition = self._met, self._condition
        if met is not None and condition is not None and not met.done() and condition():
            met.set_result(None)

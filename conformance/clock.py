"""Time, and when the harness last looked at its sockets.

What is received has an interval: it was certainly not there when the event loop last asked the
operating system and was told nothing, and it was there when it was read. The selector here notes
those moments, so that the interval is as narrow as the truth allows and never narrower.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

TICK = 0.004
"""How often (seconds) the harness looks at its sockets when nothing else wakes it."""

WORTH_NOTING = 0.02
"""A lateness of the harness (seconds) below this is not written into the trace."""


class Clock(Protocol):
    """Which time it is: seconds of a clock that never jumps."""

    def now(self) -> float:
        """The time, in seconds."""

    def last_look(self) -> float:
        """A moment at which all that had arrived by then has been read, in seconds."""

    def look_before(self) -> float:
        """The same for what the event loop tells a turn later, such as the end of a connection."""

    def overslept(self) -> tuple[float, float] | None:
        """When the harness wanted to look again and when it did, the worst since it was asked.

        None when that was never worth noting.
        """


class WatchfulSelector(selectors.DefaultSelector):
    """A selector that notes when it was asked, this time and the time before.

    It never waits for longer than a tick, so that those moments lie close together: an event loop
    that is told that nothing is ready asks again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = self.asked_before = self.asked_earlier = time.monotonic()
        self.overslept = 0.0, 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.asked_earlier, self.asked_before = self.asked_before, self.asked
        self.asked = time.monotonic()
        timeout = TICK if timeout is None else min(timeout, TICK)
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        if not ready:
            due, now = self.asked + max(0.0, timeout), time.monotonic()
            if now - due > max(WORTH_NOTING, self.overslept[1] - self.overslept[0]):
                self.overslept = due, now
        return ready


@dataclass(frozen=True, slots=True)
class RealClock:
    """The monotonic clock, with the looks of the event loop that a selector drives."""

    selector: WatchfulSelector
    now: Callable[[], float] = time.monotonic

    def last_look(self) -> float:
        return self.selector.asked_before

    def look_before(self) -> float:
        return self.selector.asked_earlier

    def overslept(self) -> tuple[float, float] | None:
        due, now = self.selector.overslept
        self.selector.overslept = 0.0, 0.0
        return (due, now) if now > due else None


def watchful_loop() -> tuple[asyncio.AbstractEventLoop, RealClock]:
    """An event loop and the clock that knows when it looked; the caller closes the loop."""
    selector = WatchfulSelector()
    return asyncio.SelectorEventLoop(selector), RealClock(selector)


async def canary(clock: Clock, sing: Callable[[float, float], None]) -> None:
    """Run beside timed scenarios; `sing(due, now)` (seconds) whenever it was noticeably late."""
    while True:
        due = clock.now() + TICK
        await asyncio.sleep(TICK)
        now = clock.now()
        if now - due > WORTH_NOTING:
            sing(due, now)

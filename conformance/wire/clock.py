"""Time, real or virtual, and when the harness last looked at its sockets.

What is received has an interval: it was certainly not there when the event loop last asked the
operating system and was told nothing, and it was there when it was read. The selectors here note
those moments, so that the interval is as narrow as the truth allows and never narrower.

Virtual time is for a peer that lives in the same event loop: there nothing can happen while both
of them wait, so that waiting need not take any time.
"""

from __future__ import annotations

import asyncio
import select
import selectors
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol, TypeAlias, TypeVar

from conformance.wire.delivery import Delivery, processor

T = TypeVar("T")

TICK = 0.004
"""How often (seconds) the harness looks at its sockets when nothing else wakes it."""


UNDER_WAY = 0.001
"""How long (seconds, real ones) the system may take to bring bytes from one socket to another,
where it does not tell when it has brought them.
"""

ELSEWHERE = 0.0001
"""How long (seconds, real ones) another processor may take to bring what was sent from there.

What shows that all has come is sent by the processor that this process runs on now.
"""


NEXT = 1e-9
"""How far (seconds) apart two moments of virtual time are at least."""


STANDING = 10_000
"""For how many turns of an event loop virtual time may stand still; a lively run takes 1,500."""

TURN = 0.0001
"""How long (seconds) each further turn takes: who tries again at once must come to an end, too."""


Report: TypeAlias = Callable[[float, float], None]
"""Is told when the harness wanted to look again and when it did, in seconds."""


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

    @property
    def is_virtual(self) -> bool:
        """Whether time only passes while everybody waits: then nobody is ever late."""

    def telling(self, report_lateness: Report) -> AbstractContextManager[None]:
        """Tell of every lateness, for as long as the block lasts."""


class WatchfulSelector(selectors.DefaultSelector):
    """A selector that notes when it was asked, this time and the time before.

    It never waits for longer than a tick, so that those moments lie close together: an event loop
    that is told that nothing is ready asks again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = self.asked_before = self.asked_earlier = time.monotonic()
        self.overslept = 0.0, 0.0
        self.reports: list[Report] = []
        """Where a lateness is told: here when it looks again, so before anything comes of that."""
        self._due = inf

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.asked_earlier, self.asked_before = self.asked_before, self.asked
        self.asked = time.monotonic()
        if self.asked - self._due > WORTH_NOTING:
            for report in self.reports:
                report(self._due, self.asked)
        timeout = TICK if timeout is None else min(timeout, TICK)
        self._due = self.asked + max(0.0, timeout)
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        if not ready:
            now = time.monotonic()
            if now - self._due > max(WORTH_NOTING, self.overslept[1] - self.overslept[0]):
                self.overslept = self._due, now
        return ready


class LeapingSelector(WatchfulSelector):
    """A selector of virtual time: when nothing is under way, `now` leaps to the next timer.

    Nothing happens between the moments at which something is due, so that it was looked at the
    moment of a leap is as true as that it was looked just before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.asked
        self._turns = 0
        self._delivery = Delivery(processor())

    def close(self) -> None:
        """Close it, with all that belongs to it."""
        super().close()
        self._delivery.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.asked_earlier, self.asked_before = self.asked_before, self.asked
        self.asked = self.now
        self._delivery.look()
        ready = selectors.DefaultSelector.select(self, 0)
        if ready or (timeout is not None and timeout <= 0):
            self._turns += 1
            if self._turns > STANDING:
                self.now += TURN
            return ready
        if timeout is None:
            return selectors.DefaultSelector.select(self, None)
        ready = self.arriving()
        if not ready:
            self._turns = 0
            self.now += timeout
            self.asked = self.asked_before = self.asked_earlier = self.now
        return ready

    def arriving(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What comes of that which is under way between sockets of this machine."""
        if not self._delivery.is_done():
            return selectors.DefaultSelector.select(self, UNDER_WAY)
        if self._delivery.has_moved():
            select.select([], [], [], ELSEWHERE)
        return selectors.DefaultSelector.select(self, 0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of its selector."""

    def __init__(self, selector: LeapingSelector) -> None:
        self._leaping = selector
        super().__init__(selector)

    def time(self) -> float:
        """The virtual time, in seconds; never the same twice.

        What was put off by the same delay so comes in the order in which that was done.
        """
        self._leaping.now += NEXT
        return self._leaping.now

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run until the future is done, though a peer in this loop calls `sys.exit`.

        asyncio lets that through, as it is to end the process: here that is wsbeat's.
        """
        awaited = asyncio.ensure_future(future, loop=self)  # type: ignore[arg-type]
        while True:
            try:
                return super().run_until_complete(awaited)
            except SystemExit:
                if awaited.done():
                    raise


@dataclass(frozen=True, slots=True)
class LoopClock:
    """The clock of an event loop, with the looks of the selector that drives it."""

    selector: WatchfulSelector
    now: Callable[[], float] = time.monotonic

    @property
    def is_virtual(self) -> bool:
        return isinstance(self.selector, LeapingSelector)

    def last_look(self) -> float:
        return self.selector.asked_before

    def look_before(self) -> float:
        return self.selector.asked_earlier

    @contextmanager
    def telling(self, report_lateness: Report) -> Iterator[None]:
        self.selector.reports.append(report_lateness)
        try:
            yield
        finally:
            self.selector.reports.remove(report_lateness)

    def overslept(self) -> tuple[float, float] | None:
        due, now = self.selector.overslept
        self.selector.overslept = 0.0, 0.0
        return (due, now) if now > due else None


def watchful_loop() -> tuple[asyncio.AbstractEventLoop, LoopClock]:
    """An event loop and the clock that knows when it looked; the caller closes the loop."""
    selector = WatchfulSelector()
    return asyncio.SelectorEventLoop(selector), LoopClock(selector)


def leaping_loop() -> tuple[asyncio.AbstractEventLoop, LoopClock]:
    """The same in virtual time: both ends of every connection have to live in this loop."""
    selector = LeapingSelector()
    return LeapingLoop(selector), LoopClock(selector, lambda: selector.now)


async def canary(clock: Clock, report_lateness: Report) -> None:
    """Run beside timed scenarios; `report(due, now)` (seconds) whenever wsbeat was noticeably late.

    A trace is told before anything else happens in it: a scenario may be over with what it does
    next.
    """
    with clock.telling(report_lateness):
        await asyncio.Event().wait()

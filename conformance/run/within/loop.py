"""The event loop of a peer that is checked in virtual time: its clock leaps where it may.

It may not while something goes on elsewhere, in a thread, a process or at a socket that leads out
of this process: then the virtual clock goes with the real one. What a peer computes, and what it
waits for while it holds the loop up, takes as long as it takes.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from math import inf
from selectors import SelectorKey
from socket import socket
from threading import get_ident
from time import monotonic
from typing import Any, TypeVar, TypeVarTuple
from weakref import WeakSet

from conformance.run.within.elsewhere.elsewhere import Elsewhere
from conformance.run.within.elsewhere.naps import Naps
from conformance.run.within.elsewhere.sockets import is_listening
from conformance.run.within.elsewhere.threads import place
from conformance.run.within.handles import BRIEF, HARNESS, Handles, Spent, spent
from conformance.wire.clock import (
    NEXT,
    TICK,
    UNDER_WAY,
    WORTH_NOTING,
    LeapingLoop,
    LeapingSelector,
    LoopClock,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LEAVING = 2.0
"""How long (seconds) what is left of a peer may take to end; then it is cancelled again."""

CANCELLED = 3
"""How often that is done before it is left to itself."""

AWAKE = 0.0002
"""How often (seconds) a loop looks whether a thread that it has just woken naps again."""

BUSY_TURNS = 8
"""How many turns a loop that has something to do takes before it looks at its sockets again.

What many turns send is read at once that way, which takes less time. They may not take a tick.
"""


class CarefulSelector(LeapingSelector):
    """A selector of virtual time that does not leap over what goes on elsewhere."""

    def __init__(self, turned: Callable[[], None]) -> None:
        super().__init__()
        self.elsewhere = Elsewhere()
        own, others = get_ident(), self.elsewhere.threads
        self.naps = Naps(lambda: self.now, lambda thread: thread != own and thread not in others)
        self._woke_at = -inf
        self.handles = Handles(self.held_up, self.was_late)
        self.moved: Callable[[], None] | None = None
        """Is called when time has passed, if there is somebody to whom that matters."""
        self._turned = turned
        self._is_real = False
        self._real = self.turned_at = monotonic()
        self._busy_turns = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        key = super().register(fileobj, events, data)
        self.elsewhere.registered(key.fd)
        return key

    def unregister(self, fileobj: Any) -> SelectorKey:
        key = super().unregister(fileobj)
        self.elsewhere.unregistered(key.fd)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """What is ready; where nothing is, and nothing elsewhere under way, time leaps."""
        self.handles.over()
        self._go_with_the_real_clock()
        self._delivery.look()
        if timeout == 0 and self._busy_turns < BUSY_TURNS and self.now - self.asked < TICK:
            self._busy_turns += 1
            self.turned_at = monotonic()
            return []
        self._busy_turns = 0
        self._turn()
        ready = selectors.DefaultSelector.select(self, 0)
        if not ready and (timeout is None or timeout > 0):
            ready = self._waited(timeout)
        self.turned_at = monotonic()
        return ready

    def pause(self) -> None:
        """The loop stops: what goes on elsewhere does not."""
        self._is_real = self._is_real or self.elsewhere.goes_on() is not None

    def resume(self) -> None:
        """The loop begins, or goes on; meanwhile no time has passed unless something went on."""
        if not self._is_real:
            self._real = monotonic()

    def begun(self, what: str) -> Callable[[], None]:
        """Note that something begins to go on elsewhere; what is returned notes its end."""
        self._is_real, self._real = True, self._real if self._is_real else monotonic()
        return self.elsewhere.begun(what)

    def held_up(self, lasted: float, before: Spent) -> None:
        """Let time go on for what a peer has just done, which lasted so many seconds.

        `before` is what was spent before. Where the system gave the processor to others meanwhile,
        that was none of the peer's doing, unless it waited for something.
        """
        taken = lasted
        if lasted > BRIEF:
            used, waits = spent()
            taken = lasted if waits > before[1] else min(lasted, used - before[0])
        if self._is_real:
            self.was_late(lasted - taken)
        else:
            self._advance(taken)
            self._real += taken

    def was_late(self, seconds: float) -> None:
        """The harness could not look for so many seconds, of which the last is now.

        Where time leaps that does not matter.
        """
        if self._is_real and seconds > WORTH_NOTING:
            self._go_with_the_real_clock()
            late = self.now - seconds, self.now
            self.overslept = max(self.overslept, late, key=lambda each: each[1] - each[0])
            for report in self.reports:
                report(*late)

    def slept(self, seconds: float) -> None:
        """Let time go on: the peer has put the whole loop to sleep.

        Nobody said anything meanwhile. Where wsbeat had read all that came before, it has read all
        that came by now.
        """
        is_all_read = not any(map(_is_read_by_the_harness, self.arriving()))
        self._advance(seconds)
        if is_all_read:
            self.asked = self.asked_before = self.asked_earlier = self.now

    def _advance(self, seconds: float) -> None:
        self.now += seconds
        if self.moved is not None:
            self.moved()
        if self.naps.end(self.now + NEXT):
            self._woke_at = monotonic()

    def _turn(self) -> None:
        self._turned()
        self.asked_earlier, self.asked_before = self.asked_before, self.asked
        self.asked = self.now

    def _waited(self, timeout: float | None) -> list[tuple[SelectorKey, int]]:
        self.handles.waited()
        why = self.elsewhere.goes_on()
        if (woken := self.naps.first_end) is not None:
            timeout = min(inf if timeout is None else timeout, max(0.0, woken - self.now))
        if why is None and timeout is not None:
            ready = self.arriving()
            if not ready and self.elsewhere.has_threads:
                ready = selectors.DefaultSelector.select(self, UNDER_WAY)
                # One may have begun to work while it was waited for.
                why = None if ready else self.elsewhere.goes_on()
                ready = ready or selectors.DefaultSelector.select(self, 0)
            if ready:
                return ready
            if why is None:
                self._is_real, self._real = False, monotonic()
                self._advance(timeout)
                # Nothing is under way, and nothing was left to tell.
                self.asked = self.asked_before = self.asked_earlier = self.now
                return ready
        self._is_real = True
        self._go_with_the_real_clock()
        begun = monotonic()
        tick = AWAKE if begun - self._woke_at < TICK else TICK
        wait = tick if timeout is None else min(timeout, tick)
        ready = selectors.DefaultSelector.select(self, wait)
        if why is not None:
            self.elsewhere.waited_for(why, monotonic() - begun)
        if not ready:
            self.was_late(monotonic() - begun - wait)
        self._go_with_the_real_clock()
        return ready

    def _go_with_the_real_clock(self) -> None:
        """Where something goes on elsewhere, it may have begun after it was last looked for."""
        if self._is_real:
            now = monotonic()
            self._advance(now - self._real)
            self._real = now


def _is_read_by_the_harness(ready: tuple[SelectorKey, int]) -> bool:
    """Whether a socket that is ready is one that wsbeat itself reads."""
    key, _ = ready
    reader = key.data[0] if isinstance(key.data, tuple) else None
    return reader is not None and reader._context.get(HARNESS, False)


class CarefulLoop(LeapingLoop):
    """An event loop in virtual time that knows what its peer does, here and elsewhere."""

    def __init__(self, selector: CarefulSelector) -> None:
        self._careful = selector
        self.tasks: WeakSet[asyncio.Task[Any]] = WeakSet()
        """Those of the peer."""
        super().__init__(selector)
        selector.elsewhere.own_all()
        self._ready = selector.handles

    def run_forever(self) -> None:
        """Run until it is stopped; while it does not run, no time passes."""
        self._careful.resume()
        try:
            super().run_forever()
        finally:
            self._careful.handles.over()
            self._careful.pause()

    def create_task(self, coro: Any, **how: Any) -> asyncio.Task[Any]:
        """The same; a peer's are remembered."""
        task: asyncio.Task[Any] = super().create_task(coro, **how)
        context = how.get("context")
        if not (HARNESS.get() if context is None else context.get(HARNESS, False)):
            self.tasks.add(task)
        return task

    async def abandon(self) -> None:
        """Cancel what is left of the peer; what goes on all the same is waited for no more."""
        for _ in range(CANCELLED):
            if left := self.left():
                for task in left:
                    task.cancel()
                await asyncio.wait(left, timeout=LEAVING)
        for task in self.left():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            asyncio._unregister_task(task)

    def left(self, own: asyncio.Task[Any] | None = None) -> set[asyncio.Task[Any]]:
        """The tasks of the peer that are not done; that which asks, and its `own`, are none."""
        none = {own, asyncio.current_task()}
        return {task for task in self.tasks if not task.done() and task not in none}

    def leave(self, port: int) -> None:
        """Listen at a port no more, and drop what was accepted there: so does a process's end."""
        for key in list(self._careful.get_map().values()):
            if key.data[0] is not None and is_listening(key.fd, port):
                for given in key.data[0]._args:
                    if isinstance(given, socket):
                        self._stop_serving(given)  # type: ignore[attr-defined]
        transports = list(self._transports.values())  # type: ignore[attr-defined]
        for transport in transports:
            name = transport.get_extra_info("sockname")
            if isinstance(name, tuple) and name[1] == port:
                transport.abort()

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        """Signals are for wsbeat, which was started by whoever sends them."""

    def remove_signal_handler(self, sig: int) -> bool:
        """There is none."""
        return False

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """The same; no time leaps until it is done."""
        over = self._careful.begun(f"work in a thread, {place(func)}")
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: over())
        return future


def careful_loop(
    turned: Callable[[], None] = lambda: None,
) -> tuple[CarefulLoop, CarefulSelector, LoopClock]:
    """A loop in virtual time, its selector and its clock; `turned` is called at each turn."""
    selector = CarefulSelector(turned)
    return CarefulLoop(selector), selector, LoopClock(selector, lambda: selector.now)

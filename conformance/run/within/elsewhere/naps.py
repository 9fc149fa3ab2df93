"""Naps: the waits of a peer's threads that end after a while, as of `time.sleep`, or a Timer.

In virtual time a nap is over when its time has passed there. While all that a thread does is nap,
virtual time so leaps to the end of the first nap, wakes that thread, and goes on when it has done
what it woke for.
"""

from __future__ import annotations

import queue
import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import get_ident
from time import monotonic
from types import FrameType

FOREVER = -1
"""The time limit of a lock that has none."""


class Naps:
    """All naps that are taken now; the loop that time belongs to says when they are over."""

    def __init__(self, now: Callable[[], float], is_peers: Callable[[int], bool]) -> None:
        """`is_peers` says of a thread whether it is one of the peer's: the others wait as ever."""
        self._now, self._is_peers = now, is_peers
        self._until: dict[Waiter, float] = {}
        self._guard = allocate_lock()
        self._is_over = False

    @property
    def first_end(self) -> float | None:
        """When the first of them is over, in seconds of virtual time."""
        with self._guard:
            return min(self._until.values(), default=None)

    def take(self, waiter: Waiter, seconds: float) -> bool:
        """Begin a nap; False where the thread that asks has to wait as ever."""
        with self._guard:
            if self._is_over or not self._is_peers(get_ident()):
                return False
            self._until[waiter] = self._now() + seconds
            return True

    def leave(self, waiter: Waiter) -> None:
        """The one who napped has been woken, by whomever."""
        with self._guard:
            self._until.pop(waiter, None)

    def end(self, now: float) -> bool:
        """Wake all whose nap is over by now (seconds of virtual time); whether there were any."""
        with self._guard:
            over = [waiter for waiter, until in self._until.items() if until <= now]
            for waiter in over:
                del self._until[waiter]
                waiter.wake()
            return bool(over)

    def end_all(self) -> None:
        """Wake all; from now on nobody naps."""
        self.end(inf)
        with self._guard:
            self._is_over = True
        self.end(inf)

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` does, as a nap."""
        waiter = Waiter(self)
        waiter.acquire()
        waiter.acquire(timeout=seconds)

    def clock(self) -> float:
        """A clock that never jumps: the virtual one for a thread that naps, for others the real."""
        return self._now() if self._is_peers(get_ident()) and not self._is_over else monotonic()


class Waiter:
    """A lock as `threading.Condition` has one for each that waits: one that can be napped at."""

    __slots__ = ("_is_let_go", "_lock", "_naps", "_was_woken")

    def __init__(self, naps: Naps) -> None:
        self._naps, self._lock = naps, allocate_lock()
        self._is_let_go = self._was_woken = False

    def acquire(self, blocking: bool = True, timeout: float = FOREVER) -> bool:
        """Take the lock, as other locks are taken; False where that was not possible in time."""
        if self._lock.acquire(blocking=False):
            self._is_let_go = False
            return True
        if not blocking:
            return False
        if timeout < 0:
            return self._wait(timeout)
        if not self._naps.take(self, timeout):
            return self._lock.acquire(timeout=timeout)
        try:
            # Virtual time stands still while the loop waits for this thread.
            has_come = self._wait(timeout)
        finally:
            self._naps.leave(self)
        return has_come and not self._was_woken

    def _wait(self, timeout: float) -> bool:
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        """Let go of the lock; raises RuntimeError where nobody has it."""
        self._is_let_go = True
        self._lock.release()

    def locked(self) -> bool:
        """Whether somebody has the lock."""
        return self._lock.locked()

    def wake(self) -> None:
        """The nap is over, unless somebody has let go of the lock already."""
        with suppress(RuntimeError):
            self.release()
            self._was_woken = True

    @classmethod
    def is_waited_for(cls, frame: FrameType) -> bool:
        """Whether a thread that stands there waits at such a lock, of which nobody has let go."""
        if frame.f_code is not cls._wait.__code__:
            return False
        waiter = frame.f_locals["self"]
        return isinstance(waiter, cls) and not waiter._is_let_go


@contextmanager
def napping(naps: Naps) -> Iterator[None]:
    """Let the peer's threads nap where they wait for a while, as long as the block lasts.

    `threading` makes all such waits of a lock that it takes from one place, but for `Thread.join`
    and the time limits of locks themselves.
    """
    places = (
        (threading, "_allocate_lock", lambda: Waiter(naps)),
        (threading, "_time", naps.clock),
        (queue, "time", naps.clock),
    )
    before = [getattr(module, name) for module, name, _ in places]
    for module, name, other in places:
        setattr(module, name, other)
    try:
        yield
    finally:
        for (module, name, _), real in zip(places, before, strict=True):
            setattr(module, name, real)
        naps.end_all()

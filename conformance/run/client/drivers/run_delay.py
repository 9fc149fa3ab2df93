"""How long the process of a client waited for a processor, as far as the system tells.

How it works
------------

1. Linux counts, for each thread, the nanoseconds in which it could have run and had to wait for a
   processor: the second number of its `schedstat`. In Python and Node it is the main thread that
   keeps the heartbeat; in Java, Go or .NET it is any other.
2. It is read of all threads of the client and of what that started, every tenth of a second. What
   it grew by, for the thread that waited most, is told to the trace as soon as it is worth telling.
   Of a main thread a wait is told that still lasts, too.
3. A time during which the client waited says so much less about the client: upper bounds are
   granted it. Lower bounds are not, for who waits does nothing sooner; but for those that count
   from something which the client sent, and which may have waited longest.

Example: a client whose timer fires after 330 ms connects after 540 ms, because four other
processes were served before. The system says that it waited for 190 ms: nothing is late.

Where there is no such file (on other systems) nothing is told.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from conformance.wire.run_queue import RunQueue

PERIOD = 0.1
"""How often (seconds) it is read."""

WORTH_NOTING = 0.01
"""How much (seconds) a client waited, at least, for a note of it."""

SEARCH = 0.5
"""How often (seconds) it is looked what a client has started."""

GENERATIONS = 4
"""How far down the processes of a client are looked for: a shell, a launcher, and it."""

MOST = 100
"""How many threads are looked at, at the most, of one process."""


@dataclass(slots=True)
class RunDelay:
    """The threads of a process and of all that it started, and how long they have waited so far."""

    root: int
    total: int = 0
    clock: Callable[[], float] = time.monotonic
    _before: Mapping[str, int] | None = None
    _queue: RunQueue = field(default_factory=RunQueue)
    _family: Sequence[int] = ()
    _searched: float = float("-inf")

    def waited(self) -> float | None:
        """How long (seconds) it has waited since the first look; None where it cannot be told.

        From one look to the next it is the thread that waited most that counts. One that is new has
        waited since it began, and a launcher that waited long says nothing of what it launched.
        """
        now = dict(self._look())
        if not now:
            return None
        self.note(now)
        return self.total / 1e9

    def note(self, waited: Mapping[str, int]) -> None:
        """Add what came since the last look; each has waited so long (nanoseconds) in all."""
        if self._before is not None:
            grown = (each - self._before.get(thread, 0) for thread, each in waited.items())
            self.total += max(0, *grown)
        self._before = waited

    def _look(self) -> Iterator[tuple[str, int]]:
        if self.clock() - self._searched >= SEARCH:
            self._family, self._searched = [*_family(self.root)], self.clock()
        for pid in self._family:
            with suppress(OSError, IndexError, ValueError):
                yield str(pid), self._queue.waited(Path(f"/proc/{pid}"))
                for thread in _threads(pid):
                    if thread != str(pid):
                        yield thread, _waited(f"/proc/{pid}/task/{thread}/schedstat")


def launched_by(pid: int) -> str | None:
    """The name of the last process that came of one, by however many; None where there is none."""
    _, *others = _family(pid)
    with suppress(OSError):
        if others:
            return Path(f"/proc/{others[-1]}/comm").read_text("utf-8", "replace").strip()
    return None


async def watch_run_delay(
    pid: int, now: Callable[[], float], report: Callable[[float, float, float], None]
) -> None:
    """Watch a process for as long as it lives; `report(since, until, seconds)` when it waited."""
    await watch_delay(RunDelay(pid).waited, now, report)


async def watch_delay(
    delay: Callable[[], float | None],
    now: Callable[[], float],
    report: Callable[[float, float, float], None],
) -> None:
    """The same of anything that has waited for so long in all, until that is None."""
    told = delay()
    while told is not None:
        before = now()
        await asyncio.sleep(PERIOD)
        waited = delay()
        if waited is None:
            return
        if waited - told > WORTH_NOTING:
            # A wait may be counted when it is over only, and have begun before the last look.
            until = now()
            report(min(before, until - (waited - told)), until, waited - told)
            told = waited


def _waited(schedstat: str) -> int:
    """The same of a thread that is asleep most of the time: in as few calls as can be."""
    try:
        file = os.open(schedstat, os.O_RDONLY)
    except OSError:
        return 0
    try:
        return int(os.read(file, 100).split()[1])
    finally:
        os.close(file)


def _threads(pid: int) -> Sequence[str]:
    return os.listdir(f"/proc/{pid}/task")[:MOST]


def _family(pid: int, generations: int = GENERATIONS) -> Iterator[int]:
    """A process and what it started, whichever of its threads did."""
    yield pid
    if generations:
        for child in _children(pid):
            yield from _family(child, generations - 1)


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in _threads(pid):
            with suppress(OSError):
                file = Path(f"/proc/{pid}/task/{thread}/children")
                yield from map(int, file.read_text("ascii").split())

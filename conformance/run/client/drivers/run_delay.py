"""How long the process of a client waited for a processor, as far as the system tells.

How it works
------------

1. Linux counts, for each thread, the nanoseconds in which it could have run and had to wait for a
   processor. The second number of `/proc/PID/schedstat` is that of a process's main thread: where
   event loops run.
2. It is read of the client and of what that started, every tenth of a second. What it grew by is
   told to the trace, as soon as it is worth telling, and so is a wait that still lasts.
3. A time during which the client waited says so much less about the client: upper bounds are
   granted it. Lower bounds are not, for who waits does nothing sooner; but for those that count
   from something which the client sent, and which may have waited longest.

Example: a client whose timer fires after 330 ms connects after 540 ms, because four other
processes were served before. The system says that it waited for 190 ms: nothing is late.

Where there is no such file (on other systems) nothing is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.wire.run_queue import RunQueue

PERIOD = 0.1
"""How often (seconds) it is read."""

WORTH_NOTING = 0.01
"""How much (seconds) a client waited, at least, for a note of it."""

GENERATIONS = 4
"""How far down the processes of a client are looked for: a shell, a launcher, and it."""


def run_delay(pid: int, queue: RunQueue | None = None) -> float | None:
    """How long (seconds) a process has waited since its start, with all that it started.

    Of several processes it is the one that waited most; None where the system does not tell. Waits
    that still last are told where the same `queue` is asked again.
    """
    asked = queue or RunQueue()
    found = (_waited(each, asked) for each in _family(pid))
    return max((waited for waited in found if waited is not None), default=None)


async def watch_run_delay(
    pid: int, now: Callable[[], float], report: Callable[[float, float, float], None]
) -> None:
    """Watch a process for as long as it lives; `report(since, until, seconds)` when it waited."""
    queue = RunQueue()
    await watch_delay(lambda: run_delay(pid, queue), now, report)


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


def _waited(pid: int, queue: RunQueue) -> float | None:
    try:
        return queue.waited(Path(f"/proc/{pid}")) / 1e9
    except (OSError, IndexError, ValueError):
        return None


def _family(pid: int, generations: int = GENERATIONS) -> Iterator[int]:
    yield pid
    if not generations:
        return
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child), generations - 1)

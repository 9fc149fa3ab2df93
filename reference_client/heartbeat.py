"""The beat of one connection."""

import asyncio
from collections.abc import Callable
from time import monotonic

from reference_client.settings import Settings

TURNS = 1000  # of the event loop, some milliseconds in all: what is there is read in them


async def beat(ping: Callable[[], None], pong: asyncio.Event, settings: Settings) -> None:
    """Ping at once (C-PING-FIRST) and then every ``heartbeat_interval``, whatever else goes on.

    ``ping`` sends one without waiting, and ``pong`` is set whenever a pong comes. Returns when
    none came for ``pong_timeout`` after a ping (C-PONG-MISSING), and not before.
    """
    slack = settings.heartbeat_interval * settings.interval_tolerance / 2
    due = monotonic()
    while True:
        pong.clear()
        # Without drift, since each ping follows from the schedule and not from the one before. Only
        # one that the whole process was late with moves the schedule: the next would follow it too
        # closely otherwise (C-PING-CADENCE).
        due = max(due, monotonic() - slack) + settings.heartbeat_interval
        ping()
        if not await _came(pong, settings.pong_timeout):
            return
        await asyncio.sleep(due - monotonic())


async def _came(pong: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await pong.wait()
    except TimeoutError:
        # If the process was suspended or starved, the pong may be there and nobody has read it yet:
        # let the loop take it from the socket before a healthy connection is given up (C-STAY).
        for _ in range(TURNS):
            if pong.is_set():
                break
            await asyncio.sleep(0)
    return pong.is_set()

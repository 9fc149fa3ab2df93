"""Clients that are async functions."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import connect

from reference_client import HeartbeatClient, Settings
from spec import load_timing

PRODUCTION = load_timing("production")


async def reference(url: str) -> None:
    """The reference client, for ever."""
    await _live(url, Settings.from_timing("production"))


async def late(url: str) -> None:
    """The same with pings that are an eighth too late: at `fast` timing that would pass."""
    interval = 1.125 * PRODUCTION.heartbeat_interval
    timing = {**PRODUCTION.to_json(), "heartbeat_interval": interval}
    await _live(url, Settings.from_timing(load_timing(timing)))


async def _live(url: str, settings: Settings) -> None:
    async with HeartbeatClient(url, settings) as client:
        async for _ in client:
            pass
    await asyncio.Event().wait()


async def raises(url: str) -> None:
    """A client that does not come to connect."""
    print("about to connect")
    raise RuntimeError("no configuration")


async def never_yields(url: str) -> None:
    """A client that begins to compute."""
    while True:
        pass


async def exits(_: str) -> None:
    """Ends its process before it connects."""
    sys.exit(0)


async def exits_when_it_is_closed(url: str) -> None:
    """Ends its process, in a task of its own, where it is to come back."""

    async def hear() -> None:
        async with connect(url) as socket:
            async for _ in socket:
                pass
        sys.exit(0)

    await asyncio.create_task(hear())

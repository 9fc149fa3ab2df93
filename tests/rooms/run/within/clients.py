"""Clients that are async functions."""

from __future__ import annotations

import asyncio

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

"""Connections through the proxies of a server, beside others that lead straight to it."""

from __future__ import annotations

from asyncio import TaskGroup

import spec
from conformance.scenarios.scenario import clocked
from conformance.scenarios.waits import certainly_late
from conformance.wire.server.dial import Dial

WAYS = 2

NEARLY = 0.8
"""How much of the tolerance of an interval a client takes: not all, for a ping may be late."""


@clocked("D-PROXY", "D-PROXY-SILENT", connections=3 * WAYS, needs=("proxy",))
async def lives_alike_with_and_without_proxies(dial: Dial, timing: spec.Timing) -> None:
    """On both ways: pings once and falls silent, never pings, and pings as seldom as it may.

    Under Plan B, pongs stand for pings.
    """
    gap = timing.heartbeat_interval + NEARLY * (timing.longest_gap - timing.heartbeat_interval)
    overdue = certainly_late(timing.latest_close, timing)

    async def falls_silent(way: Dial, beats: int) -> None:
        async with way() as peer:
            for _ in range(beats):
                await peer.beat()
            await peer.watch(by=dial.after(overdue))

    async def pings_on(way: Dial) -> None:
        async with way() as peer:
            last = dial.after(timing.longest_wait)
            while dial.clock.now() < last and not peer.over:
                await peer.beat()
                await peer.ended(by=min(last, dial.after(gap)))
            await peer.watch(by=dial.clock.now())

    async with TaskGroup() as group:
        for way in (dial, dial.through_proxies()):
            group.create_task(falls_silent(way, beats=1))
            group.create_task(falls_silent(way, beats=0))
            group.create_task(pings_on(way))

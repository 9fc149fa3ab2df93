"""The process in which a share of a crowd lives.

It reads a job (one line of JSON) from standard input, says that it is ready, and begins when a
second line comes. Every second it writes a line that says how it is, now and then with its census;
the last line is its whole census. When its input ends, it stops: its parent is gone or wants no
more.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from typing import Any

from conformance.run.server.crowd.job import CrowdJob
from conformance.run.server.crowd.living.share import Share
from conformance.wire.clock import LoopClock, watchful_loop
from conformance.wire.sockets import raise_descriptors

TOLD_EVERY = 1.0
"""Seconds between two lines that say how it is."""


CENSUS_EVERY = 2
"""Every so many of them have the census."""


def tell(news: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(f"{json.dumps(news)}\n")
    sys.stdout.flush()


async def live(job: CrowdJob, clock: LoopClock, stop: asyncio.Event) -> None:
    """Live a share, and tell of it."""
    share = Share(job, clock)

    async def report() -> None:
        told = 0
        while True:
            await asyncio.sleep(TOLD_EVERY)
            told += 1
            news = {"progress": share.progress()}
            if told % CENSUS_EVERY == 0:
                news["census"] = share.census.to_json()
            tell(news)

    reporting = asyncio.ensure_future(report())
    try:
        await share.live(stop)
    finally:
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)
    tell({"progress": share.progress(), "census": share.census.to_json(), "is_over": True})


def main() -> None:
    """Do what the lines of standard input say."""
    # A terminal interrupts all processes; this one is told by its parent.
    signal.signal(signal.SIGINT, lambda *_: None)
    job = CrowdJob.from_json(sys.stdin.readline())
    raise_descriptors()
    tell({"ready": True})
    if not sys.stdin.readline():
        return
    loop, clock = watchful_loop()
    asyncio.set_event_loop(loop)
    stop = asyncio.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    try:
        loop.run_until_complete(live(job, clock, stop))
    finally:
        loop.close()


if __name__ == "__main__":
    main()

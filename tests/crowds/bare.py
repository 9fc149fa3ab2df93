"""`python -m tests.crowds.bare URL N RAMP LASTING INTERVAL`: connections of a bare client.

They are opened during a ramp, ping at an interval, and wait for each pong. The number of pongs and
the processor time that they took are printed, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time

from websockets.asyncio.client import connect

from tests.spoken import PLAIN_PING


async def main(url: str, count: int, ramp: float, lasting: float, interval: float) -> None:
    """Live for so long, and tell what it took."""
    loop = asyncio.get_running_loop()
    until, pongs = loop.time() + lasting, 0

    async def live(place: int) -> None:
        nonlocal pongs
        await asyncio.sleep(ramp * place / count)
        async with connect(url, ping_interval=None, compression=None) as socket:
            await asyncio.sleep(random.random() * interval)
            while loop.time() < until:
                await socket.send(PLAIN_PING)
                await socket.recv()
                pongs += 1
                await asyncio.sleep(interval)

    before = time.process_time()
    tasks = [asyncio.ensure_future(live(place)) for place in range(count)]
    await asyncio.wait(tasks, timeout=lasting)
    print(json.dumps({"pongs": pongs, "processor": time.process_time() - before}), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:6])))

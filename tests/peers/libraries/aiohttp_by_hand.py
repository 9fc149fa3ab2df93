"""aiohttp, by hand: a loop around ws_connect, and a task that pings."""

import asyncio
import signal
import sys

import aiohttp

INTERVAL, DELAY = 0.6, 0.35


async def beat(socket: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        await socket.send_str('{"type":"ping"}')


async def live(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.ws_connect(url) as socket:
                    beating = asyncio.create_task(beat(socket))
                    try:
                        async for _ in socket:
                            pass
                    finally:
                        beating.cancel()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(DELAY)


async def main() -> None:
    living = asyncio.ensure_future(live(sys.argv[1]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, living.cancel)
    try:
        await living
    except asyncio.CancelledError:
        return


asyncio.run(main())

"""websockets: the iterator that reconnects, as its manual has it."""

import asyncio
import signal
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

INTERVAL = 0.6


async def beat(socket: ClientConnection) -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        await socket.send('{"type":"ping"}')


async def live(url: str) -> None:
    async for socket in connect(url):
        beating = asyncio.create_task(beat(socket))
        try:
            async for _ in socket:
                pass
        except ConnectionClosed:
            continue
        finally:
            beating.cancel()


async def main() -> None:
    living = asyncio.ensure_future(live(sys.argv[1]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, living.cancel)
    try:
        await living
    except asyncio.CancelledError:
        return


asyncio.run(main())

"""A proxy that relays bytes and ends connections on which nothing has moved for too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from typing import Literal

End = Literal["eof", "reset", "close frame"]
"""How it ends them: as most do, as some do, or with a frame of its own making (1001, no reason)."""

GOING_AWAY = bytes([0x88, 2, 0x03, 0xE9])
MOST = 65536


@asynccontextmanager
async def relaying(
    port: int, idle: float | None, end: End = "eof", life: float | None = None
) -> AsyncIterator[str]:
    """Relay to a port of this machine; yields the ``ws://`` URL of the proxy.

    ``idle`` is how long (seconds) nothing may move on a connection, ``life`` how long it may last.
    """

    def patience(began: float, moved: float) -> float:
        """Until when it waits, on the loop's clock."""
        until_idle = inf if idle is None else moved + idle
        return min(until_idle, inf if life is None else began + life)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        loop = asyncio.get_running_loop()
        began = moved = loop.time()

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            nonlocal moved
            while data := await source.read(MOST):
                moved = loop.time()
                sink.write(data)
                await sink.drain()

        both = [
            asyncio.create_task(carry(reader, inner_writer)),
            asyncio.create_task(carry(inner_reader, writer)),
        ]
        done: set[asyncio.Task[None]] = set()
        while not done and (left := patience(began, moved) - loop.time()) > 0:
            wait = None if left == inf else left
            done, _ = await asyncio.wait(both, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        if not done and end == "close frame":
            writer.write(GOING_AWAY)
        elif not done and end == "reset":
            writer.transport.abort()
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        inner_writer.close()
        writer.close()

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        host, taken = server.sockets[0].getsockname()[:2]
        yield f"ws://{host}:{taken}/ws"

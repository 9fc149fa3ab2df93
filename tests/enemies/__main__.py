"""Run one enemy by its name: ``python -m tests.enemies "black hole"``."""

from __future__ import annotations

import asyncio
import itertools
import sys

from tests.enemies.enemy import Enemy, enemies
from tests.enemies.visitor import Visitor


async def serve(enemy: Enemy) -> None:
    """Do the enemy's deed to everybody who connects, until the process is ended."""
    numbers = itertools.count(1)

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await enemy.deed(Visitor(reader, writer, next(numbers)))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client has had enough: it may.
        finally:
            writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1", 0, limit=1 << 26) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(enemies()[sys.argv[1]]))

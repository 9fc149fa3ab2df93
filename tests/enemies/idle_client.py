"""Clients that do nothing for their heartbeat: ``python -m tests.enemies.idle_client DEED URL``."""

from __future__ import annotations

import asyncio
import sys

from tests.peers.rude_client import dialled, read_to_end


async def does_nothing(url: str) -> None:
    """Connects once, reads what comes, and never says anything."""
    async with dialled(url) as sock:
        await read_to_end(sock)


async def leaves_at_once(url: str) -> None:
    """Connects and resets the connection, again and again."""
    while True:
        async with dialled(url):
            pass


async def never_connects(_: str) -> None:
    """Is there, and stays away."""
    await asyncio.Event().wait()


DEEDS = {each.__name__: each for each in (does_nothing, leaves_at_once, never_connects)}

if __name__ == "__main__":
    try:
        asyncio.run(DEEDS[sys.argv[1]](sys.argv[2]))
    except ConnectionError as error:
        sys.exit(f"gave up: {error}")
    except KeyboardInterrupt:
        pass

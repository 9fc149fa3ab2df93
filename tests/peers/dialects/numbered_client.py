"""A client that beats with {"event":"hb","n":7} every 20 s, and wants {"event":"ack","n":7}.

It gives a connection up with 4001 after 10 s without that, comes back 1 s to 2 s after an end, and
stays away after 4100. `BREAKS` in the environment names a fault that it has.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

INTERVAL, PATIENCE, DELAY, LONGEST = 20.0, 10.0, 1.25, 30.0
GIVES_UP, BANNED = 4001, 4100


def breaks(fault: str) -> bool:
    """Whether it has this fault."""
    return os.environ.get("BREAKS") == fault


async def read(socket: ClientConnection, acks: asyncio.Queue[int]) -> None:
    """Take in acknowledgements, and leave all else alone."""
    async for text in socket:
        try:
            said = json.loads(text)
        except ValueError:
            if breaks("dies of text"):
                raise
            continue
        if isinstance(said, dict) and said.get("event") == "ack":
            acks.put_nowait(said["n"])


async def beat(socket: ClientConnection, acks: asyncio.Queue[int]) -> None:
    """Beat until an acknowledgement is missing, and give up then."""
    number, loop = 0, asyncio.get_running_loop()
    due = loop.time() + INTERVAL / 2
    while True:
        await asyncio.sleep(due - loop.time())
        due += INTERVAL / 2 if breaks("beats twice as often") else INTERVAL
        number += 1
        event = "HB" if breaks("beats in capitals") else "hb"
        await socket.send(json.dumps({"event": event, "n": number}))
        try:
            async with asyncio.timeout(PATIENCE):
                while await acks.get() != number and not breaks("takes any number"):
                    pass
        except TimeoutError:
            await socket.close(1000 if breaks("gives up with 1000") else GIVES_UP)
            return


async def live(url: str) -> int | None:
    """One connection; returns the code that it ended with."""
    async with connect(url, ping_interval=None, close_timeout=0.1, proxy=None) as socket:
        acks: asyncio.Queue[int] = asyncio.Queue()
        reading = asyncio.create_task(read(socket, acks))
        beating = asyncio.create_task(beat(socket, acks))
        try:
            done, _ = await asyncio.wait({reading, beating}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with suppress(ConnectionClosed):
                    task.result()
        finally:
            reading.cancel()
            beating.cancel()
    return socket.close_code


async def main(url: str) -> None:
    """Be such a client until it is cancelled."""
    failures = 0
    while True:
        try:
            code = await live(url)
            failures = 0
        except (OSError, InvalidHandshake, EOFError, TimeoutError):
            code, failures = None, failures + 1
        if code == BANNED and not breaks("comes back for good"):
            return
        delay = DELAY / 2 if breaks("comes back too soon") else DELAY
        await asyncio.sleep(min(delay * 1.5**failures, LONGEST))

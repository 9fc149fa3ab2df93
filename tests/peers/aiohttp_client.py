"""A small compliant client on aiohttp, as somebody would write it who has read only the contract.

python -m tests.peers.aiohttp_client ws://127.0.0.1:8765/ --timing fast
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import aiohttp

import spec

T = TypeVar("T")


class Client:
    """Keeps one connection to a server, until it is told to end."""

    def __init__(self, url: str, timing: spec.Timing, answer_pings: bool = False) -> None:
        self.url = url
        self.timing = timing
        self.answers_pings = answer_pings
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Connect, and connect again, until `ended` is set."""
        loop = asyncio.get_running_loop()
        failures = 0
        async with aiohttp.ClientSession() as session:
            # aiohttp repeats a GET that was reset, at once: a reconnect without its delay.
            session._retry_connection = False
            while not self.ended.is_set():
                opened = None
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                    async with asyncio.timeout(self.timing.reconnect_cap):
                        socket = await self._unless_ended(self._connect(session))
                    if socket is None:
                        return
                    opened = loop.time()
                    await self._live_on(socket)
                if opened is None or loop.time() - opened < self.timing.heartbeat_interval:
                    failures += opened is None
                else:
                    failures = 0
                await self._unless_ended(asyncio.sleep(self._delay(failures)))

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        return await session.ws_connect(self.url, autoclose=True, max_msg_size=0)

    def _delay(self, failures: int) -> float:
        timing = self.timing
        # Past ten doublings every delay is at the cap.
        wanted = timing.reconnect_delay * 2.0 ** min(max(failures - 1, 0), 10)
        return min(wanted + random.uniform(0, timing.reconnect_jitter), timing.reconnect_cap)

    async def _unless_ended(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of some work, or None when the client is told to end first."""
        task = asyncio.create_task(work)
        ended = asyncio.create_task(self.ended.wait())
        try:
            await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            ended.cancel()
            await asyncio.gather(task, ended, return_exceptions=True)

    async def _live_on(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Keep a connection alive until it ends, or is given up."""
        ponged = asyncio.Event()
        beating = asyncio.create_task(self._beat(socket, ponged))
        reading = asyncio.create_task(self._read(socket, ponged))
        ended = asyncio.create_task(self.ended.wait())
        tasks = {beating, reading, ended}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        # The closing handshake is not waited for by whoever connects again.
        closing = socket.close(code=1000 if self.ended.is_set() else 4000, message=b"pong timeout")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await closing

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, ponged: asyncio.Event) -> None:
        """Ping at the interval; returns when a pong is missing."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += self.timing.heartbeat_interval
            await asyncio.sleep(due - loop.time())
            ponged.clear()
            await socket.send_str('{"type":"ping"}')
            try:
                async with asyncio.timeout(self.timing.pong_timeout + 0.02):
                    await ponged.wait()
            except TimeoutError:
                return

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, ponged: asyncio.Event) -> None:
        async for received in socket:
            if received.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                message = json.loads(received.data)
            except (ValueError, RecursionError):
                continue
            kind = message.get("type") if isinstance(message, dict) else None
            if kind == "pong":
                ponged.set()
            elif kind == "ping" and self.answers_pings:
                await socket.send_str('{"type":"pong"}')


async def serve_until_told(client: Client) -> None:
    """Run the client until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, client.ended.set)
    await client.run()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--timing", default="production")
    parser.add_argument("--answer-pings", action="store_true")
    given = parser.parse_args(arguments)
    client = Client(given.url, spec.load_timing(given.timing), given.answer_pings)
    asyncio.run(serve_until_told(client))


if __name__ == "__main__":
    main()

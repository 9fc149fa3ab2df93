"""The client that the field writes: the usual class of a page, turned into Python line by line.

An interval timer for the pings, a reconnect in the handler of the close, a `close()` that does not
know of it, and a parser without a guard. ``python -m tests.mutants.clients.naive URL`` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from spec import Timing, load_timing


class NaiveClient:
    """A WebSocket with a heartbeat and a reconnect, as it is found in many a page."""

    def __init__(self, url: str, timing: Timing) -> None:
        self._url, self._timing = url, timing
        self._socket: ClientConnection | None = None
        self._heartbeat: asyncio.Task[None] | None = None
        self._reconnect: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connect(self) -> None:
        """Open the socket; its events go to the handlers below."""
        task = asyncio.create_task(self._open())
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def close(self) -> None:
        """Close the socket, and stop the heartbeat."""
        self._stop_heartbeat()
        if self._socket is not None:
            task = asyncio.create_task(self._socket.close())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        try:
            self._socket = await connect(
                self._url, ping_interval=None, compression=None, proxy=None, max_size=None
            )
        except (OSError, InvalidHandshake, EOFError, TimeoutError):
            self._on_close()
            return
        self._on_open()
        try:
            async for message in self._socket:
                self._on_message(message)
        except ConnectionClosed:
            pass
        self._on_close()

    def _on_open(self) -> None:
        if self._reconnect is not None:
            self._reconnect.cancel()
            self._reconnect = None
        self._heartbeat = asyncio.create_task(self._beat())

    def _on_message(self, message: str | bytes) -> None:
        data = json.loads(message)
        if data["type"] == "pong":
            return

    def _on_close(self) -> None:
        self._stop_heartbeat()
        if self._reconnect is None:
            loop = asyncio.get_running_loop()
            self._reconnect = loop.call_later(self._timing.reconnect_delay, self.connect)

    async def _beat(self) -> None:
        assert self._socket is not None
        while True:
            await asyncio.sleep(self._timing.heartbeat_interval)
            try:
                await self._socket.send('{"type":"ping"}')
            except ConnectionClosed:
                return

    def _stop_heartbeat(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None

    def _over(self, task: asyncio.Task[None]) -> None:
        """End the process with what a handler did not catch, as Node does."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.crashed.done():
            self.crashed.set_exception(error)


async def run(url: str, timing: Timing) -> None:
    """Be such a client until a handler crashes; signals close it, which does not end it."""
    client, loop = NaiveClient(url, timing), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, client.close)
    client.connect()
    await client.crashed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.clients.naive")
    parser.add_argument("url")
    parser.add_argument("--timing", default="fast")
    given = parser.parse_args()
    asyncio.run(run(given.url, load_timing(given.timing)))

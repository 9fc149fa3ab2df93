"""Applications and functions that are checked in virtual time, each with something elsewhere."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from spec import load_timing

PRODUCTION = load_timing("production")
TIMEOUT = PRODUCTION.heartbeat_timeout
ELSEWHERE = "WSBEAT_TEST_PORT"
"""The environment variable with the port of a second server."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def _nothing() -> None:
    """A ping is answered at once."""


def _strict(constant: str) -> object:
    raise ValueError(constant)


class Endpoint:
    """An ASGI application as one writes it: a dictionary of when who pinged, and a checker."""

    def __init__(
        self,
        before_pong: Callable[[], Awaitable[object]] = _nothing,
        timeout: float = TIMEOUT,
        started: str = "",
    ) -> None:
        self.before_pong, self.timeout, self.started = before_pong, timeout, started
        self.last: dict[Any, datetime] = {}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert scope["type"] == "websocket"
        await receive()
        if scope["path"] != "/ws":
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        self.last[send] = datetime.now()
        try:
            await self._converse(receive, send)
        finally:
            self.last.pop(send, None)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.started:
            await send({"type": "lifespan.startup.failed", "message": self.started})
            return
        checker = asyncio.create_task(self._check())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        checker.cancel()
        print("the application was shut down")
        await send({"type": "lifespan.shutdown.complete"})

    async def _converse(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            try:
                said = json.loads(message.get("text") or "", parse_constant=_strict)
            except (ValueError, RecursionError):
                continue
            answer: dict[str, Any] = {"type": "echo", "data": said}
            if isinstance(said, dict) and said.get("type") == "ping":
                await self.before_pong()
                self.last[send] = datetime.now()
                answer = {"type": "pong"}
            await send({"type": "websocket.send", "text": json.dumps(answer)})

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(PRODUCTION.check_interval)
            for send, at in list(self.last.items()):
                if datetime.now() - at > timedelta(seconds=self.timeout):
                    del self.last[send]
                    asyncio.get_running_loop().create_task(_close(send))


class Threaded(Endpoint):
    """One whose checker is a thread, beside another that sees to something now and then."""

    async def _check(self) -> None:
        loop, over = asyncio.get_running_loop(), threading.Event()

        def look() -> None:
            while not over.wait(PRODUCTION.check_interval):
                for send, at in list(self.last.items()):
                    if datetime.now() - at > timedelta(seconds=self.timeout):
                        self.last.pop(send, None)
                        asyncio.run_coroutine_threadsafe(_close(send), loop)

        def count() -> None:
            while not over.is_set():
                time.sleep(PRODUCTION.check_interval / 6)

        for work in (look, count):
            threading.Thread(target=work, daemon=True).start()
        try:
            await asyncio.Event().wait()
        finally:
            over.set()


async def _close(send: Send) -> None:
    with suppress(Exception):
        await send({"type": "websocket.close", "code": 1000, "reason": "heartbeat timeout"})


async def _sleep_in_a_thread() -> None:
    await asyncio.to_thread(time.sleep, 0.002)


async def _query() -> None:
    def query() -> None:
        with sqlite3.connect(":memory:") as database:
            database.execute("select 1").fetchone()

    await asyncio.get_running_loop().run_in_executor(None, query)


async def _ask_elsewhere() -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(os.environ[ELSEWHERE]))
    writer.write(b"?\n")
    assert await reader.readline() == b"?\n"
    writer.close()


async def _block() -> None:
    time.sleep(0.2)  # noqa: ASYNC251 - that is the fault


async def _block_for_long() -> None:
    time.sleep(PRODUCTION.reply_deadline + PRODUCTION.tolerance + 0.1)  # noqa: ASYNC251


async def _spawn() -> None:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()


async def _hang() -> None:
    while True:
        pass


plain = Endpoint()
impatient = Endpoint(timeout=TIMEOUT / 2)
looks_in_a_thread = Threaded()
looks_impatiently_in_a_thread = Threaded(timeout=TIMEOUT / 2)
sleeps_in_a_thread = Endpoint(_sleep_in_a_thread)
queries = Endpoint(_query)
asks_elsewhere = Endpoint(_ask_elsewhere)
blocks = Endpoint(_block)
blocks_for_long = Endpoint(_block_for_long)
spawns = Endpoint(_spawn)
hangs = Endpoint(_hang)
does_not_start = Endpoint(started="no database")


async def ends_early(port: int) -> None:
    """A function that should serve, and returns."""


async def fails(port: int) -> None:
    """A function that should serve, and raises."""
    raise RuntimeError("no database")


async def listens_elsewhere(port: int) -> None:
    """A function that serves at a port of its own choice."""
    async with serve(answer, "127.0.0.1", 0):
        await asyncio.Event().wait()


async def answers(port: int) -> None:
    """A server of `websockets` with a timer for each connection."""
    async with serve(answer, "127.0.0.1", port, ping_interval=None, close_timeout=1.0):
        await asyncio.Event().wait()


async def answer(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            try:
                async with asyncio.timeout(TIMEOUT + PRODUCTION.check_interval / 2):
                    while not _is_ping(await connection.recv()):
                        pass
            except TimeoutError:
                await connection.close(1000, "heartbeat timeout")
                return
            await connection.send('{"type":"pong"}')


def _is_ping(message: str | bytes) -> bool:
    try:
        said = json.loads(message if isinstance(message, str) else "", parse_constant=_strict)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("type") == "ping"

"""The naive server with every mend of ``spec/mends.md`` in it: what FastAPI needs, and no more.

``python -m tests.peers.mends.server --port 0 --timing fast``
"""

import argparse
import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from socket import socket
from typing import Any, NoReturn

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from spec import Timing, load_timing


def refuse(constant: str) -> NoReturn:
    """Say that NaN and the infinities are not JSON."""
    raise ValueError(constant)


def application(timing: Timing) -> FastAPI:
    """The endpoint at ``/ws`` and its checker."""
    last_pings: dict[WebSocket, float] = {}
    closing: set[asyncio.Task[None]] = set()

    async def close(websocket: WebSocket) -> None:
        with suppress(Exception):
            await websocket.close(1000, "heartbeat timeout")

    async def check() -> None:
        while True:
            await asyncio.sleep(timing.check_interval)
            now = time.monotonic()
            for websocket, last_ping in list(last_pings.items()):
                if now - last_ping > timing.heartbeat_timeout:
                    last_pings.pop(websocket, None)
                    closing.add(task := asyncio.create_task(close(websocket)))
                    task.add_done_callback(closing.discard)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        checker = asyncio.create_task(check())
        yield
        checker.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws")
    async def converse(websocket: WebSocket) -> None:
        await websocket.accept()
        last_pings[websocket] = time.monotonic()
        try:
            while True:
                event = await websocket.receive()
                if event["type"] == "websocket.disconnect":
                    break
                text = event.get("text")
                if text is None:
                    continue
                try:
                    message: Any = json.loads(text, parse_constant=refuse)
                    echo = json.dumps({"type": "echo", "data": message}, allow_nan=False)
                except (ValueError, RecursionError):
                    continue
                if isinstance(message, dict) and message.get("type") == "ping":
                    last_pings[websocket] = time.monotonic()
                    await websocket.send_text('{"type":"pong"}')
                else:
                    await websocket.send_text(echo)
        except WebSocketDisconnect:
            pass
        finally:
            last_pings.pop(websocket, None)

    return app


class Server(uvicorn.Server):
    """A server that says where it listens."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"mended server listening on ws://127.0.0.1:{port}/ws", flush=True)


def main() -> None:
    """Run the server until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.mends.server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timing", default="fast")
    given = parser.parse_args()
    logging.disable()
    Server(uvicorn.Config(application(load_timing(given.timing)), port=given.port)).run()


if __name__ == "__main__":
    main()

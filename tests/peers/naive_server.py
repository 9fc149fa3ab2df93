"""The endpoint that one writes first: what the field has, with the faults that it has.

It reads text, parses it, asks for `type`, keeps the wall clock's time of each connection's last
ping, and closes the silent ones one after the other. Nothing in it is broken on purpose.

``python -m tests.peers.naive_server --port 0 --timing fast``
"""

import argparse
import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from socket import socket
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from spec import Timing, load_timing


def application(timing: Timing) -> FastAPI:
    """The endpoint at ``/ws`` and its checker."""
    last_pings: dict[WebSocket, datetime] = {}

    async def check() -> None:
        while True:
            await asyncio.sleep(timing.check_interval)
            now = datetime.now(UTC)
            for websocket, last_ping in list(last_pings.items()):
                if now - last_ping > timedelta(seconds=timing.heartbeat_timeout):
                    with suppress(Exception):
                        await websocket.close(1000, "heartbeat timeout")
                    last_pings.pop(websocket, None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        checker = asyncio.create_task(check())
        yield
        checker.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws")
    async def converse(websocket: WebSocket) -> None:
        await websocket.accept()
        last_pings[websocket] = datetime.now(UTC)
        try:
            while True:
                text = await websocket.receive_text()
                try:
                    message: Any = json.loads(text)
                except ValueError:
                    continue
                if message.get("type") == "ping":
                    last_pings[websocket] = datetime.now(UTC)
                    await websocket.send_json({"type": "pong"})
                else:
                    await websocket.send_json({"type": "echo", "data": message})
        except WebSocketDisconnect:
            last_pings.pop(websocket, None)

    return app


class Server(uvicorn.Server):
    """A server that says where it listens."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"naive server listening on ws://127.0.0.1:{port}/ws", flush=True)


def main() -> None:
    """Run the server until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.naive_server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timing", default="fast")
    given = parser.parse_args()
    logging.disable()
    Server(uvicorn.Config(application(load_timing(given.timing)), port=given.port)).run()


if __name__ == "__main__":
    main()

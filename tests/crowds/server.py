"""A small compliant server that can take thousands of connections, to be broken in one place.

It has a task for each connection that asks something of it, and none for one that is silent.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from spec import Timing

PONG = b'{"type":"pong"}'


class Line(asyncio.Protocol):
    """One connection of a server."""

    def __init__(self, server: CrowdServer) -> None:
        self.server = server
        self.protocol = ServerProtocol()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.protocol.send_response(self.protocol.accept(event))
                self.server.opened(self)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.server.heard(self, bytes(event.data))
        self.flush()
        if self.protocol.close_expected() and self.transport is not None:
            self.server.forget(self)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.forget(self)
        self.transport = None

    def say(self, text: bytes) -> None:
        """Send a text, unless the connection is closing."""
        if self.protocol.state is OPEN:
            self.protocol.send_text(text)
            self.flush()

    def knock(self) -> None:
        """Send a control Ping, which every server may."""
        if self.protocol.state is OPEN:
            self.protocol.send_ping(b"")
            self.flush()

    def close(self) -> None:
        """Close for silence."""
        if self.protocol.state is OPEN:
            self.protocol.send_close(1000, "heartbeat timeout")
            self.flush()
            asyncio.get_running_loop().call_later(5, self.drop)

    def drop(self) -> None:
        """End the connection of a peer that has not answered the Close."""
        if self.transport is not None:
            self.transport.abort()

    def flush(self) -> None:
        """Hand to the socket what is to be sent."""
        data = self.protocol.data_to_send()
        if self.transport is not None and not self.transport.is_closing() and any(data):
            self.transport.write(b"".join(data))


class CrowdServer:
    """What all connections have in common: their clocks, and the check."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.alive: dict[Line, float] = {}

    def opened(self, line: Line) -> None:
        self.restart(line)

    def restart(self, line: Line) -> None:
        self.alive[line] = monotonic()

    def forget(self, line: Line) -> None:
        self.alive.pop(line, None)

    def heard(self, line: Line, text: bytes) -> None:
        value = json.loads(text)
        if isinstance(value, dict) and value.get("type") == "ping":
            self.restart(line)
            self.answer(line, PONG)
        else:
            self.answer(line, json.dumps({"type": "echo", "data": value}).encode())

    def answer(self, line: Line, text: bytes) -> None:
        line.say(text)

    async def check(self) -> None:
        """Close what was silent for too long."""
        now = monotonic()
        for line, since in list(self.alive.items()):
            if now - since > self.timing.heartbeat_timeout:
                self.forget(line)
                line.close()

    async def check_forever(self) -> None:
        while True:
            await asyncio.sleep(self.timing.check_interval)
            await self.check()

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[int]:
        """Take connections, at a port that is told."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Line(self), "127.0.0.1", port, backlog=4096)
        async with server:
            yield server.sockets[0].getsockname()[1]

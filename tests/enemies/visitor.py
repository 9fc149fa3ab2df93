"""A client of an enemy, as bytes: the enemy says what goes out, well formed or not."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NoReturn

from websockets.frames import Frame, Opcode
from websockets.utils import accept_key, apply_mask

RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: close() sends a reset
TEXT, BINARY, CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG


@dataclass
class Visitor:
    """One connection of a client; `number` counts them from 1."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int

    async def request(self) -> dict[str, str]:
        """The header fields of the client's handshake, by their names in lower case."""
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = (line.partition(":") for line in text.split("\r\n")[1:] if line)
        return {name.lower(): value.strip() for name, _, value in fields}

    async def shake(self, *fields: str) -> None:
        """Accept the handshake, with further header fields."""
        key = (await self.request())["sec-websocket-key"]
        await self.raw(accepted(accept_key(key), *fields))

    async def raw(self, *data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.writelines(data)
        await self.writer.drain()

    async def send(self, opcode: Opcode, data: bytes, *, fin: bool = True) -> None:
        """Send a frame."""
        await self.raw(Frame(opcode, data, fin).serialize(mask=False))

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """What the client sends: the opcode and the payload of each frame."""
        while True:
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length > 125:
                size = 2 if length == 126 else 8
                length = int.from_bytes(await self.reader.readexactly(size))
            mask = await self.reader.readexactly(4)
            payload = await self.reader.readexactly(length)
            yield first & 0x0F, apply_mask(payload, mask)

    async def converse(self) -> AsyncIterator[str]:
        """The texts that the client says, while control frames are answered properly."""
        async for opcode, payload in self.frames():
            if opcode == PING:
                await self.send(PONG, payload)
            elif opcode == CLOSE:
                await self.send(CLOSE, payload)
                return
            elif opcode == TEXT:
                yield payload.decode()

    async def behave(self) -> None:
        """Answer every message as the contract has it, until the client closes."""
        async for text in self.converse():
            if (proper := reply(text)) is not None:
                await self.send(TEXT, proper.encode())

    async def linger(self) -> None:
        """Read what the client sends, and say nothing, until it goes away."""
        while await self.reader.read(1 << 16):
            pass

    def reset(self) -> None:
        """End the TCP connection with a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()


def accepted(key: str, *fields: str) -> bytes:
    """The answer that opens a WebSocket connection."""
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {key}",
        *fields,
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def reply(text: str) -> str | None:
    """What the contract answers to a text."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict) and value.get("type") == "ping":
        return '{"type":"pong"}'
    return f'{{"type":"echo","data":{text}}}'


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def closing(code: int, reason: str = "") -> bytes:
    """The payload of a Close frame; unlike websockets, this takes any code."""
    return struct.pack("!H", code) + reason.encode()

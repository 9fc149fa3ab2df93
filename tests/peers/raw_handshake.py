"""The opening handshake of a server on bare TCP streams; with a fault, as developers make them."""

from __future__ import annotations

import asyncio
import base64
import hashlib

from tests.peers.raw_frames import GUID

KEPT_OUT = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str, *, is_full: bool
) -> bool:
    """Answer a request for a connection; whether it is one from then on."""
    if fault == "reads a request once":
        head = (await reader.read(2**16)).split(b"\r\n")
    else:
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in head[1:])
    }
    refusal = b"503 Service Unavailable" if is_full else b""
    if fault == "wants a subprotocol" and b"sec-websocket-protocol" not in fields:
        refusal = b"400 Bad Request"
    if refusal:
        writer.write(KEPT_OUT % refusal)
        return False
    if b"sec-websocket-key" not in fields:
        return False
    extensions = fields.get(b"sec-websocket-extensions", b"")
    digest = hashlib.sha1(fields[b"sec-websocket-key"] + GUID).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n"
    )
    if fault == "sends the extensions back" and extensions:
        writer.write(b"Sec-WebSocket-Extensions: " + extensions + b"\r\n")
    writer.write(b"\r\n")
    return True

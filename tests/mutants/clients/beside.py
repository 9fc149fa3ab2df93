"""What clients do at a port beside asking for a WebSocket connection there."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from urllib.parse import urlsplit


async def keep_spare(url: str, seconds: float) -> None:
    """Open a TCP connection, ask for nothing on it, and end it."""
    address = urlsplit(url)
    with suppress(OSError):
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            await asyncio.sleep(seconds)
        finally:
            writer.transport.abort()


async def ask_plainly(url: str, path: str) -> None:
    """Ask for something by HTTP, and take no notice of what comes."""
    address = urlsplit(url)
    with suppress(OSError):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        try:
            await reader.read()
        finally:
            writer.close()


def warmed_up(url: str) -> socket.socket | None:
    """A TCP connection that stands ready for the next attempt, if anybody listens."""
    address = urlsplit(url)
    with suppress(OSError):
        return socket.create_connection((address.hostname or "", address.port or 0))
    return None


def usable(ready: socket.socket | None) -> socket.socket | None:
    """A TCP connection that the other end has not ended meanwhile."""
    if ready is None:
        return None
    ready.setblocking(False)
    with suppress(OSError):
        if ready.recv(1, socket.MSG_PEEK) == b"":
            ready.close()
            return None
        return ready
    return ready

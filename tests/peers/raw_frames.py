"""Frames of WebSocket as a server writes them, without a library."""

from __future__ import annotations

import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def framed(opcode: int, data: bytes) -> bytes:
    """A whole message, or a control frame."""
    size = len(data)
    if size < 126:
        return bytes((128 | opcode, size)) + data
    if size < 2**16:
        return struct.pack("!BBH", 128 | opcode, 126, size) + data
    return struct.pack("!BBQ", 128 | opcode, 127, size) + data

"""A WebSocket client below the level of any library, which can be as rude as a test needs.

It masks with a key of zeros, reads only when asked to, and answers nothing by itself.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """Return one masked frame."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        head += struct.pack("!B", 0x80 | len(payload))
    elif len(payload) < 2**16:
        head += struct.pack("!BH", 0x80 | 126, len(payload))
    else:
        head += struct.pack("!BQ", 0x80 | 127, len(payload))
    return head + bytes(4) + payload


@asynccontextmanager
async def dialled(url: str, receive_buffer: int = 0) -> AsyncIterator[socket.socket]:
    """Shake hands and hand over the socket; afterwards reset the connection."""
    target, loop = urlsplit(url), asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setblocking(False)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await loop.sock_connect(sock, (target.hostname, target.port))
        request = (
            f"GET {target.path or '/'} HTTP/1.1\r\nHost: {target.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(sock, request.encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):  # byte by byte, so as to read nothing beyond
            if not (byte := await loop.sock_recv(sock, 1)):
                raise ConnectionResetError(f"the handshake ended with {answer!r}")
            answer += byte
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        yield sock


async def stuff(sock: socket.socket, message: bytes, count: int, patience: float) -> int:
    """Send a message again and again, at most ``count`` times, reading nothing.

    Return how many went out before the peer took no more for ``patience`` seconds.
    """
    loop = asyncio.get_running_loop()
    for sent in range(count):
        try:
            async with asyncio.timeout(patience):
                await loop.sock_sendall(sock, message)
        except TimeoutError:
            return sent
    return count


async def read_to_end(sock: socket.socket) -> bytes:
    """Return all that the peer still sends, until it ends or resets the connection."""
    loop, received = asyncio.get_running_loop(), bytearray()
    try:
        while chunk := await loop.sock_recv(sock, 65536):
            received += chunk
    except ConnectionError:
        pass
    return bytes(received)

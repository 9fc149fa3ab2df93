"""Sockets beneath the listener: bound ones, and accepted ones of which nothing is known yet."""

from __future__ import annotations

import asyncio
import contextlib
import socket


async def something_came(sock: socket.socket) -> bool:
    """Wait for the first byte of a TCP connection, and leave it there; False if that ended.

    Who opens one and says nothing has not failed in a TLS handshake: it never began one.
    """
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    came = False

    def note() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(sock, note)
    try:
        await readable
        with contextlib.suppress(OSError):
            came = bool(sock.recv(1, socket.MSG_PEEK))
    finally:
        loop.remove_reader(sock)
        if not came:
            sock.close()
    return came


def bound(address: tuple[str, int]) -> socket.socket:
    """A socket that is bound but does not listen; several may share a port. Raises OSError."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock

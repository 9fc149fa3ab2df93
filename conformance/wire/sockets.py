"""Sockets beneath connections: bound and accepted ones, and what the system is told of them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import socket
import struct
import sys

from conformance.trace.event import NO_SOCKET

NO_TIME_TO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER for a socket whose closing sends a reset."""


LITTLE = 4096
"""The bytes that the system is to take in for a peer that reads nothing."""


BESIDES = 40
"""How many a process of a run has besides those of its connections, at the most."""


OWN_WANT = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM)
"""What the system says where it is this machine that has no room for one more connection."""


def what_is_said_of(error: OSError) -> str:
    """What the system says of a failure, such as "Connection refused": asyncio hides it.

    Where it is this machine that lacks something, that comes first.
    """
    if isinstance(error, socket.gaierror) or error.errno is None:
        told = error.strerror or str(error)
    else:
        told = os.strerror(error.errno)
    return f"{NO_SOCKET}{told}" if any(os.strerror(each) in told for each in OWN_WANT) else told


def raise_descriptors() -> int:
    """Take as many descriptors as this process may have without asking; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 2**31


def too_few_for(connections: int) -> str | None:
    """What to do where so many connections at a time are more than a process may have; or None."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = connections + BESIDES
    if hard == resource.RLIM_INFINITY or needed <= hard:
        return None
    few = max(1, hard - BESIDES)
    return (
        f"wsbeat opens up to {connections} connections at a time, and a process may have {hard} "
        f"descriptors here. Raise the limit (`ulimit -n {needed}`), or open fewer with "
        f"--max-connections {few}."
    )


def acknowledge_at_once(sock: socket.socket | None) -> None:
    """Acknowledge what was read, where the system can be told to.

    Many servers leave Nagle's algorithm on: each series of replies would take 40 ms more.
    """
    if sock is not None and sys.platform == "linux":
        with contextlib.suppress(OSError):  # Asking first for its family would take longer.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def reset_when_closed(sock: socket.socket | None) -> None:
    """Have the TCP connection end with a reset when its socket is closed."""
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_TIME_TO_LINGER)


def take_in_little(sock: socket.socket | None) -> None:
    """Leave the other end as little room as the system allows."""
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)


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


PORT_LATER = 24
"""IP_BIND_ADDRESS_NO_PORT of Linux: the port is chosen when it is known where the connection goes,
so that it has to be unused towards that place alone."""


async def connected_from(source: str, address: tuple[str, int]) -> socket.socket:
    """A TCP connection from an address of this machine; raises OSError."""
    sock = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if sys.platform == "linux":
            sock.setsockopt(socket.IPPROTO_IP, PORT_LATER, 1)
        sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


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

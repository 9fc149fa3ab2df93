"""Sockets and pipes of a peer: which of them lead out of this process."""

from __future__ import annotations

import fcntl
import os
import socket
import termios
from collections.abc import Set

NEAR = ("127.0.0.1", "::1")
"""Addresses of this machine itself."""


def _socket(number: int) -> socket.socket | None:
    """The socket of a descriptor, which stays open; whoever gets it detaches it."""
    try:
        return socket.socket(fileno=number)
    except OSError:
        return None


def port_listened_at(number: int) -> object:
    """The port, or the path, at which connections are awaited; None where none are."""
    one = _socket(number)
    try:
        if one is None or not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return None
        return _port(one.getsockname())
    except OSError:
        return None
    finally:
        if one is not None:
            one.detach()


def _port(name: object) -> object:
    """What of an address a socket that was accepted there shares with the one that listened."""
    return name[1] if isinstance(name, tuple) else name


def is_between(number: int, listened: Set[object]) -> bool:
    """Whether both ends of a connection are here: one was accepted where somebody here listens."""
    one = _socket(number)
    if one is None:
        return False
    try:
        if one.type != socket.SOCK_STREAM:
            return False
        here, there = one.getsockname(), one.getpeername()
        if here and _port(here) in listened:
            return True
        is_near = not isinstance(there, tuple) or there[0] in NEAR
        return is_near and bool(there) and _port(there) in listened
    except OSError:
        return True  # It is over, and the loop is told so.
    finally:
        one.detach()


def described(number: int) -> str:
    """What a descriptor leads to, in words."""
    one = _socket(number)
    if one is None:
        try:
            return f"{os.readlink(f'/proc/self/fd/{number}')}, which leads out of this process"
        except OSError:
            return "a descriptor that leads out of this process"
    try:
        there = one.getpeername()
    except OSError:
        there = ""
    finally:
        one.detach()
    if isinstance(there, tuple):
        there = f"{there[0]}:{there[1]}"
    return f"a connection to {there or 'somewhere'}, which leads out of this process"


def is_listened_at(port: int) -> bool:
    """Whether a socket of this process listens at a port."""
    return any(is_listening(int(name), port) for name in os.listdir("/dev/fd"))


def is_listening(number: int, port: int) -> bool:
    """Whether a descriptor is a socket that listens at a port."""
    return port_listened_at(number) == port


def is_pipe_within(number: int) -> bool:
    """Whether a descriptor is of an empty pipe, of which this process has the other end, too."""
    pipe = _leads_to(number)
    try:
        if not pipe.startswith("pipe:") or any(fcntl.ioctl(number, termios.FIONREAD, bytes(4))):
            return False
    except OSError:
        return False
    others = map(int, os.listdir("/dev/fd"))
    return any(other != number and _leads_to(other) == pipe for other in others)


def _leads_to(number: int) -> str:
    """What the system calls that which a descriptor is of; nothing where there is none."""
    try:
        return os.readlink(f"/dev/fd/{number}")
    except OSError:
        return ""

"""Whether all that was sent on this machine has arrived.

Linux brings what is sent to an address of the machine itself within the call that sends it, and
one thing after the other. So a datagram that a socket sends itself shows, once it has come, that
what was sent before it has come, too: that takes a few microseconds, where waiting for a moment at
which nothing more comes takes a whole one, and may be too short on a machine that is busy.

It shows that for the processor that sent it: what was sent from another one, before the system
moved this process here, may take a moment longer.
"""

from __future__ import annotations

import ctypes
import select
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count

LONGEST = 100
"""How long (milliseconds) the datagram is waited for: a busy system may put it off."""

MISSED = 3
"""How many datagrams in a row may be lost before no more are sent."""

SIZE = 8
"""How many bytes the number of a datagram takes."""


def processor() -> Callable[[], int] | None:
    """What tells the number of the processor that a thread runs on, if anything does (Linux)."""
    try:
        return ctypes.CDLL(None).sched_getcpu
    except (OSError, AttributeError):
        return None


class Delivery:
    """A socket that sends itself datagrams, where that shows something."""

    def __init__(self, processor: Callable[[], int] | None = None) -> None:
        self._processor = processor
        self._ran_on = -1
        self._has_moved = True
        self._numbers = count()
        self._missed = 0
        self._socket: socket.socket | None = None
        if sys.platform != "linux":
            return
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            own.setblocking(False)
            own.bind(("127.0.0.1", 0))
            own.connect(own.getsockname())
        except OSError:  # A machine may have no such address.
            own.close()
        else:
            self._socket = own

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def look(self) -> None:
        """Note on which processor something may be sent now."""
        if self._processor is not None:
            before, self._ran_on = self._ran_on, self._processor()
            self._has_moved = self._has_moved or before != self._ran_on

    def has_moved(self) -> bool:
        """Whether something may have been sent from elsewhere since this was asked."""
        self.look()
        moved, self._has_moved = self._has_moved, self._processor is None
        return moved

    def is_done(self) -> bool:
        """Whether what was sent until now has arrived at once, or may still be under way."""
        if self._socket is None:
            return False
        number = next(self._numbers).to_bytes(SIZE, "big")
        try:
            self._socket.send(number)
        except OSError:
            self._give_up()
            return False
        with suppress(BlockingIOError):
            if self._socket.recv(SIZE) == number:
                self._missed = 0
                return True
        self._missed = 0 if self._has_come(number) else self._missed + 1
        if self._missed == MISSED:
            self._give_up()
        return False

    def _has_come(self, number: bytes) -> bool:
        """Wait until a datagram has come: what was sent by another processor may come after it."""
        assert self._socket is not None
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while poll.poll(LONGEST):
            with suppress(OSError):
                if self._socket.recv(SIZE) == number:
                    return True
        return False

    def _give_up(self) -> None:
        """Show nothing from now on, where a system does not deliver such datagrams."""
        self.close()
        self._socket = None

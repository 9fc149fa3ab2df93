"""What a peer has under way where the event loop does not see it: virtual time must not leap it.

In threads, in processes, and at sockets that lead out of this process.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from conformance.run.within.elsewhere.sockets import described, is_between, port_listened_at
from conformance.run.within.elsewhere.threads import (
    TASKS,
    current_frames,
    is_idle,
    is_running,
    standing,
)

HELPERS = (b"multiprocessing.resource_tracker", b"conformance.run.")
"""What commands have in them of processes that wait for this one, or are wsbeat's own."""


class Elsewhere:
    """What goes on elsewhere, found out each time that time is about to leap."""

    def __init__(self) -> None:
        self.threads = set(current_frames())
        """Those that were there before, and are no part of the peer."""
        self._begun: Counter[str] = Counter()
        self._unknown: set[int] = set()
        self._foreign: dict[int, str] = {}
        self._listened: set[object] = set()
        self._helpers = set(_children())
        self.has_threads = False
        """Whether there were any of the peer's when that was last found out."""
        self.waited: dict[str, float] = {}
        """For how many seconds of real time each of them was waited for."""

    def own_all(self) -> None:
        """What is registered by now is the loop's own."""
        self._unknown.clear()

    def registered(self, number: int) -> None:
        """A descriptor is awaited from now on."""
        self._unknown.add(number)

    def unregistered(self, number: int) -> None:
        """A descriptor is awaited no more."""
        self._unknown.discard(number)
        self._foreign.pop(number, None)

    def begun(self, what: str) -> Callable[[], None]:
        """Note something that goes on until what is returned is called."""
        self._begun[what] += 1

        def over() -> None:
            self._begun[what] -= 1
            if not self._begun[what]:
                del self._begun[what]

        return over

    def waited_for(self, what: str, seconds: float) -> None:
        """Time went with the real clock for so many seconds because of something."""
        self.waited[what] = self.waited.get(what, 0.0) + seconds

    def goes_on(self) -> str | None:
        """What goes on elsewhere, in words, or None."""
        return (
            next(iter(self._begun), None)
            or self._at_a_socket()
            or self._in_a_thread()
            or self._in_a_process()
        )

    def _at_a_socket(self) -> str | None:
        unknown, self._unknown = self._unknown, set()
        for number in list(unknown):
            if (port := port_listened_at(number)) is not None:
                self._listened.add(port)
                unknown.discard(number)
        for number in unknown:
            if not is_between(number, self._listened):
                self._foreign[number] = described(number)
        return next(iter(self._foreign.values()), None)

    def _in_a_thread(self) -> str | None:
        frames = current_frames()
        self.threads &= frames.keys()
        self.has_threads = len(frames) > len(self.threads | {threading.get_ident()})
        if not self.has_threads:
            return None
        natives = {each.ident: each.native_id for each in threading.enumerate()}
        for ident, frame in frames.items():
            if ident not in self.threads and ident != threading.get_ident():
                native = natives.get(ident)
                if not is_idle(frame) or (native is not None and is_running(native)):
                    return f"a thread, at {standing(frame)}"
        return None

    def _in_a_process(self) -> str | None:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None
        for child in _children():
            if child not in self._helpers:
                told = _command(child)
                if told is None:
                    continue
                if not any(name in told for name in HELPERS):
                    return f"a process, {told.replace(bytes(1), b' ').decode(errors='replace')}"
                self._helpers.add(child)
        return None


def _children() -> Iterator[int]:
    with suppress(OSError):
        for task in os.listdir(TASKS):
            with suppress(OSError), open(f"{TASKS}/{task}/children", "rb", 0) as children:
                yield from map(int, children.read().split())


def _command(child: int) -> bytes | None:
    """The command of a process that runs, or None."""
    with suppress(OSError):
        return Path(f"/proc/{child}/cmdline").read_bytes().strip(bytes(1)) or None
    return None

"""What a peer has under way where the event loop does not see it: virtual time must not leap it.

In threads, in processes, and at sockets that lead out of this process. A thread that waits for
nobody but this process, without a time limit, does nothing.
"""

from __future__ import annotations

import gc
import os
import re
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from traceback import walk_stack
from types import CodeType, FrameType
from typing import Any

from conformance.run.within.source import call_at

TASKS = "/proc/self/task"

HELPERS = (b"multiprocessing.resource_tracker", b"conformance.run.")
"""What commands have in them of processes that wait for this one, or are wsbeat's own."""

NEAR = ("127.0.0.1", "::1")
"""Addresses of this machine itself."""

LIBRARY = os.path.dirname(threading.__file__)
HERE = os.path.dirname(__file__)
NOBODYS = re.compile(f"{re.escape(HERE)}/|{re.escape(LIBRARY)}/(?!.*site-packages)")
"""Files of the library, and of wsbeat: through them a peer waits and sleeps."""


def _current_frames() -> Mapping[int, FrameType]:
    """Where each thread stands.

    Garbage is not collected meanwhile: before 3.11.9 a collection that begins within this call, and
    lets go of the interpreter, may wait for ever for a lock that the call holds (CPython 106883).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if collects:
            gc.enable()


class Elsewhere:
    """What goes on elsewhere, found out each time that time is about to leap."""

    def __init__(self) -> None:
        self.threads = set(_current_frames())
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
            if (port := _port_listened_at(number)) is not None:
                self._listened.add(port)
                unknown.discard(number)
        for number in unknown:
            if not _is_between(number, self._listened):
                self._foreign[number] = _described(number)
        return next(iter(self._foreign.values()), None)

    def _in_a_thread(self) -> str | None:
        frames = _current_frames()
        self.threads &= frames.keys()
        self.has_threads = len(frames) > len(self.threads | {threading.get_ident()})
        if not self.has_threads:
            return None
        natives = {each.ident: each.native_id for each in threading.enumerate()}
        for ident, frame in frames.items():
            if ident not in self.threads and ident != threading.get_ident():
                native = natives.get(ident)
                if not is_idle(frame) or (native is not None and _is_running(native)):
                    return f"a thread, at {_standing(frame)}"
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


# Threads.


def is_idle(frame: FrameType) -> bool:
    """Whether a thread that stands there waits, without end, for what this process does."""
    code, told = frame.f_code, frame.f_locals
    if _is_library(code, "threading.py") and code.co_name == "wait":
        waiter = told.get("waiter")
        return told.get("timeout") is None and (waiter is None or waiter.locked())
    if _is_library(code, "threading.py") and code.co_name in ("_wait_for_tstate_lock", "join"):
        return told.get("timeout", -1) in (-1, None) and bool(told.get("block", True))
    if not call_at(code, frame.f_lasti).endswith((".get()", ".get(block=True)", ".get(True)")):
        return False
    return all(queue.empty() for queue in _queues(told))


def _queues(told: Mapping[str, Any]) -> Iterator[SimpleQueue[Any]]:
    """The queues that a function has at hand: itself, or in what it belongs to."""
    for value in told.values():
        if isinstance(value, SimpleQueue):
            yield value
        else:
            with suppress(Exception):
                yield from (x for x in vars(value).values() if isinstance(x, SimpleQueue))


def _is_library(code: CodeType, name: str) -> bool:
    return code.co_filename == os.path.join(LIBRARY, name)


def _standing(frame: FrameType) -> str:
    """Where a thread stands, in the code of the peer if it comes from there."""
    stack = (found for found, _ in walk_stack(frame))
    found = next((each for each in stack if not NOBODYS.match(each.f_code.co_filename)), frame)
    code = found.f_code
    return f"{os.path.basename(code.co_filename)}:{found.f_lineno} ({code.co_qualname})"


def _is_running(native: int) -> bool:
    """Whether the system runs a thread, or would."""
    try:
        told = Path(TASKS, str(native), "stat").read_bytes()
    except OSError:
        return False
    return told.rpartition(b")")[2].split()[0] != b"S"


def place(func: Callable[..., Any]) -> str:
    """What a function is called, and where it stands."""
    if isinstance(func, partial):  # asyncio.to_thread has the function among the arguments.
        func = next((x for x in (func.func, *func.args) if hasattr(x, "__code__")), func.func)
    name = getattr(func, "__qualname__", type(func).__name__)
    code = getattr(func, "__code__", None)
    if code is None or code.co_filename.startswith(HERE):
        return str(name)
    return f"{os.path.basename(code.co_filename)}:{code.co_firstlineno} ({name})"


# Processes.


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


# Sockets.


def _socket(number: int) -> socket.socket | None:
    """The socket of a descriptor, which stays open; whoever gets it detaches it."""
    try:
        return socket.socket(fileno=number)
    except OSError:
        return None


def _port_listened_at(number: int) -> object:
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


def _is_between(number: int, listened: Set[object]) -> bool:
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


def _described(number: int) -> str:
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
    return _port_listened_at(number) == port

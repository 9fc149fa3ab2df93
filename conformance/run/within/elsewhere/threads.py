"""Threads of a peer: where they stand, and whether they do anything there.

A thread that waits for nobody but this process does nothing: without a time limit, or as a nap.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from traceback import walk_stack
from types import CodeType, FrameType
from typing import Any

from conformance.run.within.elsewhere.naps import Waiter
from conformance.run.within.elsewhere.sockets import is_pipe_within
from conformance.run.within.elsewhere.source import call_at

TASKS = "/proc/self/task"

LIBRARY = os.path.dirname(threading.__file__)
HERE = os.path.dirname(os.path.dirname(__file__))
NOBODYS = re.compile(f"{re.escape(HERE)}/|{re.escape(LIBRARY)}/(?!.*site-packages)")
"""Files of the library, and of wsbeat: through them a peer waits and sleeps."""


def current_frames() -> Mapping[int, FrameType]:
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


def is_idle(frame: FrameType) -> bool:
    """Whether a thread that stands there waits for what this process does, or naps."""
    if Waiter.is_waited_for(frame):
        return True
    code, told = frame.f_code, frame.f_locals
    if _is_library(code, "threading.py") and code.co_name == "wait":
        waiter = told.get("waiter")
        return told.get("timeout") is None and (waiter is None or waiter.locked())
    if _is_library(code, "threading.py") and code.co_name in ("_wait_for_tstate_lock", "join"):
        return told.get("timeout", -1) in (-1, None) and bool(told.get("block", True))
    if _is_library(code, "multiprocessing/connection.py") and code.co_name == "_recv":
        return is_pipe_within(told.get("handle", -1)) and told.get("remaining") == told.get("size")
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


def standing(frame: FrameType) -> str:
    """Where a thread stands, in the code of the peer if it comes from there."""
    stack = (found for found, _ in walk_stack(frame))
    found = next((each for each in stack if not NOBODYS.match(each.f_code.co_filename)), frame)
    code = found.f_code
    return f"{os.path.basename(code.co_filename)}:{found.f_lineno} ({code.co_qualname})"


def is_running(native: int) -> bool:
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

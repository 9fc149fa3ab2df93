"""Processors that are busy with something else, as on a machine that many share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LOOP = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0))).start()
while True:
    pass
"""
"""Takes all the time that it gets; it ends with its standard input, so with who started it."""


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """So many processes that only take time from others, for as long as the block lasts."""
    with ExitStack() as stack:
        for _ in range(count):
            command = [sys.executable, "-c", LOOP]
            loop = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))
            stack.callback(loop.kill)
        yield


def cores() -> int:
    """How many processors there are."""
    return os.cpu_count() or 1

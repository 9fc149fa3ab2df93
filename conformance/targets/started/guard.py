"""The guard: a process that kills what wsbeat started, if wsbeat is gone without having done so.

A process that is killed ends nothing. So the process groups of servers and clients under test are
told to a guard, in a session of its own, through a pipe. When the pipe ends, whoever told them is
gone, and the guard kills all groups that are left. Between the start of a process and the telling
lies a moment that nothing guards.

Run as a program, this file is the guard. It imports nothing of the suite, and starts in some 10 ms.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import IO, Self


class Guard:
    """The side of the process that starts others; the guard itself runs as long as the block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def watch(self, group: int) -> None:
        """Have a process group killed should this process be gone before it is forgotten."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """A process group has ended: its number may be given to others."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        # A guard that was killed protects nothing any more, and hinders nothing either.
        with suppress(BrokenPipeError):
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


def stand_guard(told: IO[str]) -> None:
    """Keep the list of groups up to the end of the input, and kill those that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left: set[int] = set()
    for line in told:
        (left.add if line[0] == "+" else left.discard)(int(line[1:]))
    for group in left:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    stand_guard(sys.stdin)

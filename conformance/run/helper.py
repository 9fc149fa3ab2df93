"""A helper: a module of the suite that works in a process of its own, and is told and says lines.

It reads what it is to do from standard input, a line of JSON at a time, and writes what it found to
standard output. What it says on standard error is shown if it fails.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import IO


class HarnessFault(Exception):
    """A process of wsbeat itself failed; the text is what it said."""


class Helper:
    """The parent's side of a helper; whoever starts one ends it."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - see end
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            # Who interrupts a whole group, as terminals and `timeout` do, means the run, which
            # ends its helpers; a helper that died by itself would pass for a fault of wsbeat.
            process_group=0,
        )

    @property
    def output(self) -> IO[str]:
        """The lines that it writes."""
        assert self.popen.stdout is not None
        return self.popen.stdout

    def tell(self, line: str) -> None:
        """Write a line; that a helper is gone is found out when it is to be read.

        One that was told no more is told nothing.
        """
        assert self.popen.stdin is not None
        if self.popen.stdin.closed:
            return
        with suppress(BrokenPipeError):
            self.popen.stdin.write(f"{line}\n")
            self.popen.stdin.flush()

    def tell_no_more(self) -> None:
        """End its input."""
        assert self.popen.stdin is not None
        with suppress(BrokenPipeError):  # What was not written any more is of no use to anybody.
            self.popen.stdin.close()

    def fault(self) -> HarnessFault:
        """What to raise where it ended without having been told to; waits for that end."""
        code = self.popen.wait()
        return HarnessFault(f"{self.module} ended with code {code}:\n{self.complaint()}")

    def complaint(self) -> str:
        """What it said on standard error so far."""
        self._errors.seek(0)
        return self._errors.read().strip()

    def end(self, patience: float = 0.0) -> None:
        """End its input, give it so many seconds to end, then kill it.

        Its output stays open: somebody may still be reading it.
        """
        self.tell_no_more()
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def close(self) -> None:
        """Close what was read from it, once it has ended."""
        self.output.close()
        self._errors.close()

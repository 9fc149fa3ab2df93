"""A server in a process of its own."""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

READY_WITHIN = 30.0  # seconds; an import on a machine that is busy with other tests takes a while
END_WITHIN = 15.0
GONE_WITHIN = 10.0  # seconds; a signal that ends a process is not yet its end


@dataclass(frozen=True)
class Process:
    """A server that has said where it listens; ``stderr`` is the file of what it complained of."""

    url: str
    popen: subprocess.Popen[bytes]
    stderr: Path

    def complaints(self) -> str:
        """Return what the process has written to its standard error so far."""
        return self.stderr.read_text("utf-8", errors="replace")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the process to end and return its exit code, -9 if it had to be killed."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()


@contextmanager
def running(
    module: str, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run ``python -m module arguments`` as `started` does."""
    with started([sys.executable, "-m", module, *arguments], environ=environ) as process:
        yield process


@contextmanager
def started(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a command, wait for its ``ws://`` URL, end it afterwards.

    Raises ``AssertionError`` with what the process wrote if it ends or says nothing in time.
    """
    with tempfile.TemporaryDirectory() as folder:
        stderr = Path(folder) / "stderr"
        with stderr.open("wb") as file:
            popen = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=file,
                env={**os.environ, **(environ or {})},
            )
        with popen:
            process = Process("", popen, stderr)
            try:
                yield Process(_read_url(process), popen, stderr)
            finally:
                process.end()


def _read_url(process: Process) -> str:
    assert process.popen.stdout is not None
    pipe, said, deadline = process.popen.stdout.fileno(), b"", monotonic() + READY_WITHIN
    while not said.endswith(b"\n") and select.select([pipe], [], [], deadline - monotonic())[0]:
        chunk = os.read(pipe, 4096)
        if not chunk:
            break
        said += chunk
    url = re.search(r"ws://\S+", said.decode())
    assert url, f"no URL in {said!r} within {READY_WITHIN} s; stderr: {process.complaints()}"
    return url[0]


def gone(*numbers: int) -> bool:
    """Whether all of these processes end, or have ended."""
    by = monotonic() + GONE_WITHIN
    return all(_ends(number, by) for number in numbers)


def _ends(number: int, by: float) -> bool:
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([process], [], [], max(0.0, by - monotonic()))
        return bool(ended)
    finally:
        os.close(process)

"""`wsbeat demo`: the reference server as a process of its own, for as long as it is checked."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from .report.printable import printable

START = 20.0
"""Seconds that the server may take to say that it is ready."""

END = 7.0
"""Seconds that it may take to end when it is told to; then it is killed."""

NEEDED = ("reference_server", "fastapi", "uvicorn")
INSTALL = 'pip install "wsbeat[reference]"'


class DemoError(Exception):
    """The reference server could not be started; the text says why and what to do."""


def missing_reference() -> str | None:
    """What to do when the reference server cannot be run here, or None when it can."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return None
    return f"The reference server needs {', '.join(missing)}. Install it with: {INSTALL}"


@contextmanager
def reference_server(timing: str) -> Iterator[str]:
    """Start the reference server on a free port; the URL. It is ended in any case.

    Raises DemoError.
    """
    if lacking := missing_reference():
        raise DemoError(lacking)
    command = [
        sys.executable, "-P", "-m", "reference_server",
        "--host", "127.0.0.1", "--port", "0", "--timing", timing,
    ]  # fmt: skip
    with running(command, _environment()) as url:
        yield url


@contextmanager
def running(
    command: Sequence[str], environment: dict[str, str], start: float = START, end: float = END
) -> Iterator[str]:
    """Run a server that prints a line with its URL; yield the URL, and end the server after.

    It is in a session of its own, so that a Ctrl-C reaches wsbeat alone, which then ends it in
    order. `start` and `end` are how long (seconds) its start and its end may take.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=complaints, start_new_session=True,
        )  # fmt: skip
        try:
            yield _url(process, complaints, start)
        finally:
            _stop(process, end)


def _environment() -> dict[str, str]:
    """The environment of the server: without settings that would change its timing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WSBEAT_")}
    found = find_spec("reference_server")
    home = str(Path(found.origin).parent.parent) if found and found.origin else ""
    # The server must be found where this process found it, and not in the current folder.
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [home, kept.get("PYTHONPATH", "")]))
    return kept


def _url(process: subprocess.Popen[bytes], complaints: IO[bytes], patience: float) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + patience
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(left):
                continue
            part = os.read(process.stdout.fileno(), 4096)
            said += part
            found = re.search(rb"(ws://\S+).*\n", said)
            if found:
                return found[1].decode()
            if not part:
                code = process.wait(max(0.1, deadline - time.monotonic()))
                raise DemoError(
                    f"The reference server ended with code {code} before it was ready."
                    f"{_complaint(complaints)}"
                )
    raise DemoError(
        f"The reference server was not ready after {patience:.0f} s.{_complaint(complaints)}"
    )


def _complaint(complaints: IO[bytes]) -> str:
    """The end of what the server wrote to standard error, line by line."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="backslashreplace").splitlines()[-20:]
    return " It said:\n" + "\n".join(f"  {printable(line, 300)}" for line in lines) if lines else ""


def _stop(process: subprocess.Popen[bytes], patience: float) -> None:
    try:
        process.terminate()
        process.wait(patience)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()

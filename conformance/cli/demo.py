"""`wsbeat demo`: the references as processes of their own, for as long as they are checked."""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from conformance.targets.started.process import END, Launched, LaunchError, launched

READY_TIMEOUT = 20.0
"""Seconds that the server may take to say that it is ready."""


READY = re.compile(rb"(ws://\S+).*\n")
"""The line with which it says so, and where it listens."""


NEEDED = ("reference_server", "reference_client", "fastapi", "uvicorn")


INSTALL = 'pip install "wsbeat[reference]"'


class DemoError(Exception):
    """The reference server could not be started; the text says why and what to do."""


def missing_reference() -> str | None:
    """What to do when the reference server cannot be run here, or None when it can."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return None
    return f"The reference server needs {', '.join(missing)}. Install it with: {INSTALL}"


def reference_client(timing: str) -> str:
    """The command of the reference client."""
    return shlex.join([sys.executable, "-P", "-m", "reference_client", "{url}", "--timing", timing])


@contextmanager
def settings_of(timing: str) -> Iterator[None]:
    """Let references that live in this process have a timing, and nothing else, of settings."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("WSBEAT_"):
            del os.environ[name]
    os.environ["WSBEAT_TIMING"] = timing
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


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
    command: Sequence[str],
    environment: dict[str, str],
    start: float = READY_TIMEOUT,
    end: float = END,
) -> Iterator[str]:
    """Run a server that prints a line with its URL; yield the URL, and end the server after.

    `start` and `end` are how long (seconds) its start and its end may take. Raises DemoError.
    """
    try:
        with launched(command, environment, end) as process:
            yield _url(process, start)
    except LaunchError as error:
        raise DemoError(str(error)) from None


def _environment() -> dict[str, str]:
    """The environment of the server: without settings that would change its timing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WSBEAT_")}
    found = find_spec("reference_server")
    home = str(Path(found.origin).parent.parent) if found and found.origin else ""
    # The server must be found where this process found it, and not in the current folder.
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [home, kept.get("PYTHONPATH", "")]))
    return kept


def _url(process: Launched, patience: float) -> str:
    by = time.monotonic() + patience
    said = process.said(lambda text: bool(READY.search(text)), patience)
    if found := READY.search(said):
        return found[1].decode()
    if process.has_ended(by - time.monotonic()):
        what = f"{process.end} before it was ready"
    else:
        what = f"was not ready after {patience:.0f} s"
    raise DemoError(f"The reference server {what}.{process.complaint}")

"""Running one of these servers in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]

TIMING: Mapping[str, str | float] = {
    "name": "crowds",
    "heartbeat_interval": 4,
    "heartbeat_timeout": 9,
    "check_interval": 3,
    "reconnect_delay": 1,
    "reconnect_jitter": 1,
    "reconnect_cap": 4,
    "reply_deadline": 1,
    "pong_timeout": 3,
    "interval_tolerance": 0.2,
    "tolerance": 1,
}
"""Production's, shortened so that a crowd shows in a minute what it has to show."""


@contextmanager
def serving(fault: str, folder: Path, timing: Mapping[str, str | float] = TIMING) -> Iterator[str]:
    """Run a server with a fault, or none, and yield its URL."""
    file = folder / "timing.json"
    file.write_text(json.dumps(timing))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crowds", fault, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()

"""The reference server in several processes: a connection stays with the one that accepted it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.targets.crowd import Crowd
from conformance.targets.started.process import free_ports
from tests.crowds.serving import ROOT, TIMING
from tests.crowds.test_faults import checked, failed

pytestmark = [pytest.mark.proof, pytest.mark.alone]

WORKERS = 2
UP = "Application startup complete."
UVICORN = (sys.executable, "-m", "uvicorn", "--factory", "tests.crowds.application:application")


@contextmanager
def workers(folder: Path) -> Iterator[str]:
    """Run the server in several processes of uvicorn; yields its URL once all of them are up."""
    [port] = free_ports(1)
    timing = folder / "timing.json"
    timing.write_text(json.dumps(TIMING), "utf-8")
    options = ("--port", str(port), "--workers", str(WORKERS), "--timeout-graceful-shutdown", "3")
    # Its own pings would end who reads nothing before the heartbeat does.
    quiet = ("--ws-ping-interval", "3600")
    with subprocess.Popen(
        [*UVICORN, *options, *quiet],
        env={**os.environ, "WSBEAT_TIMING": str(timing)},
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stderr is not None
        try:
            up, seen = 0, list[str]()
            while up < WORKERS:
                line = process.stderr.readline()
                assert line, "".join(seen)
                seen.append(line)
                up += UP in line
            yield f"ws://127.0.0.1:{port}/ws"
        finally:
            process.terminate()
            process.communicate()


def test_several_workers_keep_every_promise_to_a_crowd(tmp_path: Path) -> None:
    with workers(tmp_path) as url:
        result = checked(url, Crowd((400,), 25.0, 3.0))
    assert failed(result) == set()
    assert result.outcome == "conformant", [
        (each.requirement.id, each.verdict, each.because)
        for each in result.assessments
        if each.verdict not in ("passed", "not_applicable")
    ]

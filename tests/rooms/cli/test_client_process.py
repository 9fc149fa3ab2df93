"""`wsbeat client` as the process that a shell or a CI sees: nobody comes, and Ctrl-C."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.peers.process import gone

pytestmark = pytest.mark.proof

WSBEAT = [sys.executable, "-m", "conformance", "client", "--timing", "fast"]
PATIENCE = 60.0
SECRET = "correct-horse"


def command(code: str) -> str:
    return shlex.join([sys.executable, "-c", code, "{url}"])


def test_a_client_that_ends_at_once(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = subprocess.run(
        [*WSBEAT, "--json", str(report), "--command",
         command("import sys; sys.exit('\\x1b[2J\\x1b[31mno configuration')")],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, "TOKEN": SECRET},
    )  # fmt: skip
    assert run.returncode == 3
    assert "wsbeat: The client ended before it connected (exit code 1). It printed:" in run.stderr
    assert "  <ESC>[2Jno configuration" in run.stderr
    assert SECRET not in run.stderr + run.stdout
    assert "Traceback" not in run.stderr


def test_a_client_that_is_no_websocket_client() -> None:
    code = (
        "import sys, urllib.request as r;"
        "r.ProxyHandler({}); r.urlopen(sys.argv[1].replace('ws:', 'http:'))"
    )
    run = subprocess.run(
        [*WSBEAT, "--command", command(code)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 3
    assert "ended before it connected (exit code 0). What came was GET / by plain" in run.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_clients_are_gone_after_an_interruption(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "processes"
    client = f"{sys.executable} -m tests.peers.aiohttp_client {{url}} --timing fast"
    note = f"sh -c 'echo $$ >> {file}; exec {client}'"
    run = subprocess.Popen(
        [*WSBEAT, "--command", note], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    by = time.monotonic() + PATIENCE
    while not file.exists() or len(file.read_text().split()) < 5:
        assert time.monotonic() < by
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(number)
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 3
    assert "interrupted" in said
    assert gone(*map(int, file.read_text().split()))

"""The reference server directly and through nginx, at idle timeouts below and above the limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.nginx import NGINX, proxying
from tests.peers.process import running

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(NGINX is None, reason="nginx is not here (Debian: apt install nginx-light)"),
]

WSBEAT = (sys.executable, "-m", "conformance", "server")

BELOW, BETWEEN, ABOVE = 0.4, 1.1, 3.0
"""Seconds: below `heartbeat_interval`, below `heartbeat_timeout`, above `latest_close`."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running("reference_server", "--port=0", "--timing=fast") as process:
        yield process.url


@pytest.mark.parametrize(
    ("idle", "verdicts", "code"),
    [
        (BELOW, {"D-PROXY": "failed", "D-PROXY-SILENT": "not_exercised"}, 1),
        (BETWEEN, {"D-PROXY": "passed", "D-PROXY-SILENT": "warned"}, 0),
        (ABOVE, {"D-PROXY": "passed", "D-PROXY-SILENT": "passed"}, 0),
    ],
)
def test_its_idle_timeout_is_found_out(
    server: str, idle: float, verdicts: dict[str, str], code: int, tmp_path: Path
) -> None:
    with proxying(server, idle, tmp_path) as proxied:
        report = tmp_path / "report.json"
        options = ["--timing", "fast", "--select", "D-*", "--json", str(report)]
        told = subprocess.run(
            [*WSBEAT, server, "--behind-proxy", proxied, *options],
            capture_output=True,
            text=True,
            check=False,
        )
    found = json.loads(report.read_text("utf-8"))
    said = {each["id"]: each["verdict"] for each in found["requirements"]}
    assert {id: said[id] for id in verdicts} == verdicts, told.stdout
    assert told.returncode == code, told.stdout

"""A client that does nothing for its heartbeat passes nothing that needs something to be done."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.enemies.idle_client import DEEDS

pytestmark = pytest.mark.alone

AT_MOST = 120.0  # seconds; what takes longer has hung
PROHIBITIONS = {"C-RECONNECT-SINGLE", "C-CLOSE-FINAL", "C-STAY"}
"""What can be kept by leaving things undone: all that passes for these clients is among it."""

Runs: TypeAlias = "dict[str, Future[tuple[int, dict[str, Any]]]]"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The exit code and the report of the command for each of them; empty where there is none."""
    folder = tmp_path_factory.mktemp("reports")
    with ThreadPoolExecutor(len(DEEDS)) as pool:
        yield {deed: pool.submit(_run, deed, folder / deed) for deed in DEEDS}


def _run(deed: str, report: Path) -> tuple[int, dict[str, Any]]:
    client = shlex.join([sys.executable, "-m", "tests.enemies.idle_client", deed]) + " {url}"
    ran = subprocess.run(
        [sys.executable, "-m", "conformance", "client", "--command", client,
         "--timing", "fast", "--examples", "5", "--json", str(report)],
        capture_output=True, text=True, timeout=AT_MOST, check=False,
    )  # fmt: skip
    assert "Traceback" not in ran.stdout + ran.stderr
    return ran.returncode, json.loads(report.read_text("utf-8")) if report.exists() else {}


@pytest.mark.parametrize("deed", ["does_nothing", "leaves_at_once"])
def test_a_client_that_connects_and_no_more_is_violated(deed: str, runs: Runs) -> None:
    code, report = runs[deed].result()
    passed = {each["id"] for each in report["requirements"] if each["verdict"] == "passed"}
    assert (code, report["outcome"]) == (1, "violated")
    assert passed <= PROHIBITIONS


def test_a_client_that_never_connects_is_incomplete(runs: Runs) -> None:
    assert runs["never_connects"].result() == (3, {})

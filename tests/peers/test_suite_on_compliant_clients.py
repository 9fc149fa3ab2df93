"""The suite, as a user runs it, passes compliant clients of other libraries.

They are handed over in each of the three ways.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.run.client.drivers.browser import missing_browser
from tests.peers.web import pages
from tests.references.client_js.node import node, package

pytestmark = pytest.mark.proof

CLIENT = f"{sys.executable} -m tests.peers.aiohttp_client"
PAGES = Path(__file__).parent
AT_MOST = 400.0  # seconds; waiting in turns takes a minute and a half on an idle machine
NEEDS_ASKING = {"C-CLOSE-FINAL", "C-CLOSE-ON-EXIT", "C-TLS-VERIFY"}
HEARTBEATS = {"C-PING-FIRST", "C-PING-CADENCE", "C-PING-ALWAYS", "C-PING-SINGLE"}


def checked(*arguments: str) -> tuple[dict[str, str], str]:
    """The verdicts of a run, and its whole report."""
    run = subprocess.run(
        [sys.executable, "-m", "conformance", "client", "--timing", "fast", "--json", "-",
         *arguments],
        capture_output=True, text=True, timeout=AT_MOST, check=False,
    )  # fmt: skip
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    assert report["exit_code"] == run.returncode
    return {each["id"]: each["verdict"] for each in report["requirements"]}, run.stderr


def of(verdicts: dict[str, str], *wanted: str) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict in wanted}


def test_a_command() -> None:
    verdicts, report = checked("--command", f"{CLIENT} {{url}} --timing fast")
    assert of(verdicts, "passed") | {"B-CLIENT-PONG", "B-NO-LOOP"} == set(verdicts), report


def test_a_command_under_plan_b() -> None:
    command = f"{CLIENT} {{url}} --timing fast --answer-pings"
    verdicts, report = checked("--command", command, "--server-ping")
    assert of(verdicts, "passed") == set(verdicts) - HEARTBEATS, report


def on_node() -> str:
    """The command of the client on Node, or a skip that says what is not here."""
    package("ws")
    return shlex.join([node(), str(PAGES / "ws_client.mjs")])


def test_a_command_on_node() -> None:
    verdicts, report = checked("--command", f"{on_node()} {{url}} --timing fast")
    assert of(verdicts, "passed") | {"B-CLIENT-PONG", "B-NO-LOOP"} == set(verdicts), report


def test_a_command_on_node_that_asks_by_http_first_and_keeps_a_tcp_connection_ready() -> None:
    command = f"{on_node()} {{url}} --timing fast --beforehand"
    verdicts, report = checked("--command", command)
    assert of(verdicts, "passed") | {"B-CLIENT-PONG", "B-NO-LOOP"} == set(verdicts), report


def test_a_command_on_node_under_plan_b() -> None:
    command = f"{on_node()} {{url}} --timing fast --answer-pings"
    verdicts, report = checked("--command", command, "--server-ping")
    assert of(verdicts, "passed") == set(verdicts) - HEARTBEATS, report


@pytest.mark.long
def test_whoever_connects() -> None:
    wsbeat = subprocess.Popen(
        [sys.executable, "-m", "conformance", "client", "--timing", "fast", "--json", "-",
         "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert wsbeat.stderr is not None
    url = wsbeat.stderr.readline().split()[-1]
    client = subprocess.Popen([*CLIENT.split(), url, "--timing", "fast"])
    try:
        report, told = wsbeat.communicate(timeout=AT_MOST)
    finally:
        client.terminate()
        client.wait()
        wsbeat.kill()
    verdicts = {each["id"]: each["verdict"] for each in json.loads(report)["requirements"]}
    left_out = NEEDS_ASKING | {"B-CLIENT-PONG", "B-NO-LOOP"}
    assert of(verdicts, "not_applicable") == left_out, told
    assert of(verdicts, "passed") == set(verdicts) - left_out, told


@pytest.mark.alone
@pytest.mark.skipif(
    missing_browser() is not None, reason=f"PAGES ARE NOT TESTED HERE: {missing_browser()}"
)
def test_a_page() -> None:
    with pages(PAGES) as url:
        page = f"{url}/heartbeat_page.html?timing=fast&ws={{url}}"
        verdicts, report = checked("--page", page)
    assert of(verdicts, "passed") | {"B-CLIENT-PONG", "B-NO-LOOP"} == set(verdicts), report

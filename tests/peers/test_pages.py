"""Pages that lose their network or are hidden: the compliant one, and what others make of that.

The page is served with some of its lines replaced, and each scenario is performed on it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import spec
from conformance.rules import judge
from conformance.run.client.drivers.browser import missing_browser
from conformance.run.client.session import Task
from conformance.run.client.worker import ClientJob, perform
from conformance.scenarios.client import page
from conformance.targets.client import ClientTarget
from conformance.trace.trace import Trace
from conformance.wire.clock import watchful_loop

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(missing_browser() is not None, reason=missing_browser() or ""),
]

SOURCE = (Path(__file__).parent / "heartbeat_page.html").read_text("utf-8")
END = "connect();\n</script>"
OFFLINE = page.loses_its_network_and_gets_it_back
HIDDEN = page.is_hidden_and_shown_again

BROKEN: dict[str, tuple[object, str, str]] = {
    "connects when it is told that it is online, and leaves its timer running": (
        OFFLINE,
        'addEventListener("online", connect);',
        "C-RECONNECT-SINGLE",
    ),
    "gives up when it is offline, and waits for nothing": (
        OFFLINE,
        'addEventListener("offline", () => { over = true; clearTimeout(reconnecting); });',
        "C-RECONNECT",
    ),
    "pings on another timer whenever it is seen": (
        HIDDEN,
        'document.addEventListener("visibilitychange", () => document.hidden || '
        "setInterval(ping, interval, socket));",
        "C-PING-CADENCE",
    ),
    "connects anew whenever it is seen": (
        HIDDEN,
        'document.addEventListener("visibilitychange", () => document.hidden || connect());',
        "C-RECONNECT-SINGLE",
    ),
    "closes its connection when it is hidden": (
        HIDDEN,
        'document.addEventListener("visibilitychange", () => document.hidden && socket.close());',
        "C-STAY",
    ),
    "stops pinging while it is hidden": (
        HIDDEN,
        'document.addEventListener("visibilitychange", () => document.hidden && '
        "clearInterval(pinging));",
        "C-PING-CADENCE",
    ),
}
"""What is added to the page, the scenario that shows it, and the requirement that it breaks."""


@contextmanager
def served(added: str) -> Iterator[str]:
    """The URL of the page with something added, for as long as the block lasts."""
    assert SOURCE.count(END) == 1
    body = SOURCE.replace(END, f"{added}\n{END}").encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/?ws={{url}}&timing=fast"
        finally:
            server.shutdown()
            thread.join()


def performed(scenario: Any, added: str) -> Trace:
    """The trace of one scenario, performed on the page with something added."""
    traces: list[Trace] = []
    with served(added) as url:
        job = ClientJob(
            ClientTarget("page", url, spec.load_timing("fast")), (Task(scenario),), 2, 0
        )
        loop, clock = watchful_loop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(perform(job, clock, asyncio.Event(), traces.append))
    [trace] = (each for each in traces if each.scenario == scenario.name)
    return trace


def found_in(trace: Trace) -> dict[str, set[str]]:
    """Which requirements came to which outcome."""
    outcomes: dict[str, set[str]] = {}
    for name, observation in judge(trace):
        outcomes.setdefault(observation.outcome, set()).add(name)
    return outcomes


@pytest.mark.parametrize("scenario", [OFFLINE, HIDDEN], ids=lambda scenario: scenario.name)
def test_a_compliant_page_bears_it(scenario: Any) -> None:
    found = found_in(performed(scenario, ""))
    assert not found.get("violated")
    assert (
        set(scenario.exercises) - {"C-RECONNECT-CEILING", "C-RECONNECT-FLOOR", "C-BACKOFF"}
        <= (found["satisfied"])
    )


def test_a_page_that_comes_back_as_soon_as_it_is_online_is_compliant() -> None:
    at_once = 'addEventListener("online", () => { clearTimeout(reconnecting); connect(); });'
    found = found_in(performed(OFFLINE, f"{at_once}"))
    assert not found.get("violated")
    assert "C-RECONNECT" in found["satisfied"]


@pytest.mark.parametrize("what", BROKEN)
def test_what_a_page_makes_of_it_is_found(what: str) -> None:
    scenario, added, requirement = BROKEN[what]
    assert requirement in found_in(performed(scenario, added)).get("violated", set())

"""Pages that lose their network or are hidden: the compliant one, and what others make of that.

The page is served with some of its lines replaced, and each scenario is performed on it alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import spec
from conformance.rules import judge
from conformance.run.client.drivers.browser import missing_browser
from conformance.run.client.session import Task
from conformance.run.client.worker import ClientJob, perform
from conformance.scenarios.client import page
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.client import ClientTarget
from conformance.trace.trace import Trace
from conformance.wire.clock import watchful_loop
from tests.peers.web import pages

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(missing_browser() is not None, reason=missing_browser() or ""),
]

SOURCE = (Path(__file__).parent / "heartbeat_page.html").read_text("utf-8")
END = "connect();\n</script>"
OFFLINE = page.loses_its_network_and_gets_it_back
HIDDEN = page.is_hidden_and_shown_again

BROKEN: dict[str, tuple[ClientScenario, str, str]] = {
    "connects when it is told that it is online, and leaves its timer running": (
        OFFLINE,
        'addEventListener("online", connect);',
        "C-RECONNECT-SINGLE",
    ),
    "connects when it is told that it is online, and does not ask whether it is connected": (
        OFFLINE,
        'addEventListener("online", () => { clearTimeout(reconnecting); connect(); });',
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


def performed(scenario: ClientScenario, added: str, folder: Path) -> Trace:
    """The trace of one scenario, performed on the page with something added."""
    assert SOURCE.count(END) == 1
    (folder / "page.html").write_text(SOURCE.replace(END, f"{added}\n{END}"), "utf-8")
    traces: list[Trace] = []
    with pages(folder) as url:
        target = ClientTarget(
            "page", f"{url}/page.html?ws={{url}}&timing=fast", spec.load_timing("fast")
        )
        loop, clock = watchful_loop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            job = ClientJob(target, (Task(scenario),), 2, 0)
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
def test_a_compliant_page_bears_it(scenario: ClientScenario, tmp_path: Path) -> None:
    found = found_in(performed(scenario, "", tmp_path))
    assert not found.get("violated")
    assert (
        set(scenario.exercises) - {"C-RECONNECT-CEILING", "C-RECONNECT-FLOOR", "C-BACKOFF"}
        <= (found["satisfied"])
    )


def test_a_page_that_comes_back_as_soon_as_it_is_online_is_compliant(tmp_path: Path) -> None:
    at_once = (
        'addEventListener("online", () => { if (socket.readyState < 2) return; '
        "clearTimeout(reconnecting); connect(); });"
    )
    found = found_in(performed(OFFLINE, at_once, tmp_path))
    assert not found.get("violated")
    assert "C-RECONNECT" in found["satisfied"]


@pytest.mark.parametrize("what", BROKEN)
def test_what_a_page_makes_of_it_is_found(what: str, tmp_path: Path) -> None:
    scenario, added, requirement = BROKEN[what]
    assert requirement in found_in(performed(scenario, added, tmp_path)).get("violated", set())

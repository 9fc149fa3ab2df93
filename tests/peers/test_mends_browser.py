"""A page with the mends for the browser, and without one: each in the scenario that shows it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

import spec
from conformance.run.client.drivers.browser import missing_browser
from conformance.run.client.session import Task
from conformance.run.client.worker import ClientJob, perform
from conformance.scenarios import scenarios
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.client import ClientTarget
from conformance.trace.trace import Capabilities, Trace
from conformance.wire.clock import watchful_loop
from tests.peers.test_pages import found_in
from tests.peers.web import pages

in_a_browser = [
    pytest.mark.proof,
    pytest.mark.skipif(missing_browser() is not None, reason=missing_browser() or ""),
]

SOURCE = (Path(__file__).parent / "mended_page.html").read_text("utf-8")
PING = """socket.send('{"type":"ping"}');"""
PONG = """    if (message?.type === "ping") socket.send('{"type":"pong"}');\n"""
BEAT = "    beat = setInterval(ping, interval);\n"
HEARD = """    if (message?.type === "pong") clearTimeout(pong);\n"""

UNMENDED: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "C-PING-FORM": ("answers_pings_at_once", ((PING, PING.replace('"}', '","at":0}')),)),
    "C-PING-FIRST": ("answers_pings_at_once", ((BEAT, ""), (HEARD, HEARD + BEAT))),
    "C-PING-SINGLE": (
        "cuts_one_connection_after_another",
        (
            (f"    clearInterval(beat);\n{BEAT}", BEAT),
            ("function lost() {\n  clearInterval(beat);\n", "function lost() {\n"),
            (PING, f"if (socket.readyState === 1) {PING}"),
        ),
    ),
    "C-RECONNECT": (
        "closes_for_want_of_heartbeats",
        (
            ("function lost() {", "function lost(event) {"),
            ("if (wanted) retry", "if (wanted && event?.code !== 1000) retry"),
        ),
    ),
    "C-PONG-MISSING": (
        "falls_silent",
        (
            ("  pong = setTimeout(() => {", "  pong = void (() => {"),
            ("  }, pongTimeout + 5);", "  });"),
        ),
    ),
    "B-CLIENT-PONG": ("pings_the_client", ((PONG, ""),)),
}  # fmt: skip
"""For each requirement the scenario that shows it, and what pages have in place of the mend."""


def source_without(requirement: str | None) -> str:
    """The page, without the mend of one requirement."""
    source = SOURCE
    for mended, usual in UNMENDED[requirement][1] if requirement else ():
        assert source.count(mended) == 1, (requirement, mended)
        source = source.replace(mended, usual)
    return source


def outcomes(requirement: str, source: str, folder: Path) -> dict[str, set[str]]:
    """Which requirements came to which outcome in the scenario of one, on a page."""
    [scenario] = (each for each in scenarios() if each.name == UNMENDED[requirement][0])
    assert isinstance(scenario, ClientScenario)
    (folder / "page.html").write_text(source, "utf-8")
    traces: list[Trace] = []
    with pages(folder) as url:
        target = ClientTarget(
            "page",
            f"{url}/page.html?ws={{url}}&timing=fast",
            spec.load_timing("fast"),
            "fast",
            Capabilities(server_ping=requirement.startswith("B-")),
        )
        loop, clock = watchful_loop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            job = ClientJob(target, (Task(scenario),), 2, 0)
            runner.run(perform(job, clock, asyncio.Event(), traces.append))
    [trace] = (each for each in traces if each.scenario == scenario.name)
    return found_in(trace)


class TestInABrowser:
    """In real time, at the fast timing."""

    pytestmark = in_a_browser

    @pytest.mark.parametrize("requirement", UNMENDED)
    def test_with_all_mends_it_is_satisfied(self, requirement: str, tmp_path: Path) -> None:
        found = outcomes(requirement, SOURCE, tmp_path)
        assert not found.get("violated")
        assert requirement in found["satisfied"]

    @pytest.mark.parametrize("requirement", UNMENDED)
    def test_without_its_mend_it_is_violated(self, requirement: str, tmp_path: Path) -> None:
        found = outcomes(requirement, source_without(requirement), tmp_path)
        assert found.get("violated") == {requirement}


TRIED = {
    each.id: spec.mend_of(each.id).at["Browser"]
    for each in spec.requirements()
    if "Browser" in spec.mend_of(each.id).at
}


def _folded(text: str) -> str:
    """Code without what differs for good reason: white space, and numbers for constants."""
    return re.sub(r"\s", "", text).replace("30_000", "interval")


def test_what_is_written_of_the_browser_is_in_the_page() -> None:
    page = _folded(SOURCE)
    named = {"C-PING-FORM", "C-PING-CADENCE", "C-PING-SINGLE", "C-PONG-MISSING", "B-CLIENT-PONG"}
    for requirement in named:
        pieces = re.findall("`([^`]+)`", TRIED[requirement])
        assert any(_folded(piece) in page for piece in pieces), requirement
    assert UNMENDED.keys() <= TRIED.keys()

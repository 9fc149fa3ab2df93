"""A page with the mends for the browser, and without one: each in the scenario that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

import spec
from conformance.run.client.drivers.browser import missing_browser
from conformance.targets.client import ClientTarget
from conformance.trace.trace import Capabilities
from tests.peers.mends.one_scenario import outcomes
from tests.peers.mends.taken_out import HERE, Changes, missing, without
from tests.peers.mends.usual import ALIKE, BEAT, PING
from tests.peers.web import pages

SOURCE = (HERE / "page.html").read_text("utf-8")

UNMENDED: dict[str, tuple[str, Changes]] = {
    **ALIKE,
    "C-PING-FORM": ("answers_pings_at_once", ((PING, PING.replace('"}', '","at":0}')),)),
    "C-PING-ALWAYS": (
        "talks_without_a_pause",
        (("    if (typeof event.data", "    heard = performance.now();\n    if (typeof event.data"),
         ("wanted = true;", "wanted = true, heard = 0;"),
         ("function ping() {\n", "function ping() {\n"
                                 "  if (performance.now() - heard < interval / 2) return;\n")),
    ),
    "C-PING-SINGLE": (
        "cuts_one_connection_after_another",
        ((f"    clearInterval(beat);\n{BEAT}", BEAT),
         ("function lost() {\n  clearInterval(beat);\n", "function lost() {\n"),
         (PING, f"if (socket.readyState === 1) {PING}")),
    ),
    "C-RECONNECT": (
        "closes_for_want_of_heartbeats",
        (("function lost() {", "function lost(event) {"),
         ("if (wanted) retry", "if (wanted && event?.code !== 1000) retry")),
    ),
    "C-ANSWER-MISSING": (
        "never_answers_an_attempt", (("socket.readyState === 0 && socket.close()", "0"),),
    ),
    "C-RECONNECT-SINGLE": (
        "answers_503",
        (("  socket.onclose = lost;\n", "  socket.onclose = lost;\n"
                                        "  socket.onerror = () => setTimeout(connect, delay());\n"),
         ("  clearTimeout(retry);\n  socket = new", "  socket = new")),
    ),
    "C-TOLERATE": (
        "says_what_cannot_be_used",
        (("    } catch {\n", "    } catch {\n      socket.close();\n"),),
    ),
    "C-PONG-MISSING": (
        "falls_silent",
        (("  pong = setTimeout(() => {", "  pong = void (() => {"),
         ("  }, pongTimeout + 5);", "  });")),
    ),
}  # fmt: skip
"""For each requirement the scenario that shows it, and what pages have in place of the mend."""

LEAVING = """\
addEventListener("pagehide", () => {
  wanted = false;
  clearInterval(beat);
  clearTimeout(pong);
  clearTimeout(retry);
  socket.close(1000);
});
"""


def performed(requirement: str, name: str, source: str, folder: Path) -> dict[str, set[str]]:
    """Which requirements came to which outcome in a scenario, on a page."""
    (folder / "page.html").write_text(source, "utf-8")
    with pages(folder) as url:
        target = ClientTarget(
            "page",
            f"{url}/page.html?ws={{url}}&timing=fast",
            spec.load_timing("fast"),
            "fast",
            Capabilities(server_ping=requirement.startswith("B-")),
        )
        return outcomes(target, name)


@pytest.mark.alone
@pytest.mark.skipif(missing_browser() is not None, reason=missing_browser() or "")
class TestInABrowser:
    """In real time, at the fast timing."""

    @pytest.mark.parametrize("requirement", UNMENDED)
    def test_with_all_mends_it_is_satisfied(self, requirement: str, tmp_path: Path) -> None:
        found = performed(requirement, UNMENDED[requirement][0], SOURCE, tmp_path)
        assert not found.get("violated")
        assert requirement in found["satisfied"]

    @pytest.mark.parametrize("requirement", UNMENDED)
    def test_without_its_mend_it_is_violated(self, requirement: str, tmp_path: Path) -> None:
        scenario, changes = UNMENDED[requirement]
        found = performed(requirement, scenario, without(SOURCE, changes), tmp_path)
        assert requirement in found.get("violated", set())

    @pytest.mark.parametrize("source", [SOURCE, without(SOURCE, ((LEAVING, ""),))])
    def test_who_closes_a_page_is_said_farewell_to_anyway(
        self, source: str, tmp_path: Path
    ) -> None:
        found = performed("C-CLOSE-ON-EXIT", "is_told_to_end", source, tmp_path)
        assert not found.get("violated")
        assert {"C-CLOSE-ON-EXIT", "C-CLOSE-FINAL"} <= found["satisfied"]


def test_what_is_written_of_the_browser_is_in_the_page() -> None:
    names = {
        "socket.close(),30_000": "socket.close(),cap",
        "3_000+Math.random()*2_000": "delay()",
        "30_000": "interval",
    }
    assert missing("Browser", SOURCE, names) == []

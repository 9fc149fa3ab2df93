"""Proxies before a server, in virtual time: what they end is theirs, what it ends is its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from spec import load_timing
from tests.mutants import find, serving
from tests.mutants.drawn_once import drawn_once, schedules_once
from tests.mutants.matrix import report_of
from tests.peers.impatient_proxy import End, relaying

FAST = load_timing("fast")
BELOW, BETWEEN, ABOVE = 0.5, 1.1, 2.5
"""Idle timeouts (seconds): below `heartbeat_interval`, below `heartbeat_timeout`, above a check."""
DEPLOYMENT = ("D-*",)


def run_behind(
    idle: float | None,
    *select: str,
    end: End = "eof",
    life: float | None = None,
    server: str = "compliant",
) -> Result:
    """What a run finds out about a server directly, and about what stands before it."""
    proxies: list[str] = []

    @asynccontextmanager
    async def serve() -> AsyncIterator[str]:
        async with (
            serving(find(server), FAST) as url,
            relaying(urlsplit(url).port or 0, idle, end, life) as proxy,
        ):
            proxies.append(proxy)
            yield url

    return check_server_within(
        serve,
        lambda url: Target(url, FAST, behind_proxy=proxies[0]),
        Options(examples=2, select=select),
        drawn_once,
        schedules_once,
    )


def verdicts(result: Result) -> dict[str, str]:
    """The verdicts on what stands before the server."""
    return {
        each.requirement.id: each.verdict
        for each in result.assessments
        if each.requirement.id.startswith("D-")
    }


@pytest.mark.parametrize("end", ["eof", "reset", "close frame"])
def test_a_proxy_below_the_interval_fails(end: End) -> None:
    result = run_behind(BELOW, *DEPLOYMENT, end=end)
    assert verdicts(result) == {"D-PROXY": "failed", "D-PROXY-SILENT": "not_exercised"}


@pytest.mark.parametrize("end", ["eof", "reset", "close frame"])
def test_a_proxy_below_the_timeout_is_warned_of(end: End) -> None:
    result = run_behind(BETWEEN, *DEPLOYMENT, end=end)
    assert verdicts(result) == {"D-PROXY": "passed", "D-PROXY-SILENT": "warned"}


@pytest.mark.parametrize("idle", [1.6, ABOVE, None])
def test_a_patient_proxy_passes(idle: float | None) -> None:
    result = run_behind(idle, *DEPLOYMENT)
    assert verdicts(result) == {"D-PROXY": "passed", "D-PROXY-SILENT": "passed"}
    assert result.outcome == "conformant"


def test_a_bound_on_the_life_of_a_connection_is_none_on_its_idleness() -> None:
    result = run_behind(None, *DEPLOYMENT, life=FAST.latest_close + 0.2)
    assert verdicts(result) == {"D-PROXY": "passed", "D-PROXY-SILENT": "passed"}


def test_what_a_proxy_does_is_not_charged_to_the_server() -> None:
    report = report_of(run_behind(BELOW))
    assert report.failed == {"D-PROXY"}, str(report)


@pytest.mark.parametrize("idle", [BETWEEN, None])
@pytest.mark.parametrize(
    "server",
    [
        "closes_a_tenth_too_early",
        "closes_after_half_the_timeout",
        "closes_every_connection_at_a_certain_age",
        "drops_every_connection_after_a_while",
        "fails_on_every_connection_after_a_while",
        "restarts_every_connection_after_a_while",
        "restarts_the_clock_with_the_first_ping_only",
    ],
)
def test_what_the_server_does_is_not_charged_to_a_proxy(server: str, idle: float | None) -> None:
    result = run_behind(idle, *DEPLOYMENT, server=server)
    assert not {"failed", "warned"} & {*verdicts(result).values()}

"""What shows at a server's checks is found out whatever the moment at which it looks."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest

from spec import load_timing
from tests.mutants import virtual
from tests.mutants.behaviour import Behaviour, Conversation
from tests.mutants.mutant import Mutant
from tests.mutants.servers import liveness, sweeps

PHASES = 6

FAST = load_timing("fast")
A_LITTLE_TOO_SELDOM = 1 + sweeps.PART + FAST.tolerance / FAST.check_interval
"""How many checks there are between two looks that are so far apart that now and then it shows."""


def phases(count: int) -> list[object]:
    """So many moments of a check, of which the gate tries every second one."""
    marks = pytest.mark.virtual, pytest.mark.proof
    return [pytest.param(place / count, marks=marks[place % 2]) for place in range(count)]


def looking(checks: float, phase: float, early: float = 0.0) -> Mutant:
    """A server that looks once in so many checks, the first time at a part of that.

    It closes who is due, or will be so soon: `early` is a part of a check as well.
    """

    def change(server: Behaviour) -> Behaviour:
        kept = sweeps.Sweeps()

        def deadline(talk: Conversation) -> float:
            kept.place(talk)
            every = checks * talk.timing.check_interval
            first = kept.talks[0].opened + phase * every
            due = talk.alive + talk.timing.heartbeat_timeout - early * talk.timing.check_interval
            return first + ceil((due - first) / every) * every

        return replace(server, deadline=deadline)

    return replace(sweeps.looks_at_its_connections_half_as_often, change=change)


@pytest.mark.parametrize("phase", phases(PHASES))
@pytest.mark.parametrize("checks", [A_LITTLE_TOO_SELDOM, 2, 3])
def test_looks_too_seldom(checks: int, phase: float, monkeypatch: pytest.MonkeyPatch) -> None:
    server = looking(checks, phase)
    monkeypatch.setattr(virtual, "find", lambda _: server)
    report = virtual.report("server", server.name)
    failed = {name for name, verdict in report.verdicts.items() if verdict == "failed"}
    assert failed == {"S-TIMEOUT-LATEST"}, report.findings


@pytest.mark.parametrize("phase", phases(2 * PHASES))
@pytest.mark.parametrize(
    "overlooks",
    [
        liveness.overlooks_a_ping_that_follows_in_a_third_of_a_check,
        liveness.overlooks_a_ping_that_follows_in_a_tenth_of_a_check,
    ],
    ids=lambda each: each.name,
)
def test_overlooks_a_ping_soon_after_the_last(
    phase: float, overlooks: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = replace(
        overlooks, change=lambda base: looking(1, phase).change(overlooks.change(base))
    )
    monkeypatch.setattr(virtual, "find", lambda _: server)
    report = virtual.report("server", server.name)
    failed = {name for name, verdict in report.verdicts.items() if verdict == "failed"}
    assert failed == {"S-REFRESH"}, report.findings


@pytest.mark.parametrize("phase", phases(PHASES))
def test_rounds_up_how_long_it_was(phase: float, monkeypatch: pytest.MonkeyPatch) -> None:
    server = looking(1, phase, sweeps.PART)
    monkeypatch.setattr(virtual, "find", lambda _: server)
    report = virtual.report("server", server.name)
    failed = {name for name, verdict in report.verdicts.items() if verdict == "failed"}
    assert failed == {"S-TIMEOUT-EARLIEST"}, report.findings

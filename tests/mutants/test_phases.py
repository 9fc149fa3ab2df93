"""A server that looks too seldom is found out whatever the moment at which it looks."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import pytest

from tests.mutants import virtual
from tests.mutants.behaviour import Behaviour, Conversation
from tests.mutants.mutant import Mutant
from tests.mutants.servers import sweeps

pytestmark = pytest.mark.virtual

PHASES = 6


def looking(checks: float, phase: float) -> Mutant:
    """A server that looks once in so many checks, the first time at a part of that."""

    def change(server: Behaviour) -> Behaviour:
        kept = sweeps.Sweeps()

        def deadline(talk: Conversation) -> float:
            kept.place(talk)
            every = checks * talk.timing.check_interval
            first = kept.talks[0].opened + phase * every
            due = talk.alive + talk.timing.heartbeat_timeout
            return first + ceil((due - first) / every) * every

        return replace(server, deadline=deadline)

    return replace(sweeps.looks_at_its_connections_half_as_often, change=change)


@pytest.mark.parametrize("phase", [number / PHASES for number in range(PHASES)])
@pytest.mark.parametrize("checks", [2, 3])
def test_looks_too_seldom(checks: int, phase: float, monkeypatch: pytest.MonkeyPatch) -> None:
    server = looking(checks, phase)
    monkeypatch.setattr(virtual, "find", lambda _: server)
    report = virtual.report("server", server.name)
    failed = {name for name, verdict in report.verdicts.items() if verdict == "failed"}
    assert failed == {"S-TIMEOUT-LATEST"}, report.findings

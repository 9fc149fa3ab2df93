"""Dialects that come with wsbeat and say nothing of silence, in copies that get a [timeout]."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spec.dialect.shipped import document_of, shipped
from tests.mutants import matrix
from tests.mutants.from_file import tongue_from
from tests.mutants.mutant import find
from tests.mutants.test_shipped_dialects import SHIPPED, checked

WITH_A_TIMEOUT = {
    "pings": (
        "compliant", "never_closes", "closes_with_1001", "starts_the_clock_with_the_first_ping",
        "restarts_the_clock_with_the_first_ping_only", "restarts_the_clock_with_business",
    ),
    "messages": (
        "compliant", "never_closes", "closes_with_1001",
        "restarts_the_clock_with_pings_though_it_declares_more",
    ),
}  # fmt: skip
"""What is run in a copy that gets a [timeout], by what restarts the clock in it."""

BARE = 1000
"""The code of a Close that says nothing of why."""

OF_THE_CLIENT = [each for each in SHIPPED if shipped(each).ping_by == "client"]

GATED = ("phoenix-2", "home-assistant", "plain-text")
"""With ids, with ids that rise after a prelude, and with no JSON."""


def _with_a_timeout() -> Iterator[object]:
    """The cases: every run of the tests tries one, the gate some bases and one dialect."""
    for tongue in OF_THE_CLIENT:
        for alive, name in ((alive, name) for alive, row in WITH_A_TIMEOUT.items() for name in row):
            for close in (1000, 4008):
                is_first = tongue == "phoenix-2" and name.endswith("more")
                is_gated = close == BARE and (
                    tongue in GATED if name == "compliant" else tongue == "phoenix-2"
                )
                mark = pytest.mark.virtual if is_gated else pytest.mark.proof
                yield pytest.param(tongue, alive, name, close, marks=() if is_first else mark)


@pytest.mark.parametrize(("tongue", "alive", "name", "close"), list(_with_a_timeout()))
def test_a_copy_with_a_timeout_is_judged_by_its_clock(
    tongue: str, alive: str, name: str, close: int
) -> None:
    """The files that say nothing of silence are there to be copied, and given a [timeout].

    One that closes with 1000 says nothing of why; what a message brings is its application's.
    """
    document, peer = document_of(tongue), find(name)
    interval = document["timing"]["heartbeat_interval"]
    timing = {"heartbeat_timeout": 2.5 * interval, "check_interval": interval}
    spoken = tongue_from(
        {
            **document,
            "name": "ours",
            "alive": {"by": alive},
            "timeout": {"close": [close]},
            "timing": {**document["timing"], **timing},
        }
    )
    matrix.demand_a_right_kill(peer, checked(peer, spoken))

"""At the timing of production, in virtual time: what ``fast`` does not tell, and what it does."""

from __future__ import annotations

import pytest

from conformance.trace.trace import Role
from tests.mutants import matrix, production, virtual
from tests.mutants.matrix import BASES
from tests.mutants.mutant import Mutant
from tests.mutants.near_misses import NEAR_MISSES, NearMiss

pytestmark = pytest.mark.proof

IN_EVERY_PROOF = (
    ("server", "restarts_every_clock_with_any_ping"),
    ("client", "compliant"),
)
LIVE = (
    ("server", "compliant"),
    ("server", "skips_the_next_when_it_closes_one"),
    ("client", "goes_on_pinging_when_asked_to_end"),
    ("server", "answers_every_ping_twice"),
    ("server", "closes_a_tenth_too_early"),
    ("server", "restarts_the_clock_with_business"),
    ("server", "starts_the_clock_with_the_first_ping"),
    ("server", "gives_no_reason"),
    ("client", "pings_half_as_often"),
    ("client", "comes_back_at_once"),
)
"""Of the matrix, some of either role; ``python -m tests.mutants.production`` runs it whole."""

REPRESENTATIVE = [
    pytest.param(*each, marks=marks)
    for group, marks in ((IN_EVERY_PROOF, pytest.mark.virtual), (LIVE, ()))
    for each in group
]
TRIED = [
    pytest.param(each, marks=pytest.mark.virtual if isinstance(each.peer, Mutant) else ())
    for each in NEAR_MISSES
]
"""Clients take twice as long: they are live."""


def family(near_miss: NearMiss) -> str:
    """What is looked at where nothing fails, or the one requirement that does."""
    return near_miss.fails_with or (
        "B-SERVER-PING" if near_miss.peer.declares else "C-PING-CADENCE"
    )


@pytest.mark.parametrize("near_miss", TRIED, ids=lambda each: each.peer.name)
def test_what_fast_timing_does_not_tell_is_told_at_production(near_miss: NearMiss) -> None:
    looked_at = family(near_miss)
    fast, slow = (near_miss.report(timing, looked_at) for timing in ("fast", "production"))
    assert fast.verdicts[looked_at] == "passed", str(fast)
    assert slow.failed == ({near_miss.fails_with} - {None}), str(slow)
    assert near_miss.fails_with or slow.verdicts[looked_at] == "passed"


@pytest.mark.parametrize(("role", "name"), REPRESENTATIVE)
def test_a_mutant_fails_with_what_it_fails_with_at_fast(role: Role, name: str) -> None:
    """But for what it explains."""
    report = virtual.report(role, name, timing_name=production.TIMING)
    assert production.differences(role, name, report) == []


@pytest.mark.parametrize("role", BASES)
def test_what_is_explained_is_one_of_the_requirements_on_its_role(role: Role) -> None:
    for mutant in matrix.known(role):
        assert mutant.at_production.keys() <= matrix.rows(role).keys()

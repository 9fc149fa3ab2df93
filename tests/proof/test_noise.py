"""However busy the machine is, a compliant peer is never found to violate anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof.load import cores
from tests.proof.runs import Tally, on_the_client, on_the_server

pytestmark = pytest.mark.alone

OVERSUBSCRIBED = 2
"""How many busy loops for each processor."""


@pytest.mark.parametrize("check", [on_the_server, on_the_client])
def test_no_violation_is_found_on_an_oversubscribed_machine(
    check: Callable[[int, int], Tally], record_property: Callable[[str, object], None]
) -> None:
    """What cannot be decided then is inconclusive, which is counted and never the peer's fault."""
    found = check(1, OVERSUBSCRIBED * cores())
    record_property("inconclusive", found.outcomes.get("incomplete", 0))
    assert not found.violations, found.unsettled
    assert sum(found.outcomes.values()) == 1

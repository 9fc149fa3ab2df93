"""However busy the machine is, a compliant peer is never found to violate anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proof import runs
from tests.proof.load import cores

pytestmark = pytest.mark.alone

OVERSUBSCRIBED = 2
"""How many busy loops for each processor."""


@pytest.mark.parametrize("peer", ["reference server", "reference client in Python"])
def test_no_violation_is_found_on_an_oversubscribed_machine(
    peer: str, record_property: Callable[[str, object], None]
) -> None:
    """What cannot be decided then is inconclusive, which is counted and never the peer's fault."""
    found = runs.on(peer, 1, OVERSUBSCRIBED * cores())
    record_property("inconclusive", found.outcomes.get("incomplete", 0))
    assert not found.violations, found.unsettled
    assert sum(found.outcomes.values()) == 1

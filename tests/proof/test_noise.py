"""However busy the machine is, a compliant peer is never found to violate anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import pytest

from tests.proof.load import busy_loops, cores
from tests.proof.runs import Tally, on_the_client, on_the_server

pytestmark = pytest.mark.alone

OVERSUBSCRIBED = 2
"""How many busy loops for each processor."""

Check: TypeAlias = Callable[[int], Tally]
CHECKS: tuple[Check, ...] = (on_the_server, on_the_client)


@pytest.fixture(scope="module")
def tallies() -> Iterator[dict[Check, Future[Tally]]]:
    """What a run comes to on each; they go on side by side, and get into each other's way, too."""
    with busy_loops(OVERSUBSCRIBED * cores()), ThreadPoolExecutor(len(CHECKS)) as pool:
        yield {check: pool.submit(check, 1) for check in CHECKS}


@pytest.mark.parametrize("check", CHECKS)
def test_no_violation_is_found_on_an_oversubscribed_machine(
    check: Check,
    tallies: dict[Check, Future[Tally]],
    record_property: Callable[[str, object], None],
) -> None:
    """What cannot be decided then is inconclusive, which is counted and never the peer's fault."""
    found = tallies[check].result()
    record_property("inconclusive", found.outcomes.get("incomplete", 0))
    assert not found.violations, found.unsettled
    assert sum(found.outcomes.values()) == 1

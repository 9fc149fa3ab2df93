"""Runs that are added to recorded ones: counted together, and only where they are of one kind."""

from __future__ import annotations

import pytest

from tests.proof.runs import Tally
from tests.proof.side_by_side import added

TWO = {"one client": Tally({"conformant": 1, "incomplete": 1}, {"C-STAY inconclusive": 1})}
MADE = {"command": "many", "date": "2026-11-30", "machine": "2 cores"}


def test_runs_are_counted_together_with_the_recorded_ones() -> None:
    first = {**MADE, **added({}, TWO, loops=4, at_once=6)}
    second = {**MADE, **added(first, TWO, loops=4, at_once=6)}
    third = added(second, {"another": Tally({"violated": 1}, {})}, loops=4, at_once=6)
    assert third["peers"] == {
        "one client": {
            "outcomes": {"conformant": 2, "incomplete": 2},
            "unsettled": {"C-STAY inconclusive": 2},
        },
        "another": {"outcomes": {"violated": 1}, "unsettled": {}},
    }
    assert third["earlier"] == [MADE, MADE]


@pytest.mark.parametrize(("loops", "at_once"), [(8, 6), (4, 10)])
def test_runs_in_other_company_are_not_added(loops: int, at_once: int) -> None:
    recorded = {**MADE, **added({}, TWO, loops=4, at_once=6)}
    with pytest.raises(ValueError, match="recorded was beside"):
        added(recorded, TWO, loops=loops, at_once=at_once)

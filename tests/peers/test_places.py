"""A server with few places, which `--max-connections` tells, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spec import load_timing
from tests.mutants import find
from tests.mutants.behaviour import House
from tests.mutants.virtual import server_result


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(30, marks=pytest.mark.proof),
        pytest.param(60, marks=pytest.mark.virtual),
        pytest.param(100, marks=pytest.mark.proof),
    ],
)
@pytest.mark.parametrize("lost_with_each_reset", [0, 1])
def test_a_place_that_is_lost_with_each_reset_is_missing_in_the_end(
    places: int, lost_with_each_reset: int
) -> None:
    """What is left of them is enough for one connection, and too little for as many as before."""

    def is_full(house: House) -> bool:
        return house.open + lost_with_each_reset * house.resets >= places

    server = replace(find("compliant"), change=lambda base: replace(base, is_full=is_full))
    result = server_result(server, (), load_timing("fast"), max_connections=places)
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    failed = {name for name, verdict in verdicts.items() if verdict == "failed"}
    assert failed == ({"S-SURVIVE"} if lost_with_each_reset else set())
    if not lost_with_each_reset:
        assert verdicts["S-SURVIVE"] == "passed"
        assert "inconclusive" not in verdicts.values()

"""A server with few places, which `--max-connections` tells, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from spec import load_timing
from tests.mutants import find
from tests.mutants.behaviour import House
from tests.mutants.virtual import server_result


def nothing(_: House) -> int:
    """What keeps its places."""
    return 0


def with_each_reset(house: House) -> int:
    """What loses one with each connection that is reset."""
    return house.resets


def with_each_aborted_handshake(house: House) -> int:
    """What loses one with each handshake that nobody waits for."""
    return house.accepted - house.served


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(30, marks=pytest.mark.proof),
        pytest.param(60, marks=pytest.mark.virtual),
        pytest.param(100, marks=pytest.mark.proof),
        pytest.param(200, marks=pytest.mark.virtual),
    ],
)
@pytest.mark.parametrize("lost", [nothing, with_each_reset])
def test_a_place_that_is_lost_with_each_reset_is_missing_in_the_end(
    places: int, lost: Callable[[House], int]
) -> None:
    """What is left of them is enough for one connection, and too little for as many as before."""
    _is_missing(places, places, lost)


@pytest.mark.virtual
@pytest.mark.parametrize("lost", [nothing, with_each_reset, with_each_aborted_handshake])
def test_resets_go_on_until_as_many_were_reset_as_there_may_be_places(
    lost: Callable[[House], int],
) -> None:
    """A hundred resets at a time leave places enough for whoever comes; those after them do not."""
    _is_missing(200, 250, lost)


def _is_missing(places: int, said: int, lost: Callable[[House], int]) -> None:
    """S-SURVIVE fails, and nothing else, if a server of so many places loses some."""

    def is_full(house: House) -> bool:
        return house.open + lost(house) >= places

    server = replace(find("compliant"), change=lambda base: replace(base, is_full=is_full))
    result = server_result(server, (), load_timing("fast"), max_connections=said)
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    failed = {name for name, verdict in verdicts.items() if verdict == "failed"}
    assert failed == (set() if lost is nothing else {"S-SURVIVE"})
    if lost is nothing:
        assert verdicts["S-SURVIVE"] == "passed"
        assert "inconclusive" not in verdicts.values()

"""A server with few places, which `--max-connections` tells, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.verdict.result import Result
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


@pytest.mark.virtual
def test_a_server_of_fewer_places_than_were_said_is_told_apart_from_one_that_loses_some() -> None:
    """It is not at fault, as it may be full; how many it took is said, and how that is declared."""
    result = _result(60, 250, nothing)
    assert result.outcome == "incomplete"
    verdicts = {each.requirement.id: each for each in result.assessments}
    assert "failed" not in {each.verdict for each in verdicts.values()}
    assert "said that it is full (HTTP 503" in (verdicts["S-SURVIVE"].because or "")
    [note] = (each for each in result.notes if "HTTP 503" in each)
    assert "when it had about 60 of wsbeat's connections, though 250" in note
    assert "--max-connections 60" in note


def _is_missing(places: int, said: int, lost: Callable[[House], int]) -> None:
    """S-SURVIVE fails, and nothing else, if a server of so many places loses some."""
    result = _result(places, said, lost)
    verdicts = {each.requirement.id: each.verdict for each in result.assessments}
    failed = {name for name, verdict in verdicts.items() if verdict == "failed"}
    assert failed == (set() if lost is nothing else {"S-SURVIVE"})
    if lost is nothing:
        assert verdicts["S-SURVIVE"] == "passed"
        assert "inconclusive" not in verdicts.values()


def _result(places: int, said: int, lost: Callable[[House], int]) -> Result:
    """What is found of a server of so many places that loses some, and was said to have more."""

    def is_full(house: House) -> bool:
        return house.open + lost(house) >= places

    server = replace(find("compliant"), change=lambda base: replace(base, is_full=is_full))
    return server_result(server, (), load_timing("fast"), max_connections=said)

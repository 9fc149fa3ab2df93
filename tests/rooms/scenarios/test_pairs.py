"""The table of pairs: it is whole, and what it names is there."""

from __future__ import annotations

from typing import get_args

from conformance.scenarios import client_scenarios
from conformance.scenarios.client.pairs import PLAYED, First, Second, pairs


def test_every_pair_is_played_or_it_is_said_why_not() -> None:
    assert {(each.first, each.second) for each in pairs()} == set(PLAYED)
    assert len(pairs()) == len(get_args(First)) * len(get_args(Second))
    for each in pairs():
        assert bool(each.scenarios) != bool(each.why_not), each
        assert not each.why_not or each.why_not.endswith(".")


def test_what_plays_a_pair_is_a_scenario() -> None:
    known = {each.name: each for each in client_scenarios()}
    for each in pairs():
        assert set(each.scenarios) <= set(known), each
        for name in each.scenarios:
            assert known[name].asks is (
                each.second == "its own close" or each.first == "its own close"
            )

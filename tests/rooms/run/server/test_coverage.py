"""What a run on a server says of what it covered."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.run.server.coverage import Coverage, opened_by
from conformance.scenarios import server_scenarios
from conformance.targets.load_limits import LoadLimits
from conformance.targets.options import Options
from conformance.verdict.doubts.refusals import Refusals
from spec import load_timing
from tests.mutants.mutant import find
from tests.mutants.virtual import server_result


def test_what_was_cut_short_twice_is_noted_once_and_not_at_all_where_it_was_mended() -> None:
    coverage = Coverage(LoadLimits(), [])
    coverage.note_explored(["mixtures", "binary_messages"], ["mixtures", "binary_messages"])
    coverage.note_explored(["mixtures"], ["mixtures"])
    coverage.note_explored(["binary_messages"], [])
    [note] = coverage.notes(Options(), Refusals())
    assert note.startswith("mixtures was explored with fewer than 100 examples")


def test_what_was_left_in_doubt_is_named() -> None:
    coverage = Coverage(LoadLimits(), [])
    coverage.left_in_doubt += ["never_pings", "mixtures"]
    [note] = coverage.notes(Options(), Refusals())
    assert note.startswith("never_pings, mixtures: what was in doubt there was not measured again")


@pytest.mark.parametrize(
    ("scenarios", "advice"),
    [
        (["asks_as_browsers_and_proxies_do"], "asked for as browsers and proxies ask"),
        (["asks_as_browsers_and_proxies_do", "says_nothing"], "say how many"),
    ],
)
def test_what_is_refused_for_its_manner_alone_is_not_told_to_be_for_want_of_places(
    scenarios: list[str], advice: str
) -> None:
    refusals = Refusals({"HTTP 400 Bad Request": Counter(scenarios)})
    [note] = Coverage(LoadLimits(), []).notes(Options(), refusals)
    assert advice in note


@pytest.mark.parametrize(
    ("name", "sparing"),
    [
        ("falls_silent_after_a_ping", 7),
        ("pings_twice_and_falls_silent", 8),
        ("resets_connections_alone_and_in_a_crowd", None),
    ],
)
def test_one_that_waits_spares_a_target_with_limits_what_it_can_do_without(
    name: str, sparing: int | None
) -> None:
    """A crowd is as large as there is room for; what nothing limits is seen at every moment."""
    [scenario] = (each for each in server_scenarios() if each.name == name)
    assert opened_by(scenario, LoadLimits()) == scenario.connections > 8
    assert opened_by(scenario, LoadLimits(8)) == (sparing or scenario.connections)
    assert not sparing or not LoadLimits(8).leaves_out(scenario.fewest)


@pytest.mark.parametrize(
    ("name", "requirement"),
    [
        ("overlooks_a_ping_that_follows_in_a_third_of_a_check", "S-REFRESH"),
        ("looks_at_its_connections_half_as_often", "S-TIMEOUT-LATEST"),
    ],
)
def test_with_few_connections_at_a_time_what_takes_few_is_seen(name: str, requirement: str) -> None:
    result = server_result(find(name), (), load_timing("fast"), max_connections=8,
                           select=(requirement,))  # fmt: skip
    failed = {each.requirement.id for each in result.assessments if each.verdict == "failed"}
    assert failed == {requirement}

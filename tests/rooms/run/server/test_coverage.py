"""What a run on a server says of what it covered."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.run.server.coverage import Coverage
from conformance.targets.load_limits import LoadLimits
from conformance.targets.options import Options
from conformance.verdict.doubts.refusals import Refusals


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

"""What all traces together tell of whether a client hears anything."""

from __future__ import annotations

import pytest

from conformance.evidence.client.evidence import ClientEvidence
from conformance.trace.trace import Trace
from conformance.verdict.doubts.hearing import Hearing
from tests.rooms.rules.client.blame import BEATS, OPENS, RETURNS, seen

UNTOLD_AND_BACK = seen(OPENS, "1.5 ended local", RETURNS)
TOLD_AND_BACK = seen(OPENS, BEATS, "1.5 ended local", RETURNS)
TOLD_AND_GONE = seen(OPENS, BEATS, "1.5 ended local", "#0 5.3 silent")
UNTOLD_AND_GONE = seen(OPENS, "1.5 ended local", "#0 5.3 silent")


@pytest.mark.parametrize(
    ("back", "gone", "is_deaf"),
    [
        ([UNTOLD_AND_BACK] * 2, [TOLD_AND_GONE] * 2, True),
        ([UNTOLD_AND_BACK] * 2, [TOLD_AND_GONE], False),
        ([UNTOLD_AND_BACK], [TOLD_AND_GONE] * 2, False),
        ([UNTOLD_AND_BACK] * 2, [UNTOLD_AND_GONE] * 2, False),
        ([UNTOLD_AND_BACK] * 2 + [TOLD_AND_BACK], [TOLD_AND_GONE] * 2, False),
    ],
)
def test_who_never_comes_back_where_it_was_told_anything_may_be_deaf(
    back: list[Trace], gone: list[Trace], is_deaf: bool
) -> None:
    hearing = Hearing()
    for trace in back:
        hearing.add(ClientEvidence(trace), stayed_away=False)
    for trace in gone:
        hearing.add(ClientEvidence(trace), stayed_away=True)
    assert bool([*hearing.notes()]) is is_deaf


def test_a_connection_that_was_still_watched_tells_nothing() -> None:
    """Only where it is certain that nobody came back, it did not."""
    hearing = Hearing()
    for trace in [UNTOLD_AND_BACK] * 2 + [TOLD_AND_GONE] * 2:
        hearing.add(ClientEvidence(trace), stayed_away=False)
    assert not [*hearing.notes()]

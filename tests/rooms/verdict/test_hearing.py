"""What all traces together tell of whether a client hears anything."""

from __future__ import annotations

import pytest

from conformance.evidence.client.evidence import ClientEvidence
from conformance.scenarios.client.common.waits import EVEN_ATTEMPTS, FAILED_ATTEMPTS
from conformance.trace.trace import Trace
from conformance.verdict.hearing import Hearing, Persistence
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


def refused(times: int, after: str = "") -> Trace:
    """A client whose attempts are refused so often, and what it does after the last of them."""
    asks = "#{n} {at} opening\n#{n} {at} requested GET /\n#{n} {at} "
    each = asks + "refused 503\n#{n} {at} ended local"
    attempts = [each.format(n=n, at=f"{0.4 * n:.1f}") for n in range(1, times + 1)]
    last = asks + "opened"
    back = last.format(n=times + 1, at=f"{0.4 * (times + 1):.1f}")
    return seen("0.0 started command", *attempts, after or back)


@pytest.mark.parametrize(
    ("traces", "told"),
    [
        ([refused(FAILED_ATTEMPTS)], "from 5 failed"),
        ([refused(9), refused(7), refused(EVEN_ATTEMPTS)], "from 7 failed"),
        ([refused(EVEN_ATTEMPTS)], ""),
        ([refused(FAILED_ATTEMPTS - 1)], ""),
        ([refused(9, "#0 20 silent")], ""),
        ([], ""),
    ],
)
def test_how_often_a_client_was_seen_to_try_is_told_where_others_try_more_often(
    traces: list[Trace], told: str
) -> None:
    persistence = Persistence()
    for trace in traces:
        persistence.add(ClientEvidence(trace))
    notes = "".join(persistence.notes())
    assert (told in notes) if told else not notes

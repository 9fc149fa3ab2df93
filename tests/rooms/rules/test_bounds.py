"""Bounds of a time that is known to an interval: where they decide, and where not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evidence.interval import elapsed, is_early, is_late, seconds, why_undecided
from conformance.rules.bounds import at_most
from conformance.trace.event import RESOLUTION, WHOLE_TRACE, Event
from tests.traces.effort import examples
from tests.traces.notation import FAST, trace_with

BOUND = 1.0
EDGE = BOUND + FAST.tolerance
WIDE = 2 * RESOLUTION
HAIR = 1e-6


def between(start: float, end: float, n: int = 0) -> Event:
    """Something that happened between two moments."""
    return Event(n, 1, start, end, "received", "text", "{}")


START = between(0.0, 0.0)


ON_TIME = trace_with((START,))


def late(start: float, end: float, by: float) -> Event:
    return Event(2, WHOLE_TRACE, start, end, "late", content=by)


@pytest.mark.parametrize(
    ("least", "most", "early"),
    [
        (0.5, 0.6, True),
        (BOUND - WIDE, BOUND - HAIR, True),
        (BOUND, BOUND + WIDE, False),
        (BOUND - WIDE / 2, BOUND + WIDE / 2, None),
        (BOUND - RESOLUTION / 2 + HAIR, BOUND + RESOLUTION / 2 - HAIR, False),
        (0.0, BOUND, None),
    ],
)
def test_a_lower_bound_has_no_tolerance(least: float, most: float, early: bool | None) -> None:
    assert is_early(BOUND, START, between(least, most)) is early


@pytest.mark.parametrize(
    ("least", "most", "too_late"),
    [
        (0.0, 0.1, False),
        (EDGE - HAIR, EDGE, False),
        (BOUND, EDGE - HAIR, False),
        (EDGE + HAIR, EDGE + WIDE, True),
        (EDGE - WIDE, EDGE + WIDE, None),
        (0.0, 9.0, None),
    ],
)
def test_an_upper_bound_is_granted_the_tolerance(
    least: float, most: float, too_late: bool | None
) -> None:
    assert is_late(BOUND, START, between(least, most), ON_TIME) is too_late


@pytest.mark.parametrize("by", [0.1, 3.0])
def test_a_late_harness_makes_an_upper_bound_undecidable(by: float) -> None:
    end = between(EDGE + by / 2, EDGE + by / 2 + HAIR, 1)
    trace = trace_with((START, end, late(0.3, 0.3 + by, by)))
    assert is_late(BOUND, START, end, trace) is None
    assert is_late(BOUND, START, between(EDGE + 2 * by, EDGE + 2 * by, 1), trace) is True


def test_lateness_at_another_time_makes_unsure() -> None:
    """A machine that was busy once may have been so for the target at any other time."""
    end = between(EDGE + 0.01, EDGE + 0.02, 1)
    assert is_late(BOUND, START, end, trace_with((START, end, late(5.0, 5.03, 0.03)))) is None
    assert is_late(BOUND, START, end, trace_with((START, end, late(5.0, 5.005, 0.005)))) is True


moments = st.floats(0, 10, allow_subnormal=False)


@st.composite
def intervals(draw: st.DrawFn) -> Event:
    one, other = sorted((draw(moments), draw(moments)))
    return between(one, other)


@examples(300)
@given(intervals(), intervals(), st.floats(0.1, 5), st.data())
def test_a_verdict_holds_wherever_in_its_interval_a_moment_lies(
    start: Event, end: Event, bound: float, data: st.DataObject
) -> None:
    """Sound: no choice of the true moments contradicts what was decided."""
    begun = data.draw(st.floats(start.earliest, start.latest))
    ended = data.draw(st.floats(end.earliest, end.latest))
    passed = max(0.0, ended - begun)
    least, most = elapsed(start, end)
    assert least <= passed <= most
    early = is_early(bound, start, end)
    assert early is not True or passed < bound
    assert early is not False or passed > bound - RESOLUTION - HAIR
    trace = trace_with((start,))
    too_late = is_late(bound, start, end, trace)
    assert too_late is not True or passed > bound + trace.timing.tolerance
    assert too_late is not False or passed <= bound + trace.timing.tolerance + HAIR


@examples(300)
@given(intervals(), intervals(), st.floats(0.1, 5), st.floats(0.02, 5))
def test_lateness_takes_nothing_from_a_lower_bound_and_adds_nothing_to_an_upper(
    start: Event, end: Event, bound: float, by: float
) -> None:
    calm = trace_with((start,))
    stalled = trace_with((start, late(start.earliest, end.latest, by)))
    if is_late(bound, start, end, calm) is not True:
        assert is_late(bound, start, end, stalled) == is_late(bound, start, end, calm)
    else:
        assert is_late(bound, start, end, stalled) is not False


def test_an_observation_says_what_was_allowed_and_what_was_seen() -> None:
    def judged(end: Event) -> tuple[str, str]:
        seen = at_most(BOUND, START, end, trace=ON_TIME, since="the call", late="Too late.")
        assert seen.outcome == "satisfied" or seen.window is not None
        return seen.outcome, seen.actual

    assert judged(between(0.1, 0.2, 1)) == ("satisfied", "")
    assert judged(between(EDGE - 0.1, EDGE + 0.1, 1))[0] == "undecidable"
    assert judged(between(2.0, 2.1, 1)) == ("violated", "after 2.00 s")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0 ms"),
        (0.05, "50 ms"),
        (0.09949, "99 ms"),
        (0.09955, "100 ms"),
        (0.1, "0.10 s"),
        (0.5, "0.50 s"),
    ],
)
def test_a_time_is_shown_as_people_read_it(value: float, shown: str) -> None:
    assert seconds(value) == shown


def test_no_less_than_nothing_has_passed() -> None:
    assert elapsed(between(1.0, 2.0), between(1.25, 1.5)) == (0.0, 0.5)
    assert elapsed(between(2.0, 2.0), between(1.0, 1.0)) == (0.0, 0.0)


def test_what_came_too_late_names_its_window_and_has_to_do_so_twice() -> None:
    end = between(EDGE + 1.0, EDGE + 1.5)
    seen = at_most(BOUND, START, end, trace=ON_TIME, since="the start", late="Too late.")
    assert seen.outcome == "violated"
    assert seen.provisional
    assert seen.window is not None
    assert seen.window.latest == EDGE
    assert seen.window.observed == (EDGE + 1.0, EDGE + 1.5)


@pytest.mark.parametrize(("width", "told"), [(RESOLUTION, "late by"), (0.021, "known to 21 ms")])
def test_what_is_known_to_a_moment_is_known_well(width: float, told: str) -> None:
    assert told in why_undecided(ON_TIME, between(0.0, width), between(2.0, 2.0))

"""Bounds at their edges: what is decided, what is not, and what a late harness may not decide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evidence.interval import elapsed, is_early, is_late, seconds, why_undecided
from conformance.rules.bounds import at_most
from conformance.trace.event import GRAIN, RESOLUTION, WHOLE_TRACE, Event
from tests.traces.effort import examples
from tests.traces.notation import FAST, of_outcome, outcomes, trace_of, trace_with, violations

BOUND = 1.0
SLACK = FAST.tolerance
EDGE = BOUND + SLACK
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


SILENT = """
    0.000 opening
    0.001 opened
    0.002..0.002 > ping
    0.010 < pong
"""
LIMIT, LATEST = FAST.heartbeat_timeout, FAST.latest_close


def closed(earliest: float, latest: float, more: str = "") -> dict[str, str]:
    """What the rules of the clock say of a close in an interval after the only ping."""
    times = f"{earliest + 0.002:.6f}..{latest + 0.002:.6f}"
    text = f"{SILENT}{more}\n{times} < close 1000 heartbeat timeout\n9.9 ended eof"
    found = trace_of(text)
    return {
        name: "/".join(outcomes(found, name)) for name in ("S-TIMEOUT-EARLIEST", "S-TIMEOUT-LATEST")
    }


@pytest.mark.parametrize(
    ("earliest", "latest", "of_earliest", "of_latest"),
    [
        (LIMIT - 0.05, LIMIT - GRAIN - 0.0001, "violated", ""),
        (LIMIT - 0.05, LIMIT - GRAIN + 0.0001, "undecidable", ""),
        (LIMIT - GRAIN, LIMIT - 0.001, "satisfied", "satisfied"),
        (LIMIT - 0.002, LIMIT + 0.002, "satisfied", "satisfied"),
        (LIMIT - 0.2, LIMIT + 0.1, "undecidable", ""),
        (LIMIT, LATEST + SLACK, "satisfied", "satisfied"),
        (LATEST - 0.1, LATEST + SLACK + 0.1, "satisfied", "undecidable"),
        (LATEST + SLACK + 0.001, LATEST + SLACK + 0.1, "satisfied", "violated"),
    ],
)
def test_a_close_is_judged_at_both_edges_of_its_window(
    earliest: float, latest: float, of_earliest: str, of_latest: str
) -> None:
    assert closed(earliest, latest) == {
        "S-TIMEOUT-EARLIEST": of_earliest,
        "S-TIMEOUT-LATEST": of_latest,
    }


def test_a_late_harness_excuses_a_late_close_and_no_early_one() -> None:
    stall = "0.02..1.0 late 0.98"
    overdue = LATEST + SLACK + 0.1
    assert closed(overdue, overdue + 0.01, stall)["S-TIMEOUT-LATEST"] == "undecidable"
    assert closed(0.5, 0.6, stall)["S-TIMEOUT-EARLIEST"] == "violated"


def test_what_happens_while_the_harness_does_not_read_is_not_held_against_anyone() -> None:
    slow = "0.0 opening\n0.001 opened\n0.1 > ping\n{}2.9 < pong\n3.0 > 1\n3.1 < echo 1"
    assert outcomes(trace_of(slow.format("")), "S-REPLY-SOON") == ["violated", "satisfied"]
    paused = slow.format("0.2 paused\n2.8 resumed\n")
    assert outcomes(trace_of(paused), "S-REPLY-SOON") == ["satisfied"]
    silent = "0.0 opening\n0.001 opened\n0.1 > ping\n0.2 < pong\n{}9.0 silent"
    assert "S-TIMEOUT-LATEST" in of_outcome(trace_of(silent.format("")), "violated")
    assert not of_outcome(trace_of(silent.format("0.3 paused\n")), "violated")


def test_no_reply_is_missing_while_the_harness_does_not_read() -> None:
    text = "0.0 opening\n0.001 opened\n0.1 > ping\n0.11 paused\n0.9 silent"
    assert not of_outcome(trace_of(text), "violated")
    assert "S-PONG" in of_outcome(trace_of(text.replace("0.11 paused\n", "")), "violated")


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


@pytest.mark.parametrize("neighbour", ["", "#3 1.9 opened\n #3 1.91 > ping\n #3 2.55 ended local"])
def test_what_a_plain_connection_shares_is_not_due_to_talk(neighbour: str) -> None:
    talker = "#2 0.01 opened\n #2 0.02 > ping\n #2 0.3 > binary 00\n #2 2.5 silent\n"
    plain = "0.01 opened\n 0.02 > ping\n {}\n"
    close = "close 1000 heartbeat timeout"
    never, in_time = "2.5 silent", f"1.6 < {close}\n 1.6 > {close}"
    assert "S-ONLY-PINGS" not in violations(trace_of(plain.format(never) + talker + neighbour))
    assert "S-ONLY-PINGS" in violations(trace_of(plain.format(in_time) + talker + neighbour))


@pytest.mark.parametrize(
    ("plain_closed", "outcome"),
    [("1.500", "violated"), ("1.2..1.6", "undecidable"), ("1.000", None), ("8.000", None)],
)
@pytest.mark.parametrize(
    ("requirement", "special"),
    [
        ("S-CLOCK-START", ""),
        ("S-REFRESH", "#2 0.01 > ping\n#2 0.02 < pong\n#2 0.5 > ping\n#2 0.51 < pong"),
    ],
)
def test_what_was_done_is_blamed_for_an_early_close_beside_a_plain_one_in_time(
    requirement: str, special: str, plain_closed: str, outcome: str | None
) -> None:
    heartbeat = "< close 1000 heartbeat timeout"
    plain = f"{SILENT}{plain_closed} {heartbeat}"
    trace = trace_of(f"{plain}\n#2 0.0 opening\n#2 0.001 opened\n{special}\n#2 0.9 {heartbeat}")
    assert set(outcomes(trace, requirement)) == ({outcome} if outcome else set())


@pytest.mark.parametrize(
    ("talk", "expected"), [("", {"violated"}), ("#2 0.4 > 17\n#2 0.41 < echo 17", set())]
)
def test_who_never_pings_but_talks_is_no_evidence_of_when_its_clock_began(
    talk: str, expected: set[str]
) -> None:
    """What was said may have restarted its clock, which is for S-ONLY-PINGS."""
    plain = f"{SILENT}1.5 < close 1000 heartbeat timeout\n1.501 > close 1000 heartbeat timeout"
    trace = trace_of(f"{plain}\n#2 0.0 opening\n#2 0.001 opened\n{talk}\n#2 2.4 silent")
    assert set(outcomes(trace, "S-CLOCK-START")) == expected
    assert violations(trace).keys() == ({"S-ONLY-PINGS"} if talk else {"S-CLOCK-START"})


def test_what_is_late_by_itself_is_not_put_down_to_the_ping_of_another_connection() -> None:
    """Two closes at one moment, of which one is late, show one clock, unless the server is late."""
    other = "#{n} 0.0 opening\n#{n} 0.001 opened\n#{n} {ping} > ping\n#{n} {ping}1 < pong\n"
    closed = "{where} < close 1000 heartbeat timeout\n{where} > close 1000 heartbeat timeout\n"
    shared = SILENT + other.format(n=2, ping=0.9)
    at_once = closed.format(where="#2 2.6") + closed.format(where="2.6")
    assert violations(trace_of(shared + at_once)).keys() == {"S-INDEPENDENT"}
    shared += other.format(n=3, ping=0.01)
    late = closed.format(where="#3 2.4")
    assert violations(trace_of(shared + late + at_once)).keys() == {"S-TIMEOUT-LATEST"}
    not_kept_by_the_ping = closed.format(where="#3 1.6")
    found = violations(trace_of(shared + not_kept_by_the_ping + at_once))
    assert found.keys() == {"S-TIMEOUT-LATEST"}


def test_a_late_close_with_one_that_came_later_may_be_of_a_shared_clock_too() -> None:
    other = "#2 0.9 opening\n#2 0.901 opened\n#2 0.902 > ping\n#2 0.903 < pong\n"
    closed = "{where} < close 1000 heartbeat timeout\n{where} > close 1000 heartbeat timeout\n"
    at_once = closed.format(where="#2 2.6") + closed.format(where="2.6")
    found = of_outcome(trace_of(SILENT + other + at_once), "violated")
    assert found.keys() == {"S-TIMEOUT-LATEST"}
    assert found["S-TIMEOUT-LATEST"][0].among == {"S-INDEPENDENT"}


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("1.0..1.6", "the first of the two moments is known to 0 ms, the second to 0.60 s."),
        ("0.5..0.7 late 0.2\n1.2..1.6", "wsbeat itself was late by up to 0.20 s."),
    ],
)
def test_what_kept_a_time_from_being_decided_is_said(end: str, why: str) -> None:
    trace = trace_of(f"{SILENT}{end} < close 1000 heartbeat timeout\n9.9 ended eof")
    [seen] = of_outcome(trace, "undecidable")["S-TIMEOUT-EARLIEST"]
    assert seen.message.endswith(why)


@pytest.mark.parametrize(("width", "told"), [(RESOLUTION, "late by"), (0.021, "known to 21 ms")])
def test_what_is_known_to_a_moment_is_known_well(width: float, told: str) -> None:
    assert told in why_undecided(ON_TIME, between(0.0, width), between(2.0, 2.0))


@pytest.mark.parametrize(("said", "found"), [("0.10", []), ("0.90", ["satisfied"]), ("1.59", [])])
def test_only_a_close_before_the_limit_after_the_last_message_shows_that_it_prolonged_nothing(
    said: str, found: list[str]
) -> None:
    """Who counts the message, too, closes after 1.4 s: all these closes would be in time."""
    trace = trace_of(
        "0.00 opening\n0.01 opened\n0.02 > ping\n0.03 < pong\n"
        f"{said} > x\n1.60 < close 1000 heartbeat timeout\n"
    )
    assert outcomes(trace, "S-ONLY-PINGS") == found

"""Whether the ends of connections were those of all there were, whatever traces they are of."""

from __future__ import annotations

import pytest

import spec
from conformance.trace.event import CUT, TOO_LARGE, Close, Ended, Kind
from conformance.wire.company import JUST_OPENED, TOGETHER, Company, Parting

FIRST, SECOND = 1, 2
RESET = Ended("reset")


def at(moment: float) -> tuple[float, float]:
    """A moment that is known for certain."""
    return moment, moment


def opened(*connections: tuple[int, int]) -> Company:
    """Connections of two recorders that were opened one after the other."""
    company = Company()
    for place, key in enumerate(connections):
        company.hear(key, at(1.0 + place), "opened", None, None)
    return company


def test_all_connections_that_a_server_ends_together_are_a_collapse_in_each_trace() -> None:
    company = opened((FIRST, 1), (FIRST, 2), (SECOND, 1))
    company.hear((FIRST, 1), at(9.0), "ended", None, RESET)
    company.hear((SECOND, 1), at(9.0 + TOGETHER / 2), "received", "close", Close(1011))
    company.hear((FIRST, 2), at(9.0 + TOGETHER), "broken", None, "what is no frame")
    company.hear((FIRST, 2), at(9.0 + TOGETHER), "ended", None, Ended("local"))
    for recorder in (FIRST, SECOND):
        assert list(company.collapses(recorder)) == [Parting(9.0, 9.0 + TOGETHER, 3, 3)]


def test_where_one_stays_open_nothing_collapsed() -> None:
    company = opened((FIRST, 1), (FIRST, 2), (SECOND, 1))
    for number in (1, 2):
        company.hear((FIRST, number), at(9.0), "ended", None, RESET)
    assert list(company.collapses(FIRST)) == []


def test_of_one_that_nobody_reads_it_cannot_be_told() -> None:
    """Whether it ended with the others; one that is read again would have been seen to."""
    for again, collapsed in ((False, True), (True, False)):
        company = opened((FIRST, 1), (FIRST, 2), (SECOND, 1))
        company.hear((SECOND, 1), at(8.0), "paused", None, None)
        if again:
            company.hear((SECOND, 1), at(8.5), "resumed", None, None)
        for number in (1, 2):
            company.hear((FIRST, number), at(9.0), "ended", None, RESET)
        assert bool(list(company.collapses(FIRST))) is collapsed


def test_what_opens_after_a_collapse_had_no_part_in_it() -> None:
    company = opened((FIRST, 1), (FIRST, 2))
    for number in (1, 2):
        company.hear((FIRST, number), at(9.0), "ended", None, RESET)
    company.hear((SECOND, 1), at(9.01), "opened", None, None)
    assert list(company.collapses(FIRST)) == [Parting(9.0, 9.0, 2, 2)]
    assert list(company.collapses(SECOND)) == []


def test_one_that_was_just_opened_may_not_have_been_there() -> None:
    for sooner, collapsed in ((JUST_OPENED / 2, True), (2 * JUST_OPENED, False)):
        company = opened((FIRST, 1), (FIRST, 2))
        company.hear((SECOND, 1), at(9.0 - sooner), "opened", None, None)
        for number in (1, 2):
            company.hear((FIRST, number), at(9.0), "ended", None, RESET)
        assert bool(list(company.collapses(FIRST))) is collapsed


def test_those_that_were_just_opened_are_not_all() -> None:
    company = Company()
    for number in (1, 2, 3):
        company.hear((FIRST, number), at(9.0), "opened", None, None)
    for number in (1, 2):
        company.hear((FIRST, number), at(9.0 + JUST_OPENED / 2), "ended", None, RESET)
    assert list(company.collapses(FIRST)) == []


def test_one_that_was_opened_while_wsbeat_did_not_look_may_not_have_been_there() -> None:
    company = opened((FIRST, 1), (FIRST, 2))
    company.hear((SECOND, 1), at(8.5), "opened", None, None)
    for number in (1, 2):
        company.hear((FIRST, number), (8.5, 9.0), "ended", None, RESET)
    assert [each.count for each in company.collapses(FIRST)] == [2]


def test_one_end_is_not_all_unless_wsbeat_ended_another_just_before() -> None:
    company = opened((FIRST, 1))
    company.hear((FIRST, 1), at(9.0), "ended", None, RESET)
    assert list(company.collapses(FIRST)) == []
    company = opened((FIRST, 1), (FIRST, 2))
    company.hear((FIRST, 2), at(9.0), "sent", "close", Close(1000))
    company.hear((FIRST, 1), at(9.0 + TOGETHER / 2), "ended", None, RESET)
    assert [each.count for each in company.collapses(FIRST)] == [1]


def test_who_is_ended_by_wsbeat_collapses_nothing() -> None:
    company = opened((FIRST, 1), (FIRST, 2))
    for number in (1, 2):
        company.hear((FIRST, number), at(9.0), "ended", None, Ended("local"))
    assert list(company.collapses(FIRST)) == []
    assert not company.is_moving(9.0)


def test_others_may_end_for_a_moment_after_a_server_ended_one() -> None:
    company = opened((FIRST, 1), (FIRST, 2))
    company.hear((FIRST, 1), at(9.0), "ended", None, RESET)
    assert company.is_moving(9.0 + TOGETHER / 2)
    assert not company.is_moving(9.0 + 2 * TOGETHER)


def test_what_wsbeat_leaves_because_it_is_too_large_was_not_ended_by_the_server() -> None:
    company = opened((FIRST, 1), (FIRST, 2), (FIRST, 3))
    company.hear((FIRST, 1), at(9.0), "received", "close", Close(1009))
    company.hear((FIRST, 2), at(9.0), "broken", None, f"{TOO_LARGE} 1 byte")
    company.hear((FIRST, 3), at(9.0), "broken", None, f"{TOO_LARGE} 1 byte")
    assert [each.count for each in company.collapses(FIRST)] == [1]


FAST = spec.load_timing("fast")
SILENT = 0.1
"""When a connection is opened and pinged that has to be closed between 1.5 s and 2.1 s."""


def life(
    company: Company,
    number: int,
    *,
    since: float = SILENT,
    closed: float | None = None,
    left: float | None = None,
    reset: float | None = None,
) -> None:
    """A connection that pings as soon as it is open, and how it ends."""
    key = (FIRST, number)
    company.hear(key, at(since), "opened", None, None)
    company.hear(key, at(since), "sent", "text", '{"type":"ping"}')
    if closed is not None:
        company.hear(key, at(closed), "received", "close", Close(1000, "heartbeat timeout"))
    if left is not None:
        company.hear(key, at(left), "sent", "close", Close(1000))
    if reset is not None:
        company.hear(key, at(reset), "ended", None, Ended("local", CUT))


def server_that_closed(last: float = 1.9) -> Company:
    """Two were closed in time, the second some time later than the first."""
    company = Company()
    life(company, 1, since=0.0, closed=1.9)
    life(company, 2, since=0.3, closed=last)
    return company


@pytest.mark.parametrize(
    ("opened", "reset", "is_by_itself"),
    [
        pytest.param(0.2, 2.3, True, id="it missed one before the reset"),
        pytest.param(0.2, 1.92, False, id="the reset came at the same look"),
        pytest.param(0.2, 1.0, True, id="it closed others long after the reset"),
        pytest.param(0.05, 1.0, False, id="it may have come upon the one that was reset first"),
    ],
)
def test_a_server_that_misses_one_for_which_no_reset_can_be_why_has_ceased_by_itself(
    opened: float, reset: float, is_by_itself: bool
) -> None:
    company = server_that_closed()
    life(company, 3, left=2.6)
    life(company, 4, since=opened, reset=reset)
    assert company.ceased_by_itself(FIRST, FAST) is is_by_itself
    assert not company.ceased_by_itself(SECOND, FAST)


def test_one_that_fell_silent_last_may_be_missed_for_a_reset_after_the_last_close() -> None:
    """As long after its last message as others were, it would have been closed."""
    for reset, is_by_itself in ((2.2, False), (2.6, True)):
        company = server_that_closed()
        life(company, 3, since=0.5, left=3.0)
        life(company, 4, since=0.6, reset=reset)
        assert company.ceased_by_itself(FIRST, FAST) is is_by_itself


def test_one_that_was_closed_later_or_read_by_nobody_shows_nothing() -> None:
    for kind in ("closed", "deaf", "left too soon"):
        company = server_that_closed()
        life(company, 3, closed=2.6 if kind == "closed" else None)
        if kind == "deaf":
            company.hear((FIRST, 3), at(0.2), "paused", None, None)
        company.hear((FIRST, 3), at(2.3 if kind == "left too soon" else 2.7), "ended", None,
                     Ended("local"))  # fmt: skip
        life(company, 4, since=0.2, reset=2.3)
        assert not company.ceased_by_itself(FIRST, FAST), kind


def parted(*, silent: tuple[float, ...], stays: float, at_once: str = "ended") -> list[int]:
    """How many a server is said to have ended together, at 1.2 s, where another one stays."""
    company = Company()
    for number, since in enumerate(silent, 1):
        life(company, number, since=since)
    life(company, 9, since=stays, left=3.0)
    for number in range(1, len(silent) + 1):
        content = RESET if at_once == "ended" else Close(1000, "heartbeat timeout")
        kind: Kind = "ended" if at_once == "ended" else "received"
        company.hear((FIRST, number), at(1.2), kind, None if kind == "ended" else "close", content)
    return [each.count for each in company.partings(FAST, FIRST)]


def test_several_that_end_without_a_close_before_one_that_is_silent_for_longer_parted() -> None:
    """As those of one process of several do; it is told to whoever has one of them."""
    assert parted(silent=(0.3, 0.5, 1.15), stays=0.0) == [3]
    company = Company()
    life(company, 1)
    assert list(company.partings(FAST, SECOND)) == []


@pytest.mark.parametrize(
    ("silent", "stays", "at_once"),
    [
        pytest.param((0.3, 0.5), 0.6, "ended", id="all that were silent for so long"),
        pytest.param((0.3, 1.15), 0.0, "ended", id="something was just said on the other"),
        pytest.param((0.3, 0.5), 0.0, "closed", id="closed in order"),
        pytest.param((0.3,), 0.0, "ended", id="only one"),
    ],
)
def test_what_may_have_a_reason_of_its_own_is_no_parting(
    silent: tuple[float, ...], stays: float, at_once: str
) -> None:
    assert parted(silent=silent, stays=stays, at_once=at_once) == []


def test_one_that_ends_without_a_close_as_others_do_is_told_how_many() -> None:
    company = opened((FIRST, 1), (FIRST, 2), (SECOND, 1), (SECOND, 2))
    company.hear((FIRST, 1), at(9.0), "ended", None, RESET)
    company.hear((SECOND, 1), at(9.02), "ended", None, RESET)
    company.hear((SECOND, 2), at(9.03), "received", "close", Close(1000, "heartbeat timeout"))
    company.hear((FIRST, 2), at(9.4), "ended", None, RESET)
    assert [(each.first, each.count) for each in company.torn_along(FIRST)] == [(9.0, 1)]
    assert [(each.first, each.count) for each in company.torn_along(SECOND)] == [(9.02, 1)]

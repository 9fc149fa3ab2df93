"""When pings come, and what resembles them: whose fault it is, and what tells nothing."""

from __future__ import annotations

import pytest

from tests.rooms.rules.client.blame import BEATS, OPENS, REFUSED, RETURNS, blamed, seen
from tests.traces.notation import violations

AGAIN = """
    1.50 ended local
    #2 1.90 opening
    #2 1.91 requested GET / HTTP/1.1
    #2 1.92 opened
    #2 2.20 < ping
    #2 2.21 > pong
"""


@pytest.mark.parametrize(
    ("before", "requirement"),
    [
        (BEATS, "C-PING-SINGLE"),
        ("0.40 < ping\n0.41 > pong\n0.70 < ping\n0.71 > pong", "C-PING-CADENCE"),
    ],
)
def test_pings_too_soon_after_a_reconnect_are_those_of_a_second_timer(
    before: str, requirement: str
) -> None:
    """Unless they came too soon before it as well."""
    assert blamed(OPENS, before, AGAIN, "#2 2.45 < ping") == {requirement}


def test_pings_too_soon_where_nothing_is_known_from_before_tell_nothing() -> None:
    soon = """
        0.40 < ping
        0.41 > pong
        0.60 ended local
        #2 1.00 opening
        #2 1.01 requested GET
        #2 1.02 opened
        #2 1.30 < ping
        #2 1.31 > pong
        #2 1.55 < ping
    """
    again = """
        #2 1.56 > pong
        #2 1.80 ended local
        #3 2.20 opening
        #3 2.21 requested GET
        #3 2.22 opened
        #3 2.50 < ping
        #3 2.51 > pong
        #3 2.75 < ping
    """
    assert not blamed(OPENS, soon)
    assert not blamed(OPENS, soon, again), "it may be the timer of the first connection"


def test_pings_too_soon_beside_what_tells_nothing_of_before_tell_nothing() -> None:
    """That is: a gap in which there was noise, and what comes on the same connection."""
    before = "0.40 < ping\n0.41 > pong\n0.70 > noise\n1.00 < ping\n1.01 > pong"
    assert not blamed(OPENS, before, AGAIN, "#2 2.80 < ping\n#2 2.81 > pong\n#2 3.05 < ping")


def test_what_resembles_a_ping_is_none_where_no_ping_was_due_yet() -> None:
    """However long another attempt waited for its answer."""
    brief = '0.20 < {"type":"PING"}\n0.30 ended local'
    waits = "#2 0.70 opening\n#2 0.71 requested GET\n#2 2.50 ended local"
    assert "C-PING-FORM" not in blamed(OPENS, brief, waits)


def test_a_client_that_pings_in_capitals_has_one_fault() -> None:
    story = '0.40 < {"type":"PING"}\n1.00 < {"type":"PING"}\n1.60 < {"type":"PING"}\n1.70 silent'
    assert blamed(OPENS, story) == {"C-PING-FORM"}


BUSINESS = '1.30 < {"order":17}'


@pytest.mark.parametrize(
    ("parts", "requirement"),
    [
        ((BEATS, BUSINESS, "2.20 < ping"), "C-PING-ALWAYS"),
        ((BEATS, BUSINESS, "2.20 silent"), "C-PING-ALWAYS"),
        ((BEATS, BUSINESS, "2.20 < ping", "2.21 > pong", "3.40 < ping"), "C-PING-CADENCE"),
        (('0.30 < {"order":17}', "1.40 < ping"), "C-PING-FIRST"),
        (("0.40 < ping", "0.41 > pong", '0.8 < {"order":17}', "1.70 < ping"), "C-PING-CADENCE"),
    ],
)
def test_a_ping_that_is_late_for_business_of_its_own_is_told_from_one_that_is_late_anyway(
    parts: tuple[str, ...], requirement: str
) -> None:
    """It is one that keeps its pings where it says nothing else."""
    assert blamed(OPENS, *parts) == {requirement}


def test_who_says_something_once_and_never_pings_has_no_heartbeat_that_was_put_off() -> None:
    """After a reconnect, say: what it said first would have been an interval ago."""
    back = "1.50 ended local\n#2 1.90 opening\n#2 1.91 requested GET\n#2 1.92 opened\n"
    asks = '#2 1.93 < {"resume":7}\n#2 1.94 > echo {"resume":7}\n'
    assert blamed(OPENS, BEATS, back, asks, "#2 4.0 silent") == {"C-PING-FIRST"}
    (found,) = violations(seen(OPENS, BEATS, back, asks, "#2 3.0 silent"))["C-PING-ALWAYS"]
    assert found.among == {"C-PING-FIRST"}


def test_who_never_loses_patience_for_a_second_timer_has_a_second_timer() -> None:
    """Each ping starts the wait for its pong anew, and the next comes before that is over."""
    again = "1.50 ended local\n" + RETURNS + "#2 2.20 < ping\n#2 2.21 > pong\n"
    hurried = "\n".join(f"#2 {at} < ping" for at in ("2.50", "2.80", "3.10", "3.40", "3.70"))
    assert blamed(OPENS, BEATS, again, hurried, "#2 3.9 silent") == {"C-PING-SINGLE"}
    patient = "\n".join(f"#2 {at} < ping" for at in ("2.50", "3.10", "3.70"))
    assert blamed(OPENS, BEATS, again, patient, "#2 3.9 silent") == {
        "C-PING-SINGLE",
        "C-PONG-MISSING",
    }


def test_a_second_timer_is_shown_with_the_attempts_that_may_have_left_it() -> None:
    """Neither an attempt that failed nor that nobody listened is left out of its page."""
    failed = "#0 2.00 closed_door\n#0 2.80 opened_door\n#3 3.00 opening\n#3 3.01 requested GET"
    again = "#3 3.02 opened\n#3 3.30 < ping\n#3 3.31 > pong\n#3 3.40 < ping\n#3 3.41 > pong"
    trace = seen(OPENS, BEATS, REFUSED, failed, again, "#3 3.5 silent")
    (found,) = violations(trace)["C-PING-SINGLE"]
    shown = [trace.events[n].kind for n in sorted(found.events)]
    assert shown[2:6] == ["ended", "refused", "closed_door", "opened_door"]


def test_a_ping_in_answer_to_what_a_client_was_told_is_one_ping_too_many() -> None:
    """The next one comes when it was due anyway; a second timer pings on."""
    asked = "1.20 > hello\n1.21 < ping\n1.22 > pong\n1.60 < ping\n1.61 > pong"
    assert blamed(OPENS, BEATS, asked, "2.20 < ping\n2.21 > pong") == {"C-PING-ALWAYS"}
    assert blamed(OPENS, BEATS, asked, "1.90 < ping\n1.91 > pong") == {"C-PING-CADENCE"}
    told = "0.20 > hello\n0.21 < ping\n0.22 > pong\n0.30 < ping\n0.31 > pong\n0.90 < ping"
    assert blamed(OPENS, told) == set()


def test_a_client_that_lost_patience_did_not_forget_its_connection_for_what_it_was_sent() -> None:
    beside = "#2 2.40 opening\n#2 2.41 requested GET\n#2 2.42 opened\n#2 2.5 < ping\n#2 2.51 > pong"
    story = "1.60 < ping\n2.00 > hello"
    assert "C-TOLERATE" not in blamed(OPENS, BEATS, story, beside, "#1 3.0 silent")


def test_a_ping_too_soon_after_one_that_noise_brought_on_is_of_the_noise() -> None:
    """The timer was set before it fell quiet; where there was no noise, it is its own fault."""
    noise = "1.10 > text news\n1.30 < ping\n1.31 > pong"
    assert blamed(OPENS, BEATS, noise, "1.60 < ping\n1.61 > pong") == {"C-PING-ALWAYS"}
    assert blamed(OPENS, BEATS, "1.30 < ping\n1.31 > pong") == {"C-PING-CADENCE"}


def test_the_pong_to_a_ping_may_be_taken_for_that_to_the_next() -> None:
    """Where both are sent at a time; whoever pings so is charged with that alone."""
    again = "1.50 ended local\n#2 1.90 opening\n#2 1.91 requested GET /\n#2 1.92 opened"
    twice = "#2 1.930 < ping\n#2 1.931 > pong\n#2 1.932 < ping\n#2 2.94 silent\n#0 2.94 silent"
    assert "C-PONG-MISSING" not in blamed(OPENS, BEATS, again, twice)

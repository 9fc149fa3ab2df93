"""How clients come back, at its edges: after how long, and after how many attempts that failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.rules import judge
from conformance.trace.note import CLIENT_STARVED, OFFERED
from tests.rooms.rules.client.blame import BEATS, OPENS, REFUSED, blamed, seen
from tests.traces.notation import violations

LATE, SOON = "#2 2.42 opening\n#2 2.43 opened", "#2 1.75 opening\n#2 1.76 opened"


@pytest.mark.parametrize(
    ("starved", "attempt", "found"),
    [
        ("", LATE, {"C-RECONNECT-CEILING": "violated"}),
        (f"#0 1.9..2.1 note {CLIENT_STARVED}0.19\n", LATE, {"C-RECONNECT-CEILING": "undecidable"}),
        (f"#0 1.9..2.1 note {CLIENT_STARVED}0.16\n", LATE, {"C-RECONNECT-CEILING": "violated"}),
        (f"#0 1.2..1.4 note {CLIENT_STARVED}0.19\n", LATE, {"C-RECONNECT-CEILING": "violated"}),
        (f"#0 1.6..1.8 note {CLIENT_STARVED}0.19\n", SOON, {"C-RECONNECT-FLOOR": "violated"}),
    ],
    ids=["it did not", "it did", "not for long enough", "before", "and came too soon"],
)
def test_a_client_that_waited_for_a_processor_may_be_late_by_that_but_no_sooner(
    starved: str, attempt: str, found: dict[str, str]
) -> None:
    trace = seen(OPENS, BEATS, "1.5 ended local", starved + attempt)
    judged = {id: each.outcome for id, each in judge(trace) if each.outcome != "satisfied"}
    assert judged == found


def test_a_client_may_have_given_up_before_a_late_harness_ended_the_connection() -> None:
    """Its Close was never read, and it counts its delay from that."""
    unread = "1.60..2.30 < ping\n2.31 ended local\n#0 1.60..2.30 late 0.7"
    assert not blamed(OPENS, BEATS, unread, "#2 2.40 opening\n#2 2.41 opened")
    read = "1.60 < ping\n1.61 > pong\n2.31 ended local"
    again = "#2 2.40 opening\n#2 2.41 opened"
    assert blamed(OPENS, BEATS, read, again) == {"C-RECONNECT-FLOOR"}


@pytest.mark.parametrize(
    ("waited", "blame"), [(0.4, set()), (0.2, {"C-RECONNECT-FLOOR"})], ids=["long", "shortly"]
)
def test_a_ping_and_the_close_after_it_may_both_be_on_their_way_still(
    waited: float, blame: set[str]
) -> None:
    """A browser that waited for a processor for longer than a pong may take has sent neither."""
    starved = f"#0 1.90..2.31 note {CLIENT_STARVED}{waited}\n2.31 ended local"
    again = "#2 2.40 opening\n#2 2.41 requested GET /\n#2 2.42 opened"
    assert blamed(OPENS, BEATS, "1.60 < ping\n1.61 > pong", starved, again) == blame


@pytest.mark.parametrize(("since", "blame"), [(1.60, set()), (2.25, {"C-RECONNECT-FLOOR"})])
def test_a_ping_that_was_read_after_the_close_may_have_been_said_long_before(
    since: float, blame: set[str]
) -> None:
    closed = f"2.31 > close 1003\n{since}..2.34 < ping\n2.35 ended local\n#0 1.60..2.30 late 0.7"
    again = f"#2 {since}..2.345 opening\n#2 2.36 requested GET /\n#2 2.37 opened"
    assert blamed(OPENS, BEATS, closed, again) == blame


@pytest.mark.parametrize(
    ("story", "requirement"),
    [
        ("#3 2.10 opening\n#3 2.11 opened", "C-RECONNECT-FLOOR"),
        ("#3 5.80 opening\n#3 5.81 opened", "C-BACKOFF"),
        ("#0 5.80 silent", "C-RECONNECT"),
        ("2.1 exited exit code 1", "C-RECONNECT"),
    ],
)
def test_what_follows_a_failed_attempt(story: str, requirement: str) -> None:
    assert blamed(OPENS, BEATS, REFUSED, story) == {requirement}


def test_waits_that_grow_without_end_are_no_absence() -> None:
    """An attempt that is missing, where the waits doubled, may still come: too late."""
    third = "#3 2.90 opening\n#3 2.91 requested GET\n#3 2.95 refused 503\n#3 2.96 ended local"
    fourth = "#4 4.90 opening\n#4 4.91 requested GET\n#4 4.95 refused 503\n#4 4.96 ended local"
    assert blamed(OPENS, BEATS, REFUSED, third, fourth, "#0 8.5 silent") == {"C-BACKOFF"}


def test_waits_that_grow_need_not_have_been_seen_sharply() -> None:
    """What the client may have waited counts, as long as it cannot be told that it waited less."""
    third = "#3 2.90 opening\n#3 2.91 requested GET\n#3 2.95 refused 503\n#3 2.96 ended local"
    blurred = (
        "#4 4.20..5.20 opening\n#4 5.21 requested GET\n#4 5.25 refused 503\n#4 5.26 ended local"
    )
    assert blamed(OPENS, BEATS, REFUSED, third, blurred, "#0 8.9 silent") == {"C-BACKOFF"}


@pytest.mark.parametrize(("end", "blame"), [(3.9, {"C-BACKOFF"}), (3.1, set())])
def test_a_long_connection_brings_the_first_delay_back(end: float, blame: set[str]) -> None:
    back = f"""
        #3 2.90 opening
        #3 2.91 requested GET
        #3 2.92 opened
        #3 3.00 < ping
        #3 3.01 > pong
        {"#3 3.60 < ping" if end > 3.6 else ""}
        {"#3 3.61 > pong" if end > 3.6 else ""}
        #3 {end:.2f} ended local
        #4 {end + 1.5:.2f} opening
        #4 {end + 1.51:.2f} opened
    """
    assert blamed(OPENS, BEATS, REFUSED, back) == blame


@pytest.mark.parametrize(
    ("close", "requirement"), [("1.501", "C-STAY"), ("1.6", "C-RECONNECT-SINGLE")]
)
def test_who_replaces_a_connection_is_blamed_however_short_the_two_lay_beside_each_other(
    close: str, requirement: str
) -> None:
    """What happens at one moment may be seen in either order: then there was one at a time."""
    replaced = f"""
        #2 1.5000 opening
        #2 1.5003 requested GET
        #2 1.5005 opened
        #1 {close} < close 1000 replaced
    """
    assert blamed(OPENS, BEATS, replaced) == {requirement}


TOLD_NOTHING = """
    0.20 ended local
    #2 0.55 opening
    #2 0.56 requested GET
    #2 0.57 opened
    #2 0.60 ended local
    #3 1.00 opening
    #3 1.01 requested GET
    #3 1.02 opened
    #3 1.30 < ping
    #3 1.31 > pong
"""


def test_who_comes_back_only_where_it_was_told_nothing_may_be_deaf_and_is_told_so() -> None:
    """One that was told something, and came back, hears: then nothing is said of that."""
    (found,) = violations(seen(OPENS, TOLD_NOTHING, "#3 1.5 ended local\n#0 5.3 silent"))[
        "C-RECONNECT"
    ]
    assert 'after it was told {"type":"pong"}; it did from others, on which' in found.message
    hears = "#3 1.5 ended local\n#4 1.9 opening\n#4 1.91 opened\n#4 2.0 < ping\n#4 2.01 > pong"
    back = seen(OPENS, TOLD_NOTHING, hears, "#4 2.3 ended local\n#0 6.0 silent")
    (found,) = violations(back)["C-RECONNECT"]
    assert "told" not in found.message


def test_who_is_deaf_after_any_message_is_not_so_for_one_that_it_cannot_use() -> None:
    """Where it never heard a pong before, either may be why: that it comes back at all is first."""
    noise = "#3 1.40 > NaN\n#3 1.5 ended local\n#0 5.3 silent"
    (found,) = violations(seen(OPENS, TOLD_NOTHING, noise))["C-TOLERATE"]
    assert found.among == {"C-RECONNECT"}


@pytest.mark.parametrize(
    ("times", "told"), [(20, ", after 19 others in a row that failed"), (3, "")]
)
def test_who_gives_up_after_many_attempts_is_told_how_many_they_were(times: int, told: str) -> None:
    """The status of the last one is not why, and neither is what ended the last connection."""
    tries = [
        f"#{n} {0.4 * n:.2f} opening\n#{n} {0.4 * n + 0.05:.2f} refused 503\n"
        f"#{n} {0.4 * n + 0.05:.2f} ended local"
        for n in range(1, times + 1)
    ]
    [told_of] = [
        each.message
        for id, each in judge(seen("0 started", *tries, "#0 15 silent"))
        if id == "C-RECONNECT" and each.outcome == "violated"
    ]
    assert told_of == (
        f"A client did not come back from an attempt that was refused with HTTP 503{told}."
    )


UNHEARD = """
    #0 0.00 started node client.js
    #0 0.01 closed_door
"""


@pytest.mark.parametrize(
    ("then", "blame"),
    [
        ("#0 0.40 exited exit code 1", {"C-RECONNECT"}),
        ("#0 2.00 opened_door\n#0 2.50 exited exit code 1", {"C-RECONNECT"}),
        ("#0 2.00 opened_door\n#0 5.60 silent", {"C-RECONNECT"}),
        ("#0 2.00 opened_door\n#0 4.00 silent", set()),
        ("#0 0.30 asked SIGTERM\n#0 0.40 exited exit code 1", set()),
        ("#0 2.00 opened_door\n3.00 opening\n3.01 requested GET /\n3.02 opened", set()),
    ],
    ids=["it ends", "it ends later", "it stays away", "it may still come", "asked to", "it comes"],
)
def test_a_client_comes_back_from_a_port_at_which_nobody_listens_yet(
    then: str, blame: set[str]
) -> None:
    assert blamed(UNHEARD, then) == blame


def test_a_client_that_never_came_where_somebody_listened_did_not_connect() -> None:
    assert blamed("#0 0.00 started node client.js\n#0 0.40 exited exit code 1") == {"C-STAY"}


def test_it_is_shown_when_nobody_listened_to_a_client_that_came_back_from_its_own_close() -> None:
    trace = seen(
        OPENS, BEATS, "1.5 ended local\n#0 1.51 closed_door\n#0 2.0 asked SIGTERM",
        "#0 2.1 opened_door\n#2 2.9 opening\n#2 2.91 requested GET /\n#2 2.92 opened",
    )  # fmt: skip
    [found] = violations(trace)["C-CLOSE-FINAL"]
    kinds = [event.kind for event in trace.events if event.n in found.events]
    assert kinds[-4:] == ["closed_door", "asked", "opened_door", "opening"]


@pytest.mark.parametrize(
    ("lasted", "among"), [(0.005, {"C-RECONNECT"}), (0.2, set())], ids=["at once", "later"]
)
def test_whose_process_ends_as_it_is_accepted_may_have_died_as_it_connected(
    lasted: float, among: set[str]
) -> None:
    over = f"{0.121 + lasted} ended reset\n#0 {0.130 + lasted} exited exit code 1"
    [found] = violations(seen(OPENS, over))["C-STAY"]
    assert found.among == among


def test_who_left_before_anything_was_said_leaves_for_nothing_that_is_said_later() -> None:
    left = "0.15 ended eof"
    again = "#2 0.55 opening\n#2 0.56 requested GET /\n#2 0.57 opened"
    told = '#2 0.58 > {"type":"news"}\n#2 0.585 ended eof'
    [found] = violations(seen(OPENS, left, again, told))["C-TOLERATE"]
    assert found.among == {"C-STAY"}


def test_it_is_said_of_who_leaves_at_once_that_it_had_offered_a_subprotocol() -> None:
    opens = f"#0 0.00 started command\n0.10 opening\n0.11 note {OFFERED}1\n0.12 opened"
    [found] = violations(seen(opens, "0.13 ended eof"))["C-STAY"]
    assert "subprotocols" in found.message
    [found] = violations(seen(opens, "0.30 < ping\n0.31 > pong\n0.4 ended eof"))["C-STAY"]
    assert "subprotocols" not in found.message


GAVE_UP = "1.60 < ping\n2.05 < close 4000 pong timeout\n"


@pytest.mark.parametrize(
    ("returns", "broken"),
    [
        ("6.20", {"C-PONG-MISSING"}),  # It came by the first delay after the end.
        ("7.50", {"C-RECONNECT"}),
        (None, {"C-RECONNECT"}),
    ],
)
def test_who_comes_back_when_its_close_has_led_nowhere_waited_for_the_answer(
    returns: str | None, broken: set[str]
) -> None:
    """The harness ended the connection; who comes long after that, waited for something else."""
    back = f"#2 {returns} opening\n#2 {returns} requested GET /" if returns else "#0 11.0 silent"
    assert blamed(OPENS, BEATS, GAVE_UP, "5.90 ended local", back) == broken


def test_it_is_said_of_who_leaves_at_once_in_which_manner_it_was_accepted() -> None:
    trace = seen(OPENS, "0.13 ended eof")
    [opened] = [event for event in trace.events if event.kind == "opened"]
    events = list(trace.events)
    events[opened.n] = replace(opened, manner="in capitals")
    [found] = violations(replace(trace, events=tuple(events)))["C-STAY"]
    assert "accepted in capitals" in found.message


def test_a_refusal_is_named_with_its_wish() -> None:
    wish = "#2 1.90 opening\n#2 1.91 requested GET /\n#2 1.92 refused 503, Retry-After: 120"
    trace = seen(OPENS, "1.50 ended local", wish, "#2 1.93 ended local", "#0 7.0 silent")
    [found] = violations(trace)["C-RECONNECT"]
    assert "503, Retry-After: 120" in found.message

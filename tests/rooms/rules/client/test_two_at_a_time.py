"""Two connections of a client at a time: a page that begins twice, and who forgets one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.trace.event import Refusal
from tests.rooms.rules.client.blame import BEATS, OPENS, blamed, seen
from tests.traces.notation import of_outcome, trace_of, violations

STRICT = """
    0.00 started command
    0.10 opening
    0.11 requested GET
    {}
    #2 0.14 opening
    #2 0.15 requested GET
    #2 0.16 opened
    #2 0.40 < ping
    #2 0.41 > pong
"""


def test_a_page_that_is_mounted_twice_comes_back_from_nothing() -> None:
    """What it dropped before an answer was no attempt that failed; a connection was not kept."""
    assert blamed(STRICT.format("0.13 ended eof")) == set()
    dropped = seen(STRICT.format("0.12 opened\n0.13 ended eof"))
    (said,) = of_outcome(dropped, "violated")["C-STAY"]
    assert "StrictMode" in said.message
    assert set(of_outcome(dropped, "violated")) == {"C-STAY"}


STARVED_TWICE = """
    0.00 started command
    0.10 opening
    0.11 requested GET
    {}
    #2 0.16 opening
    #2 0.17 requested GET
    #2 0.18 opened
    #0 0.10..0.20 note the client waited for a processor, in seconds: 0.1
    #0 0.20..0.32 note the client waited for a processor, in seconds: 0.1
    {}
    #2 0.70 < ping
    #2 0.71 > pong
"""


@pytest.mark.parametrize("ended", ["< close 1001", "ended eof"])
def test_what_a_browser_that_waits_tells_late_of_a_page_that_is_mounted_twice(ended: str) -> None:
    """The end of the first connection is seen when the second has begun long since."""
    seen_late = STARVED_TWICE.format("0.12 opened", f"#1 0.30 {ended}")
    assert "C-RECONNECT-SINGLE" not in blamed(seen_late)
    on_time = seen_late.replace("0.1\n", "0.0\n")
    assert "C-RECONNECT-SINGLE" in blamed(on_time)
    before_an_answer = STARVED_TWICE.format("", "").replace(
        "#2 0.16", "0.14 ended eof\n    #2 0.40"
    )
    starved = before_an_answer.replace("#2 0.17", "#2 0.41").replace("#2 0.18", "#2 0.42")
    assert blamed(starved) == set()


IN_EITHER_ORDER = """
    0.00 started command
    0.10..0.12 opening
    #2 0.12..0.36 opening
    0.36..0.37 requested GET
    0.37..0.38 opened
    0.36..0.38 ended eof
    #2 0.38 requested GET
    #2 0.39 opened
    #2 0.60 < ping
    #2 0.61 > pong
    #2 1.10 < ping
    #2 1.11 > pong
"""


def test_of_two_requests_that_come_late_either_may_have_been_made_first() -> None:
    """Whose request came late seems to begin beside the other, and may have been over by then."""
    assert "C-RECONNECT-SINGLE" not in blamed(IN_EITHER_ORDER)
    stays = IN_EITHER_ORDER.replace("0.36..0.38 ended eof", "") + "#1 1.20 < close 1000"
    assert "C-RECONNECT-SINGLE" in blamed(stays)


def test_an_attempt_that_was_dropped_while_nobody_looked_lay_beside_none() -> None:
    """As where a page that begins twice is shown a certificate that it refuses."""
    dropped = """
        0.00 started command
        0.10..0.30 opening
        #2 0.10..0.30 opening
        0.40 refused 400
        0.31..0.40 ended eof
        #2 0.40 refused 400
        #2 0.31..0.40 ended eof
        #0 0.31..0.40 late 0.09
    """
    trace, failed = seen(dropped), Refusal(None, "the TLS handshake failed")
    events = [replace(e, content=failed) if e.kind == "refused" else e for e in trace.events]
    found = of_outcome(replace(trace, events=tuple(events)), "violated")
    assert "C-RECONNECT-SINGLE" not in found


BESIDE = """
    #2 1.70 opening
    #2 1.71 requested GET / HTTP/1.1
    #2 1.72 opened
    #2 2.20 < ping
    #2 2.21 > pong
"""


def test_who_forgets_a_connection_for_what_it_was_sent_did_not_bear_it() -> None:
    """The receive loop ended with an exception, and its socket was left open: that came first."""
    noise, gone = "1.30 > hello", "#1 2.9 silent"
    assert blamed(OPENS, BEATS, noise, BESIDE, gone) == {"C-TOLERATE"}
    assert blamed(OPENS, BEATS, BESIDE, gone) == {"C-RECONNECT-SINGLE"}
    assert blamed(OPENS, BEATS, noise, "1.60 < ping\n1.61 > pong", BESIDE, gone) == {
        "C-RECONNECT-SINGLE"
    }
    assert blamed(OPENS, BEATS, noise, BESIDE, "#1 1.74 ended local") == {"C-RECONNECT-SINGLE"}


def test_of_two_connections_a_client_that_is_told_to_end_closes_the_one_it_knows_of() -> None:
    ends = "#0 2.4 asked SIGTERM\n#2 2.41 < close 1000\n#2 2.42 ended eof\n#1 2.6 ended eof"
    over = "#0 2.61 exited exit code 0"
    assert blamed(OPENS, BEATS, BESIDE, ends, over) == {"C-RECONNECT-SINGLE"}


@pytest.mark.parametrize(
    ("began", "blame"), [(0.15, {"C-RECONNECT-SINGLE"}), (0.22, {"C-TOLERATE"})]
)
def test_what_was_said_on_a_connection_that_had_been_replaced_did_not_end_it(
    began: float, blame: set[str]
) -> None:
    """A browser may take its time to close what a page has dropped."""
    trace = trace_of(
        f"""
        #1 0.00 opening
        #1 0.01 requested GET /
        #1 0.02 opened
        #1 0.20 > hello
        #2 {began} opening
        #2 {began + 0.01:.2f} requested GET /
        #2 {began + 0.02:.2f} opened
        #2 {began + 0.03:.2f} < ping
        #2 {began + 0.04:.2f} > pong
        #1 0.24 < close 1001
        #1 0.25 ended eof
        #0 0.90 silent
        """,
        role="client",
    )
    assert blame <= set(of_outcome(trace, "violated"))
    assert ("C-TOLERATE" in of_outcome(trace, "violated")) == ("C-TOLERATE" in blame)


@pytest.mark.parametrize(("heard", "among"), [("", {"C-STAY"}), ("#1 0.03 < ping\n", set())])
def test_an_attempt_right_after_the_first_may_not_be_due_to_its_end(
    heard: str, among: set[str]
) -> None:
    """A page in React's StrictMode begins twice, whatever becomes of its first connection."""
    first = (
        f"#1 0.00 opening\n#1 0.01 requested GET /\n#1 0.02 opened\n{heard}#1 0.04 ended local\n"
    )
    again = "#2 0.05 opening\n#2 0.06 requested GET /\n#2 0.07 opened\n#0 0.90 silent\n"
    found = of_outcome(trace_of(first + again, role="client"), "violated")
    assert [each.among for each in found["C-RECONNECT-FLOOR"]] == [among]


def test_an_attempt_without_an_answer_that_is_still_there_may_have_been_given_up() -> None:
    """Some libraries say that it is closed, and leave its TCP connection open."""
    waits = "1.5 ended local\n#2 1.9 opening\n#2 1.91 requested GET"
    story = seen(OPENS, BEATS, waits, "#3 5.3 opening\n#3 5.31 requested GET\n#2 5.7 silent")
    (found,) = violations(story)["C-RECONNECT-SINGLE"]
    assert "without ending its TCP connection" in found.message


def test_what_begins_after_its_own_close_is_for_that_alone() -> None:
    """A client that hears of its end amid an attempt, and begins another: one fault, one name."""
    waits = "0.00 started command\n0.10 opening\n0.11 requested GET / HTTP/1.1"
    again = "#2 {} opening\n#2 {}1 requested GET / HTTP/1.1\n#1 2.00 silent\n#2 2.00 silent"
    ends = "#0 0.20 asked SIGTERM"
    assert blamed(waits, ends, again.format(0.6, 0.6)) == {"C-CLOSE-FINAL"}
    assert blamed(waits, again.format(0.6, 0.6)) == {"C-RECONNECT-SINGLE"}


def test_who_was_echoed_what_it_said_has_to_close_as_ever() -> None:
    """An echo that it asked for is nothing for which it may hang; one that it did not, may be."""
    said, kept = '1.10 < {"order":17}', "#0 1.30 asked SIGTERM\n#1 3.0 silent\n#0 3.0 silent"
    echo = '1.11 > {"type":"echo","data":{"order":17}}'
    assert blamed(OPENS, BEATS, said, echo, kept) == {"C-CLOSE-ON-EXIT"}
    assert "C-CLOSE-ON-EXIT" not in blamed(OPENS, BEATS, echo, kept)

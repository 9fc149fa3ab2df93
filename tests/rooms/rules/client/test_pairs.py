"""Two things one after the other, and what is no attempt: whose fault it is, if anybody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.trace.event import Refusal
from tests.rooms.rules.client.blame import BEATS, OPENS, blamed, seen
from tests.traces.notation import of_outcome, trace_of


def back(number: int, at: float) -> str:
    """Another connection, on which the client pings once."""
    return f"""
    #{number} {at} opening
    #{number} {at + 0.01} requested GET
    #{number} {at + 0.02} opened
    #{number} {at + 0.32} < ping
    #{number} {at + 0.33} > pong
"""


def closed(number: int, at: float) -> str:
    return f"#{number} {at} > close 1000 x\n#{number} {at + 0.01} ended local\n"


NOT_BLAMED = {
    "a TCP connection that stood ready": """
        #2 1.20 opening
        1.50 ended local
        #2 1.90 requested GET
        #2 1.91 opened""",
    "an attempt on its way when it is asked to end": """
        1.50 ended local
        1.88 asked SIGTERM
        #2 1.90 opening
        #2 1.91 requested GET
        #2 1.92 opened
        #2 1.95 < close 1001
        #2 1.96 ended eof""",
    "the same, dropped before it was answered": """
        1.50 ended local
        1.88 asked SIGTERM
        #2 1.90 opening
        #2 1.91 requested GET
        #2 1.93 ended eof""",
    "a Close that is answered before the harness has noted that it sent its own": """
        1.50..1.52 > close 1000 x
        1.49..1.53 < close 1000
        1.53 ended local
        #2 1.90 opening""",
    "one ping left out when somebody talked": '1.2 > {"n":1}\n2.50 silent',
}


@pytest.mark.parametrize("story", NOT_BLAMED.values(), ids=NOT_BLAMED.keys())
def test_nobody_is_blamed(story: str) -> None:
    assert blamed(OPENS, BEATS, story) == set()


BLAMED = {
    "back at once over a TCP connection that stood ready": (
        "C-RECONNECT-FLOOR",
        "#2 1.20 opening\n1.50 ended local\n#2 1.60 requested GET\n#2 1.61 opened",
    ),
    "back from its own close over one": (
        "C-CLOSE-FINAL",
        "#2 1.20 opening\n1.30 asked SIGTERM\n1.31 < close 1000\n1.32 ended eof\n"
        "#2 1.70 requested GET\n#2 1.71 opened",
    ),
    "an attempt on its way that it keeps": (
        "C-CLOSE-FINAL",
        "1.50 ended local\n1.88 asked SIGTERM\n#2 1.90 opening\n#2 1.91 requested GET\n"
        "#2 1.92 opened\n#2 2.20 < close 1001\n#2 2.30 ended eof",
    ),
    "impatience with another code": ("C-PONG-MISSING", "1.60 < ping\n1.90 < close 1000"),
    "impatience without a code": ("C-PONG-MISSING", "1.60 < ping\n1.90 ended eof"),
    "impatience while somebody talks": (
        "C-PONG-MISSING",
        '1.2 > {"n":1}\n1.4 > {"n":2}\n1.60 < ping\n1.7 > {"n":3}\n1.90 < close 1000',
    ),
    "what it was sent meanwhile": ("C-TOLERATE", "1.60 < ping\n1.88 > hello\n1.90 < close 1000"),
    "no ping when two were due after noise": ("C-TOLERATE", "1.2 > hello\n2.80 silent"),
}


@pytest.mark.parametrize(("requirement", "story"), BLAMED.values(), ids=BLAMED.keys())
def test_one_fault_is_one_requirement(requirement: str, story: str) -> None:
    assert blamed(OPENS, BEATS, story) == {requirement}


FETCHES = """
    1.20 > close 1000 x
    1.21 ended local
    #2 1.60 opening
    #2 1.61 note no attempt: GET /ticket by plain HTTP
    #2 1.61 note wsbeat keeps the client waiting for the answer
    1.70 asked SIGTERM
    {}
"""
ANSWERED = FETCHES.format("#2 2.10 note wsbeat answers that only now")


def test_who_was_to_end_while_it_fetched_something_is_told_so() -> None:
    assert blamed(OPENS, BEATS, ANSWERED, "#2 2.12 ended eof\n#0 4.0 silent") == set()
    dropped = FETCHES.format("#2 1.71 ended eof")
    for fetch in (ANSWERED, dropped):
        _is_told_of_its_fetch(fetch)


def _is_told_of_its_fetch(fetch: str) -> None:
    trace = seen(OPENS, BEATS, fetch, "#3 2.12 opening\n#3 2.13 requested GET\n#3 2.14 opened")
    found = of_outcome(trace, "violated")
    assert set(found) == {"C-CLOSE-FINAL"}
    (said,) = found["C-CLOSE-FINAL"]
    assert said.message.endswith("while it fetched something by HTTP connected all the same.")
    assert [trace.events[n].connection for n in sorted(said.events)] == [1, 2, 0, 2, 3]


def test_who_bore_a_longer_wait_did_not_lose_patience() -> None:
    slow = "1.60 < ping\n1.95 > pong\n2.20 < ping\n2.40 < close 1000"
    assert blamed(OPENS, BEATS, slow) == {"C-STAY"}


TWICE = OPENS + BEATS + closed(1, 1.2) + back(2, 1.6) + closed(2, 2.2) + back(3, 2.6)
NOISE = "#3 3.0 > hello\n" + closed(3, 3.3)


def test_who_does_not_come_back_after_a_message_hears_nothing() -> None:
    assert blamed(TWICE, NOISE, "#0 7.0 silent") == {"C-TOLERATE"}
    assert blamed(TWICE, NOISE, "#0 3.4 exited exit code 0") == {"C-TOLERATE"}
    assert blamed(TWICE, NOISE, back(4, 3.7)) == set()


def test_who_does_not_come_back_anyhow_was_not_kept_from_it() -> None:
    """Nor is it known of one that came back but once: that may be as often as it ever does."""
    assert blamed(TWICE, closed(3, 3.3), "#0 7.0 silent") == {"C-RECONNECT"}
    once = OPENS + BEATS + closed(1, 1.2) + back(2, 1.6)
    assert blamed(once, "#2 2.0 > hello\n", closed(2, 2.3), "#0 6.0 silent") == {"C-RECONNECT"}


def test_a_greeting_is_not_what_keeps_a_client_from_pings_that_it_never_sends() -> None:
    assert blamed(OPENS, "0.13 > welcome\n2.50 silent") == set()
    greeted = closed(1, 1.2) + "#2 1.6 opening\n#2 1.62 opened\n#2 1.63 > welcome\n#2 4.0 silent"
    assert blamed(OPENS, BEATS, greeted) == {"C-TOLERATE"}


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


def test_what_the_browser_told_a_page_stands_on_its_page() -> None:
    """It is noted when the page has been told, and the page may have acted on it by then."""
    told = "#0 1.20..1.33 note the browser told the page that it is hidden"
    trace = seen(OPENS, BEATS, f"1.30 < close 1000\n{told}")
    (left,) = of_outcome(trace, "violated")["C-STAY"]
    assert [n for n in left.events if trace.events[n].kind == "note"]


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

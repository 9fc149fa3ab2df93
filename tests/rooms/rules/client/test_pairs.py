"""Two things one after the other, and what is no attempt: whose fault it is, if anybody's."""

from __future__ import annotations

import pytest

from tests.rooms.rules.client.blame import BEATS, OPENS, blamed, seen
from tests.traces.notation import of_outcome


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


def test_what_the_browser_told_a_page_stands_on_its_page() -> None:
    """It is noted when the page has been told, and the page may have acted on it by then."""
    told = "#0 1.20..1.33 note the browser told the page that it is hidden"
    trace = seen(OPENS, BEATS, f"1.30 < close 1000\n{told}")
    (left,) = of_outcome(trace, "violated")["C-STAY"]
    assert [n for n in left.events if trace.events[n].kind == "note"]

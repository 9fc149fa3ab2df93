"""What a harness did not see because it was late, it does not hold against a client."""

from __future__ import annotations

import pytest

from conformance.trace.trace import Capabilities
from tests.rooms.rules.client.blame import BEATS, OPENS, RETURNS, blamed, seen
from tests.traces.notation import of_outcome, outcomes, trace_of

FIRST = "#1 0.00 opening\n0.01 requested GET /\n0.02 opened\n0.03..0.04 < ping\n0.05 > pong\n"
SECOND = "#2 0.30 opening\n#2 0.31 requested GET /\n#2 0.32 opened\n"
LEFT = "#1 1.30..1.31 ended local\n"


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        ("#0 0.33..1.33 late 1.0\n", "undecidable"),
        ("", "violated"),
        ("#0 0.4 late 0.1\n", "violated"),
    ],
    ids=["late all the while", "punctual", "late by little"],
)
def test_two_connections_of_which_one_may_have_ended_unseen(late: str, outcome: str) -> None:
    trace = trace_of(f"{FIRST}{SECOND}{LEFT}{late}", role="client")
    assert "C-RECONNECT-SINGLE" in of_outcome(trace, outcome)


def test_what_a_late_harness_cannot_decide_of_one_connection_excuses_no_other() -> None:
    unsure = "1.60 < ping\n1.61 > pong\n#0 1.62..1.99 late 0.37\n2.01 < close 4000 deaf"
    again = RETURNS.replace(" 1.9", " 2.4") + "#2 2.7 < ping\n#2 2.71 > pong\n"
    left = "#2 3.2 < close 1000"
    assert blamed(OPENS, BEATS, unsure) == set()
    assert blamed(OPENS, BEATS, unsure, again, left) == {"C-STAY"}


def test_a_busy_machine_is_nobodys_fault() -> None:
    """What comes late while the harness itself was late, again and again, is undecidable."""
    late = "".join(f"\n{1.5 + n / 10:.1f}..{1.55 + n / 10:.2f} late 0.05" for n in range(8))
    story = "1.5 ended local" + late + "\n#2 2.40 opening\n#2 2.41 opened"
    assert not blamed(OPENS, BEATS, story)
    assert "undecidable" in outcomes(seen(OPENS, BEATS, story), "C-RECONNECT-CEILING")


def test_who_gives_up_on_a_busy_machine_may_not_have_had_the_time_to_read_its_pong() -> None:
    """However little the harness was late: the client had more to do."""
    gave_up = "1.60 < ping\n1.61 > pong\n2.01..2.10 < close 4000 pong timeout\n2.11 ended eof"
    assert outcomes(seen(OPENS, BEATS, gave_up), "C-STAY") == ["violated"]
    late = seen(OPENS, BEATS, gave_up, "#0 2.01..2.10 late 0.09")
    assert outcomes(late, "C-STAY") == ["undecidable"]


def test_why_a_gap_is_in_doubt_is_said_of_what_makes_it_so() -> None:
    """The ping before may have been late, though nobody was since; and no time is said twice."""
    story = """
        0.70 < ping
        0.71 > pong
        #0 0.60..0.69 late 0.2
        1.04 < ping
    """
    (found,) = of_outcome(seen(OPENS, story), "undecidable")["C-PING-CADENCE"]
    assert found.message == (
        "It is known only that about 0.341 s passed; wsbeat itself was late by 0.20 s meanwhile, "
        "or just before."
    )


@pytest.mark.parametrize(
    ("late", "broken"), [("#0 2.24..2.84 late 0.45\n", set()), ("", {"C-CLOSE-FINAL"})]
)
def test_an_attempt_that_a_late_harness_saw_may_have_been_on_its_way(
    late: str, broken: set[str]
) -> None:
    """Its client was kept waiting, too, and left as soon as it had heard that it is to end."""
    lost = "1.80 ended local"
    asked = "#0 2.195 asked SIGTERM\n#2 2.032..2.347 opening\n"
    came = "#2 2.571..2.843 requested GET /\n#2 2.843 opened\n"
    gone = "#0 2.971 exited exit code 0\n#2 2.572..2.971 ended eof"
    trace = seen(OPENS, BEATS, lost, f"{asked}{late}{came}{gone}")
    assert of_outcome(trace, "violated").keys() & {"C-CLOSE-FINAL"} == broken


NEXT = """
    #2 1.55 opening
    #2 1.56 requested GET /
    #2 1.57 opened
    #2 1.80..1.81 < ping
    #2 1.82 > pong
    #2 2.00 silent
    #0 2.00 silent
"""


@pytest.mark.parametrize(
    ("first", "broken"),
    [
        (
            "#0 0.10..1.10 late 1.0\n0.05..1.05 opening\n0.05..1.10 requested GET /\n1.10 opened\n"
            "1.05..1.12 ended eof",
            set(),
        ),
        (
            "#0 0.10..1.10 late 1.0\n0.05..1.05 opening\n0.05..1.10 requested GET /\n1.10 opened\n"
            "1.05..1.12 < close 1001",
            set(),
        ),
        (
            "#0 0.10..1.10 late 1.0\n0.05..1.05 opening\n0.05..1.10 requested GET /\n1.10 opened\n"
            "1.05..1.12 < close 1000",
            {"C-STAY"},
        ),
        ("0.05 opening\n0.06 requested GET /\n0.07 opened\n0.08 < close 1001", {"C-STAY"}),
        ("0.05 opening\n0.06 requested GET /\n0.07 opened\n0.08 ended eof", {"C-STAY"}),
        ("0.05 opening\n0.06 requested GET /\n0.35 opened\n0.60 ended eof", {"C-STAY"}),
    ],
    ids=[
        "answered late",
        "answered late, to a browser whose page had left",
        "answered late, and closed by the client itself",
        "answered at once, to a browser whose page leaves",
        "answered at once",
        "answered late, and left much later",
    ],
)
def test_an_attempt_may_be_given_up_before_the_late_answer_to_it_is_read(
    first: str, broken: set[str]
) -> None:
    assert blamed("#0 0.00 started command", first, NEXT) == broken


SHORT = """
    0.00 started command
    #1 0.05 opening
    #1 0.06 requested GET /
    #1 0.07 opened
    #1 0.20..0.21 < ping
"""
ANSWERED = "#1 0.22 > pong\n"
CUT = "#1 0.50 ended local\n"


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (
            "#2 0.85..1.20 opening\n#2 0.85..1.25 requested GET /\n#0 1.20..1.70 late 0.5\n"
            "#2 1.75 refused 503\n#2 1.75 ended local\n#3 2.02 opening\n#3 2.03 requested GET /",
            "undecidable",
        ),
        (
            "#2 0.85 opening\n#2 0.86 requested GET /\n#2 0.91 refused 503\n#2 0.91 ended local\n"
            "#3 1.18 opening\n#3 1.19 requested GET /",
            "violated",
        ),
    ],
    ids=["refused late", "refused at once"],
)
def test_what_was_refused_late_may_have_been_given_up_before(second: str, outcome: str) -> None:
    for told in (Capabilities(), Capabilities(server_ping=True)):
        found = outcomes(seen(SHORT, ANSWERED, CUT, second, told=told), "C-RECONNECT-FLOOR")
        assert found == ["satisfied", outcome]


@pytest.mark.parametrize(
    ("late", "outcome"), [("#0 0.51..1.51 late 1.0\n", "undecidable"), ("", "violated")]
)
def test_who_is_to_close_may_have_waited_for_a_processor(late: str, outcome: str) -> None:
    story = f"#0 0.50 asked SIGTERM\n{late}#1 1.70 ended local\n#0 2.00 silent"
    assert outcomes(seen(SHORT, ANSWERED, story), "C-CLOSE-ON-EXIT") == [outcome]


@pytest.mark.parametrize(
    ("since", "outcome"), [("0.45", "undecidable"), ("0.495", "violated"), ("0.51", "violated")]
)
def test_an_end_that_was_read_late_may_have_come_before_the_signal(
    since: str, outcome: str
) -> None:
    """As of a client that had given the connection up, and of which nobody had read it."""
    story = f"#0 0.50 asked SIGTERM\n#1 {since}..0.90 ended eof\n#0 0.95 exited exit code 0"
    assert outcomes(seen(SHORT, ANSWERED, story), "C-CLOSE-ON-EXIT") == [outcome]


ON_ITS_WAY = """
    #2 0.92..1.00 opening
    #2 0.92..1.00 requested GET /
    #2 1.00 opened
    #2 1.00..1.10 ended eof
    #0 0.62..1.00 late 0.38
    #0 1.20 exited exit code 0
"""


@pytest.mark.parametrize(
    ("own", "broken"),
    [
        (
            "#1 0.45..0.612 < close 4000 pong timeout\n#1 0.612 > close 4000 pong timeout\n"
            "#1 0.62 ended local",
            set(),
        ),
        ("#1 0.62 < close 1000\n#1 0.63 > close 1000\n#1 0.63 ended local", {"C-CLOSE-FINAL"}),
    ],
    ids=["for want of a pong, perhaps before", "its own"],
)
def test_a_close_tells_whether_a_client_has_heard_that_it_is_to_end(
    own: str, broken: set[str]
) -> None:
    pong = ANSWERED if broken else ""
    assert blamed(SHORT, pong, "#0 0.61 asked SIGTERM", own, ON_ITS_WAY) == broken


@pytest.mark.parametrize(("end", "is_broken"), [("1.55..1.60", False), ("1.95..2.00", True)])
def test_what_was_read_late_may_have_been_asked_over_a_spare_socket(
    end: str, is_broken: bool
) -> None:
    """Then the attempt began with the request, and not when TCP was connected."""
    second = "#2 1.30..1.40 opening\n#2 1.35..1.90 requested GET /\n#2 1.90 opened\n"
    trace = seen(OPENS, BEATS, second, f"#1 {end} ended local\n#2 2.50 silent")
    assert ("violated" in outcomes(trace, "C-RECONNECT-SINGLE")) == is_broken

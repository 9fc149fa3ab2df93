"""What a harness did not see because it was late, it does not hold against a client."""

from __future__ import annotations

import pytest

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

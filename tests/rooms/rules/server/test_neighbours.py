"""Dead peers and resets, and what becomes of other connections, in traces written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.rules.server.findings.silence import LATE_ANYHOW
from conformance.trace.trace import Capabilities
from tests.traces.notation import FAST, of_outcome, outcomes, trace_of, violations

HEARTBEAT = "close 1000 heartbeat timeout"

IN_TIME = f"""
    #1 0.00 opening
    #1 0.01 opened
    #1 0.02 > ping
    #1 0.03 < pong
    #1 1.60 < {HEARTBEAT}
"""
"""The first connection is closed as it ought to be; how wsbeat answers comes after this."""

OTHERS = """
    #{n} 0.60 opening
    #{n} 0.61 opened
    #{n} 0.62 > ping
    #{n} 0.63 < pong
"""

ANSWERED = "#1 1.6 > close 1000 heartbeat timeout\n#1 1.61 ended eof"


def test_a_dead_peer_beside_which_others_are_closed_in_time_shows_no_queue() -> None:
    trace = trace_of(f"{IN_TIME}{OTHERS.format(n=2)} #2 2.10 < {HEARTBEAT}")
    assert outcomes(trace, "S-NO-QUEUE") == ["satisfied"]
    assert outcomes(trace, "S-SURVIVE") == []
    assert violations(trace) == {}


def test_one_that_is_closed_late_beside_a_dead_peer_was_kept_waiting() -> None:
    found = violations(trace_of(f"{IN_TIME}{OTHERS.format(n=2)} #2 3.10 < {HEARTBEAT}"))
    assert found.keys() == {"S-NO-QUEUE"}
    [seen] = found["S-NO-QUEUE"]
    assert "beside a dead peer" in seen.message
    assert seen.provisional


@pytest.mark.parametrize(
    ("second", "third", "sure"),
    [
        (f"3.10 < {HEARTBEAT}", f"3.11 < {HEARTBEAT}", False),
        (f"3.10 < {HEARTBEAT}", f"2.10 < {HEARTBEAT}", False),
        (f"3.10 < {HEARTBEAT}", None, False),
        ("5.0 silent", "5.0 silent", True),
        ("5.0 silent", f"2.10 < {HEARTBEAT}", False),
    ],
)
def test_a_server_may_be_late_anyhow_unless_all_are_for_very_long_beside_a_dead_peer(
    second: str, third: str | None, sure: bool
) -> None:
    """One that looks too seldom is late for several at the same time."""
    beside = f"{OTHERS.format(n=2)} #2 {second}\n#2 5.1 > close 1000\n"
    beside += "" if third is None else f"{OTHERS.format(n=3)} #3 {third}\n"
    found = violations(trace_of(f"{IN_TIME}{beside}"))["S-NO-QUEUE"]
    assert {each.among for each in found} == {frozenset() if sure else LATE_ANYHOW}


@pytest.mark.parametrize("end", [ANSWERED, ""])
def test_a_late_close_is_put_down_to_a_dead_peer_only_where_there_is_one(end: str) -> None:
    trace = trace_of(f"{IN_TIME}{end}\n{OTHERS.format(n=2)} #2 3.10 < {HEARTBEAT}")
    assert violations(trace).keys() == {"S-TIMEOUT-LATEST" if end else "S-NO-QUEUE"}


def test_one_that_was_closed_before_the_other_died_was_not_beside_a_dead_peer() -> None:
    late = IN_TIME.replace("1.60", "2.60")
    assert violations(trace_of(late)).keys() == {"S-TIMEOUT-LATEST"}


def test_where_nothing_was_closed_in_time_nobody_else_is_to_blame() -> None:
    late = IN_TIME.replace("1.60", "2.60")
    trace = trace_of(f"{late}{OTHERS.format(n=2)} #2 3.10 < {HEARTBEAT}")
    assert violations(trace).keys() == {"S-TIMEOUT-LATEST"}


def test_a_peer_that_reads_nothing_is_dead_too() -> None:
    deaf = OTHERS.format(n=2) + " #2 0.65 paused\n #2 0.66 > 1\n #2 0.67 > 2\n"
    trace = trace_of(f"{IN_TIME}{ANSWERED}{deaf}{OTHERS.format(n=3)} #3 3.10 < {HEARTBEAT}")
    assert violations(trace).keys() == {"S-NO-QUEUE"}
    trace = trace_of(f"{IN_TIME}{ANSWERED}{deaf}{OTHERS.format(n=3)} #3 2.10 < {HEARTBEAT}")
    assert violations(trace) == {}
    assert "satisfied" in outcomes(trace, "S-NO-QUEUE")


@pytest.mark.parametrize("how", ["eof", "reset", "local"])
def test_how_a_connection_ends_that_is_not_read_is_no_fault(how: str) -> None:
    deaf = OTHERS.format(n=2) + f" #2 0.65 paused\n #2 0.66 > 1\n #2 2.9 ended {how}\n"
    assert violations(trace_of(f"{IN_TIME}{ANSWERED}{deaf}")) == {}


def test_one_that_reads_again_is_alive() -> None:
    deaf = OTHERS.format(n=2) + " #2 0.65 paused\n #2 0.70 resumed\n #2 3.10 silent"
    trace = trace_of(f"{IN_TIME}{ANSWERED}{deaf}")
    assert outcomes(trace, "S-NO-QUEUE") == []


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("11.5 ended eof", ["satisfied"]),
        ("12.8 ended reset", ["violated"]),
        ("12.9 ended local", ["violated"]),
        ("3.0 ended local", []),
        ("11.7 ended local", []),
        ("11.7..12.3 ended eof", ["undecidable"]),
    ],
)
def test_a_close_that_is_not_answered_ends_the_connection(end: str, outcome: list[str]) -> None:
    trace = trace_of(f"{IN_TIME}\n #1 {end}")
    assert outcomes(trace, "S-DROP") == outcome
    assert violations(trace).keys() <= {"S-DROP"}


@pytest.mark.parametrize(("end", "again"), [("13.5 ended eof", True), ("14.2 ended local", False)])
def test_what_was_kept_for_some_seconds_too_long_need_not_be_seen_again(
    end: str, again: bool
) -> None:
    """No machine is so busy; what was late by less may be late on its account."""
    trace = trace_of(f"{IN_TIME}\n #1 {end}")
    assert violations(trace)["S-DROP"][0].provisional is again


def test_each_close_that_is_not_answered_is_judged_by_its_own_end() -> None:
    """One whose end was not seen says nothing of the next."""
    trace = trace_of(f"{IN_TIME}{OTHERS.format(n=2)} #2 2.10 < {HEARTBEAT}\n #2 5.0 ended eof")
    assert outcomes(trace, "S-DROP") == ["satisfied"]


def test_a_close_that_is_answered_says_nothing_of_that() -> None:
    assert outcomes(trace_of(f"{IN_TIME}{ANSWERED}"), "S-DROP") == []


@pytest.mark.parametrize("first", ["<", ">"])
@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("1.61 ended eof", ["satisfied"]),
        ("1.61 ended reset", ["satisfied"]),
        ("12.8 ended eof", ["violated"]),
        ("12.9 ended local", ["violated"]),
        ("3.0 ended local", []),
        ("11.7..12.3 ended eof", ["undecidable"]),
    ],
)
def test_a_connection_that_both_sides_closed_ends(first: str, end: str, outcome: list[str]) -> None:
    second = "<" if first == ">" else ">"
    closes = f"#1 1.60 {first} {HEARTBEAT}\n#1 1.60 {second} {HEARTBEAT}"
    begun, _, _ = IN_TIME.rpartition("#1 1.60")
    trace = trace_of(f"{begun}{closes}\n#1 {end}")
    assert outcomes(trace, "S-HANG-UP") == outcome
    assert outcomes(trace, "S-DROP") == []
    assert violations(trace).keys() <= {"S-HANG-UP"}


@pytest.mark.parametrize("closes", ["", f"#1 1.60 > {HEARTBEAT}", f"#1 1.60 < {HEARTBEAT}"])
def test_one_that_not_both_sides_closed_says_nothing_of_that(closes: str) -> None:
    begun, _, _ = IN_TIME.rpartition("#1 1.60")
    assert outcomes(trace_of(f"{begun}{closes}\n#1 12.9 ended local"), "S-HANG-UP") == []


def test_what_cannot_be_decided_beside_a_dead_peer_is_in_doubt_for_it_alone() -> None:
    trace = trace_of(f"{IN_TIME}{OTHERS.format(n=2)} #2 2.6..3.2 < {HEARTBEAT}")
    assert of_outcome(trace, "undecidable").keys() == {"S-NO-QUEUE"}


def test_plan_b_has_dead_peers_too() -> None:
    told = Capabilities(server_ping=True)
    text = f"{IN_TIME}{OTHERS.format(n=2)}".replace("> ping", "> pong")
    text = "\n".join(line for line in text.splitlines() if "< pong" not in line)
    late = trace_of(f"{text}\n #2 3.10 < {HEARTBEAT}", capabilities=told)
    assert "S-NO-QUEUE" in violations(late)


@pytest.mark.parametrize(("last", "found"), [(0.14, {"S-TIMEOUT-LATEST"}), (0.30, set())])
def test_who_pinged_at_the_same_moment_kept_no_other_connection_open(
    last: float, found: set[str]
) -> None:
    """Its own time is over then, too, but for what the harness cannot tell apart."""
    silent = "#1 0.00 opening\n#1 0.01 opened\n#1 0.1 > ping\n#1 0.11 < pong"
    other = f"#2 0.00 opening\n#2 0.01 opened\n#2 {last} > ping\n#2 {last + 0.01:.2f} < pong"
    text = f"{silent}\n{other}\n#2 1.0 ended local\n#1 2.13 silent"
    assert violations(trace_of(text, timing=replace(FAST, tolerance=0.02))).keys() == found


TWO = """
    #1 0.00 opening
    #1 0.01 opened
    #1 0.02 > ping
    #1 0.03 < pong
    #2 0.00 opening
    #2 0.01 opened
    #2 0.02 > ping
    #2 0.03 < pong
"""


@pytest.mark.parametrize(
    ("other", "found"), [("ended eof", False), ("silent", True)], ids=["it ends, too", "it stays"]
)
def test_a_close_that_crosses_the_end_of_another_connection_is_not_unanswered(
    other: str, found: bool
) -> None:
    trace = trace_of(f"{TWO}#1 0.5 > close 1000\n#2 0.5 {other}\n#1 0.505 ended eof")
    assert ("S-CONTROL" in violations(trace)) == found


@pytest.mark.parametrize(
    ("before", "found"),
    [("#1 0.5 ended eof", False), ("#1 0.5 > close 1000\n#1 0.5 < close 1000", True)],
    ids=["brought down with it", "wsbeat had closed the other"],
)
def test_a_ping_is_not_why_a_connection_ends_right_after_another(before: str, found: bool) -> None:
    one = "".join(line for line in TWO.splitlines(keepends=True) if "#1" in line)
    young = "#2 0.501 opening\n#2 0.502 opened\n#2 0.503 > ping\n#2 0.51 ended eof"
    assert ("S-PONG" in violations(trace_of(f"{one}{before}\n{young}"))) == found

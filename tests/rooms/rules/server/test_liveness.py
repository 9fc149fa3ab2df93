"""Bounds at their edges: what is decided, what is not, and what a late harness may not decide."""

from __future__ import annotations

import pytest

from conformance.trace.event import GRAIN
from tests.traces.notation import FAST, of_outcome, outcomes, trace_of, violations

SILENT = """
    0.000 opening
    0.001 opened
    0.002..0.002 > ping
    0.010 < pong
"""
LIMIT, LATEST, SLACK = FAST.heartbeat_timeout, FAST.latest_close, FAST.tolerance


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


def test_that_nothing_came_is_not_seen_while_the_harness_does_not_read() -> None:
    text = "0.0 opening\n0.001 opened\n0.1 > ping\n0.2 < pong\n{}9.0 silent"
    assert outcomes(trace_of(text.format("")), "S-QUIET") == ["satisfied"]
    assert outcomes(trace_of(text.format("0.3 paused\n")), "S-QUIET") == []


def test_no_reply_is_missing_while_the_harness_does_not_read() -> None:
    text = "0.0 opening\n0.001 opened\n0.1 > ping\n0.11 paused\n0.9 silent"
    assert not of_outcome(trace_of(text), "violated")
    assert "S-PONG" in of_outcome(trace_of(text.replace("0.11 paused\n", "")), "violated")


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


@pytest.mark.parametrize(
    ("answers", "early"),
    [("0.12 < echo 1", False), ("0.11 < pong\n0.12 < echo 1", True)],
)
def test_a_ping_that_was_lost_shows_no_close_to_be_early(answers: str, early: bool) -> None:
    """What came after it was answered, and it was not: then the server does not know of it."""
    said = f"0.0 opening\n0.001 opened\n0.1 > ping\n0.101 > 1\n{answers}\n"
    found = violations(trace_of(f"{said}1.45 < close 1000 heartbeat timeout"))
    assert ("S-TIMEOUT-EARLIEST" in found) == early
    assert ("S-PONG" in found) != early


def test_what_is_kept_open_by_answers_to_control_pings_shows_them() -> None:
    trace = trace_of(f"{SILENT}1.2 < control ping a\n1.21 > control pong a\n2.8 silent")
    [found] = violations(trace)["S-TIMEOUT-LATEST"]
    shown = [(trace.events[n].kind, trace.events[n].opcode) for n in found.events]
    assert shown == [("sent", "text"), ("received", "ping"), ("sent", "pong"), ("silent", None)]


@pytest.mark.parametrize(
    ("frames", "happened"),
    [
        ("0.1 > fragment 7b22", "A ping that came in several frames was not answered with a pong."),
        ("", "A ping was not answered with a pong."),
    ],
)
def test_what_is_lost_in_several_frames_is_said_to_have_come_so(frames: str, happened: str) -> None:
    said = f"{SILENT}{frames}\n0.1 > ping\n0.11 > 1\n0.12 < echo 1"
    [found] = violations(trace_of(said))["S-PONG"]
    assert found.message == happened


@pytest.mark.parametrize(
    ("later", "shown"),
    [("3.0 silent", [4, 5, 7]), ("0.4 < echo 3\n3.0 silent", [5, 8])],
)
def test_what_a_server_ceased_to_answer_after_is_shown(later: str, shown: list[int]) -> None:
    said = f'{SILENT}0.1 > "\\ud800"\n0.2 > 2\n0.3 > 3\n{later}'
    found = violations(trace_of(said))["S-ECHO"]
    assert list(found[0].events) == shown

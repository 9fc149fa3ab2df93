"""What is done to the server's process, judged in traces written by hand."""

from __future__ import annotations

import pytest

from conformance.rules import judge
from conformance.rules.server.findings.silence import EARLY_ANYHOW
from tests.traces.notation import of_outcome, outcomes, shown, trace_of, violations

OPEN = """
    0.0 started server --port 20000
    0.0 opening
    0.01 opened
    0.1 > ping
    0.11 < pong
    0.2..0.201 asked SIGTERM
"""


@pytest.mark.parametrize("code", [1001, 1012])
def test_a_server_that_goes_away_says_so(code: int) -> None:
    trace = trace_of(f"{OPEN} 0.3 < close {code} bye\n 0.31 ended eof")
    assert outcomes(trace, "S-GOING-AWAY") == ["satisfied"]
    assert violations(trace) == {}


@pytest.mark.parametrize(
    "end",
    ["< close 1000", "< close 1011 oops", "< close", "ended eof", "ended reset"],
)
def test_one_that_says_something_else_or_nothing_does_not(end: str) -> None:
    found = violations(trace_of(f"{OPEN} 0.3 {end}"))
    assert found.keys() == {"S-GOING-AWAY"}
    [seen] = found["S-GOING-AWAY"]
    assert seen.provisional == (end == "ended reset")


def test_what_was_said_meanwhile_is_owed_no_reply() -> None:
    """Though it was sent just before the end that it might else be blamed for."""
    trace = trace_of(f"{OPEN} 0.25 > ping\n 0.26 > 1\n 0.3 < close 1000")
    assert violations(trace).keys() == {"S-GOING-AWAY"}
    trace = trace_of(f"{OPEN} 0.25 > ping\n 0.26 > 1\n 0.9 > ping\n 2.0 < close 1001")
    assert violations(trace) == {}


def test_a_ping_long_before_is_owed_one() -> None:
    trace = trace_of("""
        0.0 opening
        0.01 opened
        0.1 > ping
        1.0 asked SIGTERM
        1.1 < close 1001
    """)
    assert violations(trace).keys() == {"S-PONG"}


def test_a_server_that_stays_has_left_its_connections_open() -> None:
    alive = "\n".join(f"{0.5 * n} > ping\n{0.5 * n + 0.01} < pong" for n in range(1, 21))
    assert violations(trace_of(f"{OPEN} {alive}\n 10.5 silent\n 10.6 > close 1000")).keys() == {
        "S-GOING-AWAY"
    }
    assert outcomes(trace_of(f"{OPEN} {alive}\n 10.3 silent"), "S-GOING-AWAY") == []


def test_how_long_a_connection_was_left_open_is_not_overstated() -> None:
    """Between being asked, at the latest, and the end of watching, at the earliest."""
    trace = trace_of("0.0 opening\n 0.01 opened\n 0.2..0.5 asked SIGTERM\n 11.0..11.2 silent")
    [found] = violations(trace)["S-GOING-AWAY"]
    assert found.actual == "still open after 10.50 s"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.01 refused 503", ""),
        ("0.01 opened\n 0.1 > close 1000\n 0.11 < close 1000", ""),
        ("0.01 opened", "0.3 > close 1000\n 0.31 < close 1000"),
    ],
)
def test_each_connection_is_to_be_told_that_the_server_goes_away(before: str, after: str) -> None:
    """One that never was, or that its client closed, says nothing, and lets no other off."""
    second = "#2 0.0 opening\n #2 0.01 opened"
    lines = f"0.0 opening\n {before}\n {second}\n 0.2 asked SIGTERM\n {after}\n"
    assert outcomes(trace_of(f"{lines} #2 0.4 < close 1001"), "S-GOING-AWAY") == ["satisfied"]
    assert outcomes(trace_of(f"{lines} #2 0.4 < close 1000"), "S-GOING-AWAY") == ["violated"]


@pytest.mark.parametrize(
    "told",
    [
        "0.05 < close 1000 early",  # before it was asked
        "0.3 > close 1000",  # the client's own
        "2.2 < close 1000 heartbeat timeout",  # for want of pings
    ],
)
def test_an_end_for_another_reason_says_nothing(told: str) -> None:
    lines = OPEN.splitlines()
    lines.insert(-1 if told.startswith("0.05") else len(lines), f"    {told}")
    assert outcomes(trace_of("\n".join(lines)), "S-GOING-AWAY") == []


def test_nothing_is_judged_unless_it_was_asked_to_end() -> None:
    trace = trace_of("0.0 opening\n 0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.2 < close 1000")
    assert outcomes(trace, "S-GOING-AWAY") == []


# Connections 1 and 2 are to a server whose wall clock jumps, 3 and 4 to one whose does not.

FORWARD, BACK = 0.7, 1.55
HEARTBEAT = "< close 1000 heartbeat timeout"


def moment_of(line: str) -> float:
    return float(line.split(maxsplit=1)[0].partition("..")[0])


def jumping(ends: dict[int, str], forward: float = 3600, back: float = -7200) -> str:
    """Four connections that ping once at 0.1 s, and how each of them ends."""
    begun = "\n".join(f"#{n} 0.0 opening\n#{n} 0.01 opened\n#{n} 0.1 > ping\n#{n} 0.11 < pong"
                      for n in ends)  # fmt: skip
    told = [(moment, f"#{n} {moment} jumped {by}")
            for n in (1, 2) for moment, by in ((FORWARD, forward), (BACK, back))
            if moment < moment_of(ends[n])]  # fmt: skip
    told += [(moment_of(end), f"#{n} {end}") for n, end in ends.items()]
    return "\n".join([begun, *(line for _, line in sorted(told))])


IN_TIME = f"1.7 {HEARTBEAT}"
EARLY = f"0.9 {HEARTBEAT}"
KEPT = "2.6 silent"


def test_a_wall_clock_that_means_nothing() -> None:
    trace = trace_of(jumping(dict.fromkeys((1, 2, 3, 4), IN_TIME)))
    assert violations(trace) == {}
    assert outcomes(trace, "S-MONOTONIC") == ["satisfied", "satisfied"]


@pytest.mark.parametrize("end", [EARLY, "0.75 ended reset", "0.9 < close 1011", "1.0 ended eof"])
def test_what_is_closed_after_a_jump_forward(end: str) -> None:
    found = violations(trace_of(jumping({1: end, 2: end, 3: IN_TIME, 4: IN_TIME})))
    assert "S-MONOTONIC" in found, list(shown(found))
    assert found.keys() <= {"S-MONOTONIC", "S-TIMEOUT-CODE"}
    assert "S-TIMEOUT-CODE" not in found or "1000" not in end


@pytest.mark.parametrize("end", [EARLY, "0.9 < close 1011"])
def test_where_all_are_closed_after_a_jump_that_is_no_collapse(end: str) -> None:
    """In virtual time there are no others, on which the wall clock would not have been set."""
    text = jumping({1: end, 2: end}) + "\n0.85..0.95 note all connections ended at the same time: 2"
    assert "S-MONOTONIC" in violations(trace_of(text))


def test_an_early_close_beside_none_in_time_may_be_one_of_any_connection() -> None:
    """Where the limit is not kept without a jump, either, that is what is broken."""
    alone = violations(trace_of(jumping({1: EARLY, 2: EARLY})))["S-MONOTONIC"]
    assert all(each.among >= EARLY_ANYHOW for each in alone)
    beside = violations(trace_of(jumping({1: EARLY, 2: EARLY, 3: IN_TIME, 4: IN_TIME})))
    assert not any(each.among & EARLY_ANYHOW for each in beside["S-MONOTONIC"])


def test_what_is_kept_after_a_jump_back() -> None:
    found = violations(trace_of(jumping({1: KEPT, 2: KEPT, 3: IN_TIME, 4: IN_TIME})))
    assert found.keys() == {"S-MONOTONIC"}
    assert all(each.provisional for each in found["S-MONOTONIC"])


def test_one_that_is_kept_while_another_is_closed_is_not_kept_by_the_clock() -> None:
    found = violations(trace_of(jumping({1: KEPT, 2: IN_TIME, 3: IN_TIME, 4: IN_TIME})))
    assert "S-MONOTONIC" not in found


@pytest.mark.parametrize("forward", [3600, 0.5])
def test_one_that_is_closed_before_the_clock_is_set_back_does_not_clear_it(forward: float) -> None:
    """A server may keep what is open when its clock goes back, and close all else in time."""
    before = f"1.52 {HEARTBEAT}"
    text = jumping({1: KEPT, 2: before, 3: IN_TIME, 4: IN_TIME}, forward=forward)
    assert "S-MONOTONIC" in violations(trace_of(text))


def test_one_that_is_closed_after_the_clock_was_set_back_a_little_clears_it() -> None:
    text = jumping({1: KEPT, 2: IN_TIME, 3: IN_TIME, 4: IN_TIME}, back=-0.5)
    assert "S-MONOTONIC" not in violations(trace_of(text))


@pytest.mark.parametrize(("end", "fault"), [(EARLY, "EARLIEST"), (KEPT, "LATEST")])
def test_a_fault_of_those_that_saw_no_jump_is_one_of_the_limit(end: str, fault: str) -> None:
    found = violations(trace_of(jumping(dict.fromkeys((1, 2, 3, 4), end))))
    assert found.keys() == {f"S-TIMEOUT-{fault}"}


def pinging(end: str, jump: str = "#1 0.7 jumped 3600") -> str:
    lines = ["#1 0.0 opening", "#1 0.01 opened"]
    for n in range(1, 6):
        lines += [f"#1 {0.5 * n} > ping", f"#1 {0.5 * n + 0.01} < pong"]
        lines += [jump] if n == 1 else []
    return "\n".join([*lines, *end.splitlines()])


@pytest.mark.parametrize(
    ("beside", "seen"), [(IN_TIME, ["satisfied", "satisfied"]), ("1.8 silent", []), (KEPT, [])]
)
def test_what_pings_on_stays(beside: str, seen: list[str]) -> None:
    """Which a server that closes nothing does as well: it tells beside a silent one only."""
    pings = pinging("#1 2.6 silent\n#1 2.61 > close 1000\n#1 2.62 < close 1000").splitlines()
    silent = jumping({1: beside, 2: beside, 3: beside}).splitlines()
    others = (line for line in silent if not line.startswith("#1"))
    lines = sorted((*pings, *others), key=lambda line: float(line.split()[1].partition("..")[0]))
    trace = trace_of("\n".join(lines))
    assert outcomes(trace, "S-MONOTONIC") == seen
    assert "S-MONOTONIC" not in violations(trace)


def test_what_pings_on_and_is_closed_was_closed_by_the_clock() -> None:
    """Even where its last ping came after the jump."""
    found = violations(trace_of(pinging(f"#1 2.52 {HEARTBEAT}")))
    assert found.keys() == {"S-MONOTONIC"}


def test_without_a_jump_there_is_nothing_to_see() -> None:
    trace = trace_of(pinging(f"#1 2.52 {HEARTBEAT}", jump=""))
    assert outcomes(trace, "S-MONOTONIC") == []


def test_a_late_harness_decides_nothing() -> None:
    trace = trace_of(jumping({1: f"0.9..1.9 {HEARTBEAT}", 2: IN_TIME, 3: IN_TIME, 4: IN_TIME}))
    assert "S-MONOTONIC" in of_outcome(trace, "undecidable")
    assert "S-MONOTONIC" not in {name for name, each in judge(trace) if each.outcome == "violated"}

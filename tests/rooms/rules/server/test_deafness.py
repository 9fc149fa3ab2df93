"""Connections that fall deaf over a message: nothing behind it is answered, and nothing closed."""

from __future__ import annotations

import pytest

from tests.traces.notation import of_outcome, trace_of, violations

OPENS = '0.00 opening\n0.01 opened\n0.1 > {"w":1}\n0.11 < echo {"w":1}\n0.1 > ping\n0.12 < pong\n'
IN_VAIN = '0.2 > {"w":2}\n0.2 > ping\n'
UP_TO_HERE = "1.4 silent\n"


@pytest.mark.parametrize(
    ("said", "requirement"),
    [
        ("binary 00ff", "S-BINARY"),
        ("not JSON", "S-IGNORE-NOT-JSON"),
        ("1e400", "S-BEYOND-IJSON"),
        ("[" * 100 + "]" * 100, "S-DEPTH"),
    ],
)
def test_what_a_connection_fell_deaf_over_is_charged(said: str, requirement: str) -> None:
    found = violations(trace_of(f"{OPENS}0.2 > {said}\n{IN_VAIN}{UP_TO_HERE}"))
    assert found[requirement][0].provisional
    assert all(requirement in each.among for each in found["S-ECHO"])


def test_a_single_reply_that_is_missing_may_have_been_lost() -> None:
    found = violations(trace_of(f'{OPENS}0.2 > binary 00ff\n0.2 > {{"w":2}}\n{UP_TO_HERE}'))
    assert set(found) == {"S-ECHO"}
    assert found["S-ECHO"][0].among == {"S-BINARY", "S-REPLY-SOON"}


def test_what_was_followed_by_answers_elsewhere_deafened_nobody() -> None:
    elsewhere = '#2 0.3 opening\n#2 0.31 opened\n#2 0.4 > binary 00ff\n#2 0.4 > {"w":3}\n'
    elsewhere += '#2 0.41 < echo {"w":3}\n'
    found = violations(trace_of(f"{OPENS}0.2 > binary 00ff\n{IN_VAIN}{elsewhere}{UP_TO_HERE}"))
    assert set(found) == {"S-ECHO"}
    assert "S-BINARY" not in found["S-ECHO"][0].among


def test_what_is_owed_a_reply_and_gets_none_anywhere_is_to_blame_itself() -> None:
    found = violations(trace_of(f"{OPENS}0.2 > binary 00ff\n0.2 > [1]\n{IN_VAIN}{UP_TO_HERE}"))
    assert set(found) == {"S-ECHO"}
    assert "S-BINARY" not in found["S-ECHO"][0].among


def test_of_several_messages_it_may_be_any() -> None:
    trace = trace_of(f"{OPENS}0.2 > binary 00ff\n0.2 > not JSON\n{IN_VAIN}{UP_TO_HERE}")
    assert "S-BINARY" not in violations(trace)
    undecided = of_outcome(trace, "undecidable")
    assert undecided["S-BINARY"][0].among == {"S-BINARY", "S-IGNORE-NOT-JSON"}
    assert undecided["S-IGNORE-NOT-JSON"][0].among == {"S-BINARY", "S-IGNORE-NOT-JSON"}


def test_pings_that_nobody_reads_restart_no_clock() -> None:
    plain = "#2 0.00 opening\n#2 0.01 opened\n#2 0.05 > ping\n#2 0.06 < pong\n"
    told = "0.2 > not JSON\n0.3 > ping\n0.8 > ping\n0.81 > binary 00ff\n"
    ends = "".join(f"#{n} 2.1 < close 1000 heartbeat timeout\n" for n in (1, 2))
    found = violations(trace_of(f"{OPENS}{plain}{told}{ends}"))
    assert "S-IGNORE-NOT-JSON" in found["S-REFRESH"][0].among


def test_what_comes_behind_what_nobody_answers_is_not_seen_to_be_harmless() -> None:
    told = f"0.2 > not JSON\n{IN_VAIN}0.3 > not JSON\n"
    found = violations(trace_of(f"{OPENS}{told}{UP_TO_HERE}"))
    assert "S-IGNORE-NOT-JSON" in found


@pytest.mark.parametrize(("later", "provisional"), [(2.0, False), (0.05, True)])
def test_what_deafened_one_connection_after_the_other_needs_no_second_measurement(
    later: float, *, provisional: bool
) -> None:
    """Two at the same time may have met a machine that was busy once."""
    told = f"{OPENS}0.2 > binary 00ff\n{IN_VAIN}1.4 silent\n"
    lines = (line.split(" ", 1) for line in told.splitlines())
    again = "".join(f"#2 {later + float(moment):.2f} {rest}\n" for moment, rest in lines)
    found = violations(trace_of(told + again))
    assert any(each.provisional for each in found["S-BINARY"]) is provisional


VERY_DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("end", "broken"),
    [
        ("1.4 silent\n", False),
        ("4.0 silent\n", True),
        ("1.9 < close 1000 heartbeat timeout\n", True),
    ],
)
def test_what_may_take_its_time_is_waited_for(end: str, *, broken: bool) -> None:
    """Who closed the connection for want of heartbeats did not read those that it was sent."""
    found = violations(trace_of(f"{OPENS}0.2 > {VERY_DEEP}\n{IN_VAIN}{end}"))
    assert ("S-DEPTH" in found) is broken
    assert all("S-DEPTH" in each.among for each in found["S-ECHO"])

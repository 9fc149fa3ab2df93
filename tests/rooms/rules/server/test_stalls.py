"""Whoever answers nobody for seconds is late: what comes of that is charged to nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

import spec
from conformance.trace.trace import Trace
from tests.traces.notation import trace_of, violations

PRODUCTION = spec.load_timing("production")
PINGED = "0.00 opening\n0.01 opened\n0.02 > ping\n0.03 < pong\n"
STALLED = f"{PINGED}20.0 > ping\n"
SOON = frozenset({"S-REPLY-SOON"})


def production(text: str) -> Trace:
    return trace_of(text, timing=PRODUCTION)


@pytest.mark.parametrize("last", ["> binary 01", "> text hello", "> ping", "> 1"])
def test_a_stalled_connection_is_not_given_up_for_what_was_said_last(last: str) -> None:
    """Its transport ends it with 1011, 20 s after a ping that was not answered."""
    found = violations(production(f"{STALLED}39.9 {last}\n40.0 < close 1011\n"))
    assert found.keys() == {"S-PONG"}
    assert found["S-PONG"][0].among == SOON


def test_an_end_that_comes_at_once_is_for_what_was_said_last() -> None:
    found = violations(production(f"{PINGED}39.9 > binary 01\n40.0 < close 1011\n"))
    assert found.keys() == {"S-BINARY"}


@pytest.mark.parametrize("code", [1000, 1008])
def test_only_the_code_of_a_transport_s_keep_alive_is_its_own(code: int) -> None:
    found = violations(production(f"{STALLED}39.9 > binary 01\n40.0 < close {code}\n"))
    assert "S-BINARY" in found


def test_a_transport_that_gives_up_answers_no_close() -> None:
    found = violations(production(f"{STALLED}23 > close 1000\n25.1 < close 1011\n"))
    assert found.keys() == {"S-PONG"}


def test_a_control_ping_may_wait_as_long_as_messages_do() -> None:
    waits = f"{PINGED}20.0 > control ping beat\n25 silent\n"
    assert violations(production(waits))["S-CONTROL"][0].among == SOON
    ignored = f"{PINGED}20.0 > control ping beat\n20.1 > ping\n20.2 < pong\n25 silent\n"
    assert violations(production(ignored))["S-CONTROL"][0].among == frozenset()


def test_a_clock_that_is_restarted_late_runs_late() -> None:
    """The ping was read when it was answered, and the close came in time after that."""
    late = "0.00 opening\n0.01 opened\n0.02 > ping\n3.6 < pong\n"
    assert violations(production(f"{late}102.0 < close 1000 heartbeat timeout\n")).keys() == SOON
    assert "S-TIMEOUT-LATEST" in violations(
        production(f"{late}105.0 < close 1000 heartbeat timeout\n")
    )


def test_nobody_closes_while_nobody_is_answered() -> None:
    beside = "#2 90 opening\n#2 90.1 opened\n#2 99 > ping\n#2 103 silent\n"
    found = violations(production(f"{PINGED}{beside}102.0 < close 1000 heartbeat timeout\n"))
    assert found["S-TIMEOUT-LATEST"][0].among == SOON


def several(text: str) -> str:
    return text + "".join(
        f"#2 {line}\n" for line in ["0.1 opening", "0.11 opened", "0.3 > ping", "5.0 silent"]
    )


def test_what_was_waited_for_in_vain_is_late_where_others_are() -> None:
    """Only measured alone it is said, and only in the place of what else it may be."""
    waited = production(f"{PINGED}20.0 > ping\n25 silent\n")
    assert violations(waited).keys() == {"S-PONG"}
    found = violations(replace(waited, attempt=2))
    assert found["S-REPLY-SOON"][0].among == frozenset({"S-PONG"})
    assert found["S-PONG"][0].among == SOON

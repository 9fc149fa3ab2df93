"""An early close may come of a clock that ran on, or of a limit that is too short."""

from __future__ import annotations

from tests.traces.notation import trace_of, violations

OPENED = "0.00 opening\n0.01 opened\n"
CLOSED = "< close 1000 heartbeat timeout\n"
EARLIEST = "S-TIMEOUT-EARLIEST"


def test_the_clock_of_the_handshake_may_have_run_on() -> None:
    """The ping came 0.2 s after the handshake, and the close 1.3 s after the ping."""
    [early] = violations(trace_of(f"{OPENED}0.2 > ping\n0.21 < pong\n1.5 {CLOSED}"))[EARLIEST]
    assert early.among == {"S-REFRESH"}


def test_a_limit_that_is_too_short_is_nothing_else() -> None:
    [early] = violations(trace_of(f"{OPENED}0.02 > ping\n0.03 < pong\n1.3 {CLOSED}"))[EARLIEST]
    assert not early.among


def test_a_server_that_ends_need_not_answer_what_crosses_its_close() -> None:
    """It closes at half of the limit, and was asked to end meanwhile."""
    asked = f"{OPENED}0.6 asked SIGTERM\n0.6 > ping\n0.7 {CLOSED}"
    found = violations(trace_of(asked))
    assert not found.keys() & {"S-PONG", "S-TIMEOUT-CODE"}

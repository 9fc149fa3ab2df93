"""Ends that come by chance, in place of one answer or another: what they hit most is broken."""

from __future__ import annotations

from dataclasses import replace

from conformance.trace.trace import Trace
from tests.rooms.verdict.added_up import again, seen_of
from tests.traces.notation import trace_of

LIVES = "0.0 opening\n0.01 opened\n0.1 > ping\n0.11 < pong\n0.2 > 1\n0.21 < echo 1\n"
ENDS = "0.42 < close 1011 oops\n0.43 ended eof"
ECHO_LOST = trace_of(f"{LIVES} 0.4 > 1\n{ENDS}")
PONG_LOST = trace_of(f"{LIVES} 0.4 > ping\n{ENDS}")
EITHER_LOST = trace_of(f"{LIVES} 0.4 > ping\n0.41 > 1\n{ENDS}")


def seen_in(*traces: Trace) -> set[str]:
    """What traces come to that are each of a scenario of its own."""
    named = [replace(trace, scenario=f"number_{n}") for n, trace in enumerate(traces)]
    return seen_of(*named)


def test_once_it_may_be_a_restart_and_is_none_where_it_comes_again() -> None:
    assert seen_in(ECHO_LOST) == seen_in(PONG_LOST) == set()
    assert seen_in(ECHO_LOST, ECHO_LOST) == {"S-ECHO"}
    assert seen_in(PONG_LOST, PONG_LOST) == {"S-PONG"}


def test_what_it_hit_in_most_measurements_is_why_it_hit_another_beside() -> None:
    """The first without an answer is charged, and the second may have been what was met with."""
    assert seen_in(ECHO_LOST, ECHO_LOST, EITHER_LOST) == {"S-ECHO"}
    assert seen_in(ECHO_LOST, ECHO_LOST, again(EITHER_LOST)) == {"S-ECHO"}
    assert seen_in(*[ECHO_LOST] * 3, *[EITHER_LOST] * 2) == {"S-ECHO"}


def test_what_it_hit_alone_as_often_is_broken_as_well() -> None:
    assert seen_in(*[ECHO_LOST] * 3, *[PONG_LOST] * 3) == {"S-ECHO", "S-PONG"}
    assert seen_in(*[ECHO_LOST] * 3, *[PONG_LOST] * 2) == {"S-ECHO", "S-PONG"}

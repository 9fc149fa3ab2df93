"""Replies that are held up beside a dead peer, and those that are lost there."""

from __future__ import annotations

import pytest

from conformance.trace.trace import Capabilities
from tests.traces.notation import trace_of, violations

DEAD = """
    #1 0.00 opening
    #1 0.01 opened
    #1 0.02 > ping
    #1 0.03 < pong
    #2 0.04 opening
    #2 0.05 opened
    #2 0.06 > ping
    #2 0.07 < pong
    #1 1.50 < close 1000 heartbeat timeout
    #2 1.55 > ping
"""
"""One peer answers no Close; on another connection a ping is sent, to which no pong comes."""

NOTHING = "#2 3.70 silent"
PONG, ECHO = "#2 2.92 < pong\n", "#2 2.92 < echo 1\n"


def _violated(after: str, *, echo: bool = True) -> set[str]:
    trace = trace_of(f"{DEAD}{after}{NOTHING}", capabilities=Capabilities(echo=echo))
    return set(violations(trace))


@pytest.mark.parametrize(("said", "answer"), [("1", ECHO), ("ping", PONG)])
def test_a_pong_is_lost_where_what_is_sent_after_the_ping_is_answered(
    said: str, answer: str
) -> None:
    assert _violated(f"#2 2.91 > {said}\n{answer}", echo=said == "1") == {"S-PONG"}


@pytest.mark.parametrize("said", ["1", "ping"])
def test_a_pong_is_held_up_where_nothing_after_the_ping_is_answered(said: str) -> None:
    assert _violated(f"#2 2.91 > {said}\n", echo=said == "1") == {"S-REPLY-SOON"}


@pytest.mark.parametrize("after", ["", "#2 3.60 > 1\n"])
def test_a_ping_after_which_nothing_else_had_to_be_answered_is_not_held_up(after: str) -> None:
    assert _violated(after) == {"S-PONG"}

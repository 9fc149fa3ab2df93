"""Where each of several requirements may be why another was not kept, some are settled first."""

from __future__ import annotations

import pytest

from conformance.rules.observation import violated
from conformance.verdict.doubts.contention import Contested, settled_next
from tests.traces.notation import trace_of

TRACE = trace_of("0.0 opening\n0.01 opened\n0.1 > ping")
PONG, FORM, QUIET, BINARY = "S-PONG", "S-PING-FORM", "S-QUIET", "S-BINARY"
CEILING, BACKOFF = "C-RECONNECT-CEILING", "C-BACKOFF"


def contested(requirement: str, *among: str) -> Contested:
    seen = violated("No.", TRACE.events[0], expected="", actual="", among=frozenset(among))
    return Contested(requirement, seen, TRACE, is_meant=False)


@pytest.mark.parametrize(
    ("open_ones", "broken", "first"),
    [
        ([contested(PONG, FORM)], {FORM}, {PONG}),
        ([contested(PONG, FORM)], set(), {PONG}),
        ([contested(PONG, FORM), contested(FORM, QUIET)], set(), {FORM}),
        ([contested(PONG, FORM), contested(FORM, QUIET)], {QUIET}, {FORM}),
        (
            [contested(PONG, FORM), contested(BINARY, FORM), contested(QUIET, FORM),
             contested(FORM, QUIET)],
            set(),
            {FORM},
        ),
        ([contested(FORM, QUIET), contested(QUIET, FORM)], set(), {FORM, QUIET}),
        ([contested(CEILING, BACKOFF), contested(BACKOFF, CEILING)], set(), {BACKOFF}),
        ([contested(PONG, PONG)], set(), {PONG}),
    ],
    ids=["explained", "by itself", "what may be why", "which is explained", "what explains most",
         "each other", "what any connection shows", "itself"],
)  # fmt: skip
def test_what_may_be_why_for_others_is_settled_before_them(
    open_ones: list[Contested], broken: set[str], first: set[str]
) -> None:
    assert {each.requirement for each in settled_next(open_ones, broken)} == first

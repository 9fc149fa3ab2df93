"""What a failure says of the connection that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.report.failure.failure import failures
from conformance.rules.observation import violated
from conformance.trace.note import HEARD_BEFORE
from conformance.verdict.finding import finding_of
from conformance.verdict.verdict import Assessment
from spec import requirement
from tests.traces.notation import trace_of

SAID = [f"{n / 100} > {n}" for n in range(60)]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (SAID, "connection 1, after 60 messages"),
        ([f"0.0 note {HEARD_BEFORE}400", *SAID[:2]], "connection 1, after 402 messages"),
        (SAID[:10], "connection 1"),
    ],
)
def test_after_how_many_messages_something_went_wrong_is_told_if_they_are_many(
    before: Sequence[str], told: str
) -> None:
    trace = trace_of("\n".join(["0.0 opened", *before, "0.9 > ping", "1.0 < close 1000 recycle"]))
    shown = violated("It broke.", *trace.events[-2:], expected="a pong", actual="none")
    [seen] = failures(
        Assessment(requirement("S-PONG"), "failed", findings=(finding_of(shown, trace),))
    )
    assert seen.connection == told


@pytest.mark.parametrize(
    ("before", "told"),
    [(SAID, "connections 1, 2, after 60 messages on 1"), (SAID[:10], "connections 1, 2")],
)
def test_a_connection_on_which_it_began_is_among_those_that_are_shown(
    before: Sequence[str], told: str
) -> None:
    own = ["0.0 opened", *before, "0.9 > ping", "1.0 < close 1000 recycle"]
    trace = trace_of("\n".join([*(f"#1 {line}" for line in own), "#2 0.95 > 1"]))
    *_, ping, close, led_to_it = sorted(trace.events, key=lambda event: event.connection)
    shown = violated("It broke.", ping, close, expected="a pong", actual="none")
    finding = replace(finding_of(shown, trace), before=(led_to_it,))
    [seen] = failures(Assessment(requirement("S-PONG"), "failed", findings=(finding,)))
    assert seen.connection == told

"""What a failure says of the connection that it shows."""

from __future__ import annotations

from collections.abc import Sequence

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

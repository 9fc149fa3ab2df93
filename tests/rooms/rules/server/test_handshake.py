"""In which manner a connection is asked for, and what of a request a server has read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.trace.event import Refusal
from tests.traces.notation import outcomes, trace_of, violations


@pytest.mark.parametrize(
    ("opening", "outcome"),
    [("0.00", "satisfied"), ("0.00..0.01", "satisfied"), ("0.00..0.03", "violated")],
)
def test_a_request_is_answered_when_it_has_ended(opening: str, outcome: str) -> None:
    trace = trace_of(f"#1 {opening} opening\n#1 0.00..0.01 opened\n#1 0.04 ended local")
    assert outcomes(trace, "S-ACCEPT") == [outcome]


def test_who_is_refused_for_the_manner_is_told_it() -> None:
    trace = trace_of("#1 0.00 opening\n#1 0.01 refused 400")
    opening, refused = trace.events
    opening = replace(opening, manner="as no other does")
    refused = replace(refused, content=Refusal(400, "HTTP 400"))
    [found] = violations(replace(trace, events=(opening, refused)))["S-ACCEPT"]
    assert found.message.endswith("a client that asks as no other does.")

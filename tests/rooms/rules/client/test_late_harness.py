"""What a harness did not see because it was late, it does not hold against a client."""

from __future__ import annotations

import pytest

from tests.traces.notation import of_outcome, trace_of

FIRST = "#1 0.00 opening\n0.01 requested GET /\n0.02 opened\n0.03..0.04 < ping\n0.05 > pong\n"
SECOND = "#2 0.30 opening\n#2 0.31 requested GET /\n#2 0.32 opened\n"
LEFT = "#1 1.30..1.31 ended local\n"


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        ("#0 0.33..1.33 late 1.0\n", "undecidable"),
        ("", "violated"),
        ("#0 0.4 late 0.1\n", "violated"),
    ],
    ids=["late all the while", "punctual", "late by little"],
)
def test_two_connections_of_which_one_may_have_ended_unseen(late: str, outcome: str) -> None:
    trace = trace_of(f"{FIRST}{SECOND}{LEFT}{late}", role="client")
    assert "C-RECONNECT-SINGLE" in of_outcome(trace, outcome)

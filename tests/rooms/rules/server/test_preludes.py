"""Whether a client is accepted in a dialect with a prelude, in traces by hand (S-ACCEPT)."""

from __future__ import annotations

import pytest

from conformance.config.dialect import said_capabilities
from spec.dialect.made import made
from tests.traces.notation import outcomes, trace_of

GREETED = made(
    {
        "dialect": 1,
        "name": "greeted",
        "prelude": [{"by": "server", "text": "hello"}],
        "ping": {"by": "client", "text": "ping"},
        "pong": {"text": "pong"},
    }
)
READY = "#1 0.00 opening\n0.01 opened\n0.02 ready\n0.1 > ping\n0.11 < pong\n"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("refused 500", ["satisfied", "violated"]),
        ("refused 503", ["satisfied"]),
        ("opened\n#2 0.9 refused", ["satisfied", "violated"]),
        ("opened\n#2 0.23 ready", ["satisfied", "satisfied"]),
    ],
)
def test_a_client_is_accepted_when_the_prelude_has_come_about(
    other: str, expected: list[str]
) -> None:
    text = f"{READY}#2 0.2 opening\n#2 0.22 {other}\n#1 1.0 ended local"
    trace = trace_of(text, dialect=GREETED, capabilities=said_capabilities(GREETED))
    assert sorted(outcomes(trace, "S-ACCEPT")) == expected

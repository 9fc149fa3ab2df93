"""What thousands of connections show, in small: handshakes without an answer, slow servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.trace.event import CUT_OFF, NO_ANSWER, NO_TCP, Refusal
from conformance.trace.trace import Trace
from tests.traces.notation import outcomes, trace_of, violations

SERVED = "#{n} {at} opening\n#{n} {at}1 opened\n"


def with_refusal(text: str, detail: str) -> Trace:
    """A trace in which every handshake that was refused was refused in this way."""
    trace = trace_of(text)
    return replace(
        trace,
        events=tuple(
            replace(event, content=Refusal(None, detail)) if event.kind == "refused" else event
            for event in trace.events
        ),
    )


REFUSED = "#1 3.00 refused 500\n"


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ("", NO_TCP),
        ("#1 2.7 opening\n", NO_ANSWER),
        ("#1 2.7 opening\n", f"{CUT_OFF}reset before the handshake"),
    ],
)
def test_a_handshake_is_to_be_answered_where_one_that_came_after_it_is(
    asked: str, detail: str
) -> None:
    text = asked + SERVED.format(n=2, at="2.8") + REFUSED
    [broken] = violations(with_refusal(text, detail))["S-ACCEPT"]
    assert broken.provisional
    assert "answered others meanwhile" in broken.message


@pytest.mark.parametrize(
    "text",
    [
        REFUSED,
        SERVED.format(n=2, at="1.0") + REFUSED,
        SERVED.format(n=2, at="2.8") + "#1 2.9 opening\n" + REFUSED,
        "#1 2.7 opening\n" + REFUSED + SERVED.format(n=2, at="3.1"),
        SERVED.format(n=2, at="2.8") + "#0 3.00 late 2.0\n" + REFUSED,
        "#3 0.1 opening\n#3 0.11 opened\n#3 0.5 ended local reset\n"
        + SERVED.format(n=2, at="2.8")
        + REFUSED,
    ],
    ids=[
        "nobody else asked",
        "long before",
        "just before",
        "after it",
        "wsbeat was late",
        "after a reset",
    ],
)
def test_there_may_be_many_reasons_for_no_answer(text: str) -> None:
    assert "S-ACCEPT" not in violations(with_refusal(text, NO_ANSWER))


def test_that_nobody_listens_is_no_lack_of_an_answer() -> None:
    text = SERVED.format(n=2, at="2.8") + REFUSED
    assert "S-ACCEPT" not in violations(with_refusal(text, "Connection refused"))


CLOSING = "0.00 opening\n0.01 opened\n0.10 > ping\n{pong}2.00 > close 1000\n5.00 ended local\n"


@pytest.mark.parametrize(
    ("pong", "broken"),
    [("0.11 < pong\n", {"S-CONTROL"}), ("1.00 < pong\n", {"S-REPLY-SOON"})],
    ids=["quick", "slow"],
)
def test_a_close_without_an_answer_is_that_of_a_slow_server_where_replies_are_late(
    pong: str, broken: set[str]
) -> None:
    assert set(violations(trace_of(CLOSING.format(pong=pong)))) == broken


def test_a_refusal_after_resets_is_that_of_a_server_which_does_not_answer_anyhow() -> None:
    text = "#1 0.0 opening\n#1 0.01 opened\n#1 0.5 ended local reset\n#2 3.00 refused 500\n"
    [broken] = violations(with_refusal(text, NO_ANSWER))["S-SURVIVE"]
    assert broken.among == {"S-ACCEPT"}
    assert outcomes(with_refusal(text, NO_ANSWER), "S-ACCEPT") == ["satisfied"]

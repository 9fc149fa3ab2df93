"""Replies to many messages, and replies out of turn, are put down to what they answer."""

from __future__ import annotations

import pytest

from conformance.evidence.server.alignment import WIDEST
from conformance.trace.trace import Capabilities
from tests.traces.notation import trace_of, violations

OPENED = "0.00 opening\n0.01 opened\n"
MANY = 2 * WIDEST + 50
LAST = 1.9


def blamed(text: str) -> dict[str, list[str]]:
    """The requirements that are violated, with what was said by the messages that are blamed."""
    trace = trace_of(OPENED + text)
    return {
        name: [str(trace.events[each.events[0]].content) for each in seen]
        for name, seen in violations(trace).items()
    }


FEW = ({WIDEST}, {10, WIDEST, 2 * WIDEST})
MORE = ({10}, {WIDEST - 1}, {WIDEST + 1}, {10, MANY - 10})


@pytest.mark.parametrize(
    "missing", [*FEW, *(pytest.param(each, marks=pytest.mark.virtual) for each in MORE)]
)
def test_of_many_messages_those_are_blamed_that_got_no_reply(missing: set[int]) -> None:
    """However far from each other they are: so many are never looked at together."""
    said = "\n".join(f"0.1 > {n}" for n in range(MANY))
    heard = "\n".join(f"0.2 < echo {n}" for n in range(MANY) if n not in missing)
    assert blamed(f"{said}\n{heard}") == {"S-ECHO": [str(n) for n in sorted(missing)]}


@pytest.mark.parametrize(
    "twice",
    [
        {10, WIDEST + 3, MANY - 10},
        pytest.param({10}, marks=pytest.mark.virtual),
        pytest.param({WIDEST}, marks=pytest.mark.virtual),
    ],
)
def test_of_many_messages_those_are_blamed_that_got_two_replies(twice: set[int]) -> None:
    said = "\n".join(f"0.1 > {n}" for n in range(MANY))
    heard = "\n".join(f"0.2 < echo {n}\n" * (1 + (n in twice)) for n in range(MANY))
    assert blamed(f"{said}\n{heard}") == {"S-ECHO": [str(n) for n in sorted(twice)]}


def test_of_many_pongs_each_is_for_the_message_that_it_follows() -> None:
    """A server answers all that is JSON with a pong: no ping goes without, and none is late."""
    times = ((f"{0.1 + n / 500:.3f}", n) for n in range(MANY))
    asked = (f"{at} > {n if n % 3 else 'ping'}\n{at} < pong" for at, n in times)
    trace = trace_of(OPENED + "\n".join(asked), capabilities=Capabilities(echo=False))
    found = violations(trace)
    assert found.keys() == {"S-PONG"}
    assert "A ping was answered three times." in {each.message for each in found["S-PONG"]}
    assert not any("was not answered" in each.message for each in found["S-PONG"])


def test_what_was_said_last_need_not_be_answered_for_order_to_be_broken() -> None:
    """The connection ended before its reply was due."""
    said, heard = "0.1 > 1\n0.1 > 2", "0.2 < echo 2\n0.2 < echo 1"
    end = "0.25 > 3\n0.26 > close 1000\n0.27 < close 1000\n0.28 ended eof"
    assert blamed(f"{said}\n{heard}\n{end}").keys() == {"S-ORDER"}


def test_a_text_beyond_the_limit_may_be_answered_with_a_close() -> None:
    """That is put down to it, and not to what was ignored before it, or to what came after."""
    large = f'"{"a" * 65_536}"'
    said = f"0.1 > ping\n0.1 > nonsense\n0.1 > {large}\n0.1 > 1\n0.2 < pong\n"
    assert blamed(f"{said}0.2 < close 1009 too big") == {}
    assert blamed(f"{said}0.2 < close 1010 what") == {}, "whose end it is cannot be told"


@pytest.mark.parametrize(
    ("before", "said", "requirement"),
    [
        ("0.1 > 1\n0.12 < echo 1\n", "2", "S-TIMEOUT-CODE"),
        ("", "2", "S-ECHO"),
        ("0.1 > nope\n", "2", "S-ECHO"),
        ("", "nope", "S-TIMEOUT-CODE"),
        ("0.1 > 1\n0.12 < echo 1\n", "ping", "S-PONG"),
    ],
)
def test_the_end_of_the_silent_is_put_down_to_what_had_not_ended_it_before(
    before: str, said: str, requirement: str
) -> None:
    """A message was on its way when the time was up; a kind that is answered is not to blame."""
    text = f"0.02 > ping\n0.03 < pong\n{before}1.55 > {said}\n1.6 < close 1000 bye"
    assert blamed(text).keys() == {requirement}


def test_pongs_that_come_ever_later_are_taken_for_nothing_else() -> None:
    """Echoes come at once, and the last pongs are still under way: only those are late."""
    times = [(0.1 * n, 0.1 * n + 0.01 + 0.06 * n) for n in range(1, 16)]
    said = [f"{at:.3f} > ping\n{at + 0.001:.3f} > 7\n{at + 0.002:.3f} < echo 7" for at, _ in times]
    pongs = [f"{late:.3f} < pong" for _, late in times if late < LAST]
    lines = sorted("\n".join([*said, *pongs]).splitlines(), key=lambda line: float(line.split()[0]))
    trace = trace_of(OPENED + "\n".join([*lines, f"{LAST} ended local"]))
    assert violations(trace).keys() == {"S-ORDER", "S-REPLY-SOON"}

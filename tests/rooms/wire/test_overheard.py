"""What comes unasked on one connection is known on all: only where that is certain."""

from __future__ import annotations

import pytest

from conformance.trace.note import UNASKED, in_short
from conformance.trace.trace import Capabilities
from conformance.wire.overheard import Overheard
from conformance.wire.recorder import Heading, Recorder
from tests.traces.notation import FAST, trace_of, violations

PONG = '{"type":"pong"}'
PATIENCE = FAST.reply_deadline + FAST.tolerance


def recorder(overheard: Overheard, capabilities: Capabilities = Capabilities()) -> Recorder:  # noqa: B008 - frozen
    heading = Heading("by_hand", "server", "ws://127.0.0.1/", FAST, capabilities)
    return Recorder(heading, 0.0, overheard=overheard)


def heard(
    *said: tuple[float, str, str],
    capabilities: Capabilities = Capabilities(),  # noqa: B008 - frozen
) -> list[str]:
    """The texts that are known to come unasked after something was said on one connection."""
    overheard = Overheard()
    one = recorder(overheard, capabilities)
    one.record(1, 0.0, 0.0, "opening")
    for moment, kind, text in said:
        if kind == ">":
            one.record(1, moment, moment, "sent", "text", text)
        else:
            one.record(1, moment, moment, "received", "text", text)
    return list(overheard.texts)


def test_what_comes_before_anything_was_said_is_unasked() -> None:
    assert heard((0.1, "<", PONG)) == [PONG]


def test_what_comes_after_all_was_answered_is_unasked_when_no_answer_comes_so_late() -> None:
    answered = ((0.1, ">", "1"), (0.2, "<", "echo"))
    assert heard(*answered, (0.1 + 0.9 * PATIENCE, "<", PONG)) == []
    assert heard(*answered, (0.1 + 1.1 * PATIENCE, "<", PONG)) == [PONG]


def test_what_comes_late_may_be_the_answer_that_is_still_owed() -> None:
    assert heard((0.1, ">", "1"), (9.0, "<", PONG)) == []


def test_what_an_application_says_is_its_own_affair_once_it_was_spoken_to() -> None:
    own = Capabilities(echo=False)
    said = ((0.1, ">", "1"), (0.2, "<", "2"), (9.0, "<", "3"))
    assert heard(*said, capabilities=own) == []
    assert heard((9.0, "<", "3"), capabilities=own) == ["3"]


def test_the_pings_of_plan_b_are_asked_for() -> None:
    assert heard((9.0, "<", '{"type":"ping"}'), capabilities=Capabilities(server_ping=True)) == []


def test_a_trace_is_told_of_what_it_has_in_common_with_others() -> None:
    overheard = Overheard()
    silent, talking, other = (recorder(overheard) for _ in range(3))
    long = "x" * 9999
    for text in (PONG, long):
        silent.record(1, 0.1, 0.1, "received", "text", text)
        talking.record(1, 0.1, 0.1, "sent", "text", "{}")
        talking.record(1, 0.2, 0.2, "received", "text", text)
    other.record(1, 0.1, 0.1, "sent", "text", PONG)
    assert talking.trace().unasked == {PONG, in_short(long)}
    assert other.trace().unasked == frozenset()


OPENED = "0.00 opening\n0.01 opened\n"
TOLD = f"#0 0.9 note {UNASKED}"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("0.1 > ping\n0.11 < pong\n0.12 < pong", "pong"),
        ("0.1 > nope\n0.11 < pong\n0.2 > ping\n0.21 < pong", "pong"),
        ("0.1 > binary 00\n0.11 < pong\n0.2 > ping\n0.21 < pong", "pong"),
        ("0.1 > 1\n0.11 < echo 1\n0.12 < echo 1\n0.2 > 2\n0.21 < echo 2", "echo"),
        ('0.1 > ping\n0.11 < {"type":"notice"}\n0.12 < pong', '{"type":"notice"}'),
    ],
)
def test_what_also_comes_unasked_is_no_second_answer_and_none_in_vain(said: str, text: str) -> None:
    told = {"pong": PONG, "echo": '{"type":"echo","data":1}'}.get(text, text)
    assert violations(trace_of(f"{OPENED}{said}\n{TOLD}{told}")).keys() == {"S-QUIET"}
    if text in ("pong", "echo"):
        assert "S-QUIET" not in violations(trace_of(f"{OPENED}{said}"))


def test_what_also_comes_unasked_is_still_the_answer_that_is_owed() -> None:
    assert violations(trace_of(f"{OPENED}0.1 > ping\n0.11 < pong\n{TOLD}{PONG}")) == {}

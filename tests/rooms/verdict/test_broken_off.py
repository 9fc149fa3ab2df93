"""What broke off with others, and what is made of it where nothing is found that explains it."""

from __future__ import annotations

import pytest

from conformance.run.rejudge import judge_traces
from conformance.targets.options import Options
from conformance.trace.note import ENDED_BESIDE, PART_ENDED
from conformance.trace.trace import Trace
from conformance.verdict.doubts.answers import Answers
from conformance.verdict.doubts.broken_off import BrokenOff
from conformance.verdict.notes import notes_on
from tests.traces.notation import trace_of

OPEN = "#1 0.00 opening\n#1 0.01 opened\n#1 0.02 > ping\n#1 0.03 < pong\n"
PART = f"#1 {{0}} ended eof\n#0 {{0}} note {PART_ENDED}4 of 9\n"
OTHER = "#2 0.6 opening\n#2 0.61 opened\n#2 0.62 > ping\n#2 0.63 < pong\n"
AGAIN = f"#2 1.3 ended eof\n#0 1.3 note {PART_ENDED}3 of 8\n"


def verdict_on(requirement: str, *traces: Trace) -> str:
    result = judge_traces(traces, Options())
    [found] = [each for each in result.assessments if each.requirement.id == requirement]
    return found.verdict


def broken_off(attempt: int = 1, more: str = "") -> Trace:
    text = OPEN + PART.format("0.5") + more
    return trace_of(text, attempt=attempt, scenario="falls_silent_after_a_ping")


def test_what_breaks_off_once_may_be_a_restart_and_twice_is_left_in_doubt() -> None:
    """It was conformant, with a note, however often a process of several died."""
    assert verdict_on("S-INDEPENDENT", broken_off()) == "not_exercised"
    assert verdict_on("S-INDEPENDENT", broken_off(), broken_off(2)) == "inconclusive"
    assert verdict_on("S-INDEPENDENT", broken_off(more=OTHER + AGAIN)) == "inconclusive"


def test_where_something_is_broken_that_may_be_why() -> None:
    wrong = trace_of("0.0 opening\n0.01 opened\n0.1 > binary 01\n0.11 < close 1011\n")
    assert verdict_on("S-INDEPENDENT", broken_off(), broken_off(2), wrong) == "not_exercised"


def test_what_is_unusual_and_had_no_answer_is_said_again() -> None:
    heard = BrokenOff()
    under_way = "#1 0.49 > binary 01\n" + PART.format("0.5")
    heard.hear(trace_of(OPEN + under_way))
    heard.hear(trace_of(OPEN + under_way.replace("binary 01", "7")))
    heard.hear(broken_off())
    assert heard.said([]) == [b"\x01"]


@pytest.mark.parametrize("is_beside", [True, False])
def test_an_end_that_came_with_others_is_for_what_ends_connections_for_certain(
    is_beside: bool,
) -> None:
    """Text that is no JSON was said as a process died of a binary message on another connection."""
    note = f"#0 0.5 note {ENDED_BESIDE}3\n" if is_beside else ""
    text = trace_of(f"{OPEN}#1 0.49 > nonsense\n#1 0.5 ended eof\n{note}")
    wrong = trace_of("0.0 opening\n0.01 opened\n0.1 > binary 01\n0.11 ended eof\n")
    found = verdict_on("S-IGNORE-NOT-JSON", text, wrong)
    assert found == ("inconclusive" if is_beside else "failed")
    assert verdict_on("S-IGNORE-NOT-JSON", text) == "failed"


SILENT = "".join(f"#1 {1 + n / 100} > ping\n" for n in range(20))


@pytest.mark.parametrize(
    ("first", "then", "is_told"),
    [(OPEN, SILENT, True), ("", SILENT, False), (OPEN, f"{SILENT}#1 1.3 < pong\n", False)],
    ids=["ceased", "never answered", "goes on"],
)
def test_it_is_told_where_nothing_is_answered_any_more(
    first: str, then: str, is_told: bool
) -> None:
    opened = "#1 0.0 opening\n#1 0.01 opened\n"
    answers = Answers()
    answers.hear(trace_of(first or opened))
    answers.hear(trace_of(f"{opened}{then}#1 2.0 silent", attempt=2))
    told = [*notes_on({}, set(), answers)]
    assert ["nothing was answered any more, of 20 messages" in each for each in told] == (
        [True] if is_told else []
    )

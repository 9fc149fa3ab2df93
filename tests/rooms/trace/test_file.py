"""Trace files: what is written is read back, and what is no whole trace is refused, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec
from conformance.rules import judge
from conformance.trace.file import TraceError, _definition, read_traces
from conformance.trace.trace import FORMAT, Trace
from tests.rooms.trace.drawn import KINDS, OPCODES, traces
from tests.traces.effort import examples
from tests.traces.notation import trace_of

EVERYTHING = """
    0.0 opening
    0.01 opened chat
    #2 0.01 refused 503
    #2 0.02 ended eof
    #3 0.02 refused
    0.1 > ping
    0.11 < pong
    0.12 < pong
    0.2 > {"order":1}
    0.2123456..0.2456789 < echo {"order":1}
    0.3 > binary 00ff
    0.3 > binary 7b7d
    0.31 < control ping why
    0.31 > control pong why
    0.4 paused
    0.5 resumed
    0.6 late 0.2000004
    0.7 note a remark
    0.8 > close
    0.9 < close 1000 why
    1.0 broken a reserved bit
    1.1 silent
    1.2 ended reset
    1.22 jumped -3600
    1.3 started command
    1.4 certificate wrong host
    1.5 requested GET / HTTP/1.1
    1.6 closed_door
    1.7 opened_door
    1.8 asked SIGTERM
    1.9 exited exit code 0
    1.95 > fragment 7b
    1.96 heard_first hello
    1.97 said_first {"login":1}
    1.98 ready
    #0 2.0 silent
"""
"""One of each kind, and a server that answers a ping twice."""


def rounded(trace: Trace) -> Trace:
    """A trace as precise as a file is."""
    return replace(
        trace,
        events=tuple(
            replace(
                event,
                earliest=round(event.earliest, 6),
                latest=round(event.latest, 6),
                content=round(event.content, 6)
                if isinstance(event.content, float)
                else event.content,
            )
            for event in trace.events
        ),
    )


def read(lines: Iterable[str]) -> list[Trace]:
    return list(read_traces(lines, "some.jsonl"))


@examples(300)
@given(traces())
def test_what_is_written_is_read_back(trace: Trace) -> None:
    lines = list(trace.to_lines())
    [found] = read(f"{line}\n" for line in lines)
    assert found == rounded(trace)
    assert found.source == "some.jsonl"
    assert [type(e.content) for e in found.events] == [type(e.content) for e in trace.events]
    for line in lines[1:-1]:
        assert spec.validate("trace-event", json.loads(line)) == []
    # A line is a line to every reader, whatever was said.
    assert "\n".join(lines).splitlines() == lines


@examples(30)
@given(st.lists(traces(), min_size=1, max_size=4))
def test_traces_follow_one_another_in_a_file(several: list[Trace]) -> None:
    assert read(line for trace in several for line in trace.to_lines()) == [
        rounded(trace) for trace in several
    ]


def test_another_process_of_the_run_may_have_seen_nothing() -> None:
    assert list(read_traces([], "a pipe", trusted=True)) == []
    [found] = read_traces(trace_of(EVERYTHING).to_lines(), "a pipe", trusted=True)
    assert found == rounded(trace_of(EVERYTHING))
    assert found.source is None


def test_the_trace_of_these_tests_has_events_of_every_kind() -> None:
    trace = trace_of(EVERYTHING)
    assert {event.kind for event in trace.events} == set(KINDS)
    assert {event.opcode for event in trace.events} == {*OPCODES, None}


def test_a_saved_trace_judged_again_says_the_same() -> None:
    live = trace_of(EVERYTHING)
    [saved] = read(live.to_lines())
    seen = [(name, each.outcome, each.events, each.message) for name, each in judge(live)]
    assert [(n, e.outcome, e.events, e.message) for n, e in judge(saved)] == seen
    assert ("S-PONG", "violated") in {(name, outcome) for name, outcome, *_ in seen}


# What may become of a file. The header is line 1, event n is line n + 2.

Lines = list[str]
LINES = list(trace_of(EVERYTHING).to_lines())
COUNT = len(LINES) - 2


def altered(line: int, **members: Any) -> Lines:
    """The file with other members in one line; None takes a member away."""
    told = json.loads(LINES[line - 1]) | members
    kept = {name: value for name, value in told.items() if value is not None}
    return [*LINES[: line - 1], json.dumps(kept), *LINES[line:]]


def replaced(line: int, text: str) -> Lines:
    return [*LINES[: line - 1], text, *LINES[line:]]


TIMING = trace_of("").timing.to_json()
PING, LATE, CLOSE = 7, 18, 20
"""The lines of some events."""

BAD: dict[str, tuple[Lines, str, list[str]]] = {
    "empty": ([], "some.jsonl is empty", ["Expected the JSON Lines"]),
    "truncated": (LINES[:-1], f"after line {COUNT + 1} without a footer", [f'"events": {COUNT}}}']),
    "only a header": (LINES[:1], "after line 1 without a footer", ["cut short", '"events": 0']),
    "cut within a line": (replaced(5, LINES[4][:20])[:5], "some.jsonl, line 5", ["is not JSON"]),
    "missing event": ([*LINES[:4], *LINES[5:]], "line 5", ["event 4", "Expected event 3"]),
    "missing last event": ([*LINES[:-2], LINES[-1]], f"line {COUNT + 1}", [f"but {COUNT - 1} ev"]),
    "doubled": ([*LINES[:5], *LINES[4:]], "line 6", ["is event 3. Expected event 4", "doubled"]),
    "reordered": (
        [*LINES[:3], LINES[4], LINES[3], *LINES[5:]],
        "line 4",
        ["is event 3. Expected event 2", "out of order"],
    ),
    "two headers": ([LINES[0], *LINES], "line 2", ["no event of a trace", "kind"]),
    "events after the footer": ([*LINES, LINES[1]], f"line {COUNT + 3}", ['member "trace"']),
    "corrupted": (replaced(5, "{]"), "line 5", ["is not JSON"]),
    "blank line": (replaced(5, ""), "line 5", ["is not JSON"]),
    "too deep": (replaced(5, "[" * 200_000), "line 5", ["is not JSON"]),
    "an array": (replaced(5, "[1, 2]"), "line 5", ["'[1, 2]'", "Expected a JSON object"]),
    "a header that is none": (replaced(1, "7"), "line 1", ["'7'", "Expected a JSON object"]),
    "unknown kind": (altered(PING, kind="gossip"), f"line {PING}", ["$.kind", "gossip", "sent"]),
    "unknown member": (altered(PING, mood="good"), f"line {PING}", ["mood"]),
    "no time": (altered(PING, at=None), f"line {PING}", ["at"]),
    "negative time": (altered(PING, at=[-1, 0]), f"line {PING}", ["$.at", "-1"]),
    "backwards": (altered(PING, at=[2.5, 1.5]), f"line {PING}", ["[2.5, 1.5] is backwards"]),
    "negative lateness": (altered(LATE, by=-1), f"line {LATE}", ["$.by", "-1"]),
    "impossible code": (altered(CLOSE, code=70000), f"line {CLOSE}", ["$.code", "70000"]),
    "wrong count": (altered(len(LINES), events=3), f"line {COUNT + 2}", [f"but {COUNT} events"]),
    "unknown end": (altered(len(LINES), end="bored"), f"line {COUNT + 2}", ["bored"]),
    "foreign header": (
        altered(1, trace=None),
        "line 1",
        ['Expected an object with the member "tr'],
    ),
    "newer format": (
        altered(1, trace=FORMAT + 1),
        "line 1",
        ["format 2", f"reads format {FORMAT}"],
    ),
    "unknown role": (altered(1, role="proxy"), "line 1", ["'proxy'", "Expected server or client"]),
    "no role": (altered(1, role=None), "line 1", ["the header lacks role"]),
    "bad timing": (altered(1, timing=TIMING | {"tolerance": "x"}), "line", ["tolerance", "'x'"]),
    "unknown capability": (altered(1, capabilities={"fly": True}), "line", ["capabilities fly"]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_trace_is_refused(name: str) -> None:
    lines, where, words = BAD[name]
    with pytest.raises(TraceError) as caught:
        read(lines)
    text = str(caught.value)
    assert text.startswith("some.jsonl")
    for word in (where, *words):
        assert word in text


MALFORMED: dict[str, Callable[[], Lines]] = {
    "base64 of no whole bytes": lambda: altered(12, base64="A"),
    "capabilities that are a list": lambda: altered(1, capabilities=["echo"]),
    "timing that is a number": lambda: altered(1, timing=7),
    "capability that is no boolean": lambda: altered(1, capabilities={"echo": "no"}),
    "scenario that is no text": lambda: altered(1, scenario=["x"]),
    "attempt that is no number": lambda: altered(1, attempt="second"),
    "time that is no number": lambda: replaced(PING, LINES[PING - 1].replace("[0.099,", "[NaN,")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_within_is_refused(name: str) -> None:
    lines = MALFORMED[name]()
    assert lines != LINES
    with pytest.raises(TraceError, match=r"some\.jsonl, line"):
        read(lines)


@pytest.mark.parametrize("name", ["bad timing", "unknown capability"])
def test_a_fault_of_a_header_is_told_at_its_line(name: str) -> None:
    with pytest.raises(TraceError, match=r"some\.jsonl, line 1\b"):
        read(BAD[name][0])


@pytest.mark.parametrize("example", spec.schema("trace-event")["examples"], ids=str)
def test_an_event_is_held_against_the_one_definition_that_it_can_be(
    example: dict[str, Any],
) -> None:
    spoilt = [example | {"further": 1}, example | {"at": [0]}, example | {"n": -1}]
    spoilt += [{key: value for key, value in example.items() if key != gone} for gone in example]
    for line in (example, *spoilt):
        one = spec.validate("trace-event", line, _definition(line))
        assert bool(one) == bool(spec.validate("trace-event", line)), line

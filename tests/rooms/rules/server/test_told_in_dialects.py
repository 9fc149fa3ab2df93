"""What rules make of servers in other dialects, where ids, ends or spellings tell what happened."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.config.dialect import said_capabilities
from conformance.messages.limits import LOOP
from conformance.trace.trace import Trace
from spec.dialect.made import made
from spec.dialect.shipped import shipped
from tests.traces.notation import of_outcome, outcomes, trace_of, violations

OPENS = "0.00 opening\n0.01 opened\n"

NUMBERED: dict[str, Any] = {
    "dialect": 1,
    "name": "numbered",
    "ping": {"by": "client", "text": '{"hb":${id}}'},
    "pong": {"text": '{"ack":${id}}'},
    "timing": {"heartbeat_interval": 1, "reply_deadline": 1},
}


def seen(document: dict[str, Any], *lines: str) -> Trace:
    dialect = made(document)
    told = said_capabilities(dialect)
    return trace_of(OPENS + "\n".join(lines), capabilities=told, dialect=dialect)


def test_pings_that_differ_in_their_numbers_alone_are_alike() -> None:
    """One of two ended the connection, and neither does so by what it says."""
    trace = seen(
        NUMBERED,
        '0.10 > {"hb":1}',
        '0.11 < {"ack":1}',
        '0.20 > {"hb":2}',
        '0.21 > {"hb":3}',
        "0.22 < close 1003 no fragments",
        "0.30 ended eof",
    )
    assert "S-PONG" in violations(trace)
    assert "S-PONG" not in of_outcome(trace, "undecidable")


ENDS = {**NUMBERED, "others": {"not_json": [1000], "binary": ["abort", 1003]}}


@pytest.mark.parametrize(
    ("said", "requirement"), [("no JSON", "S-IGNORE-NOT-JSON"), ("binary 00ff", "S-BINARY")]
)
@pytest.mark.parametrize("ignores", [True, False])
def test_what_has_to_end_a_connection_may_not_be_ignored(
    said: str, requirement: str, *, ignores: bool
) -> None:
    others = {"not_json": ["ignore"], "binary": ["ignore"]} if ignores else ENDS["others"]
    trace = seen(
        {**ENDS, "others": others},
        f"0.10 > {said}",
        '0.20 > {"hb":1}',
        '0.21 < {"ack":1}',
        "0.90 silent",
    )
    found = violations(trace)
    assert (requirement in found) is not ignores, found
    expected = {"S-IGNORE-NOT-JSON": "Close 1000", "S-BINARY": "Close 1003"}[requirement]
    assert ignores or found[requirement][0].expected.startswith(expected)


@pytest.mark.parametrize(
    ("ping", "among"),
    [('{"type":"ping"}', set()), ('{"type" : "ping"}', {"S-PING-FORM"})],
)
def test_of_pings_without_ids_the_one_in_another_spelling_may_be_the_lost_one(
    ping: str, among: set[str]
) -> None:
    trace = seen(
        dict(shipped("json-type").document),
        f"0.10 > {ping}",
        '0.11 > {"type":"ping"}',
        '0.12 < {"type":"pong"}',
        "2.90 silent",
    )
    [lost] = violations(trace)["S-PONG"]
    assert lost.among == among | {"S-REPLY-SOON"}


LOOPING = {**NUMBERED, "ping": {"by": "both", "text": '{"hb":${id}}'}, "server": {"next": "free"}}


@pytest.mark.parametrize(("count", "after"), [(LOOP, 0.01), (LOOP - 1, 0.01), (LOOP, 0.2)])
def test_who_answers_each_pong_with_a_ping_loops(count: int, after: float) -> None:
    """Once, or now and then, it may be chance: such a server pings when it likes."""
    lines = ['0.1 < {"hb":0}']
    for n in range(count):
        since = 0.2 + n * 0.5
        lines += [f'{since:.3f} > {{"ack":{n}}}', f'{since + after:.3f} < {{"hb":{n + 1}}}']
    found = violations(seen(LOOPING, *lines, f"{0.5 * count + 3:.2f} silent"))
    assert ("B-NO-LOOP" in found) == (count == LOOP and after == 0.01)


TIMED = {
    **NUMBERED,
    "alive": {"by": "pings"},
    "timing": {"heartbeat_interval": 0.6, "heartbeat_timeout": 1.4, "check_interval": 0.6},
}
BESIDE = "#2 0.05 opening\n#2 0.06 opened\n"
DROPPED_IN_TIME = {
    "both when due": ("1.60", "1.62", 2, 1),
    "one too soon": ("0.90", "1.62", 1, 0),
    "both too soon": ("0.90", "0.92", 0, 0),
}


@pytest.mark.parametrize("case", DROPPED_IN_TIME)
def test_who_drops_the_silent_keeps_no_dead_peer(case: str) -> None:
    """A Close would be allowed as well: then there is none to leave unanswered, on any."""
    one, other, dropped, beside = DROPPED_IN_TIME[case]
    lines = BESIDE, f"#1 {one} ended eof", f"#2 {other} ended eof"
    trace = seen({**TIMED, "timeout": {"close": ["abort", 1000]}}, *lines)
    assert outcomes(trace, "S-DROP") == ["satisfied"] * dropped
    assert outcomes(trace, "S-NO-QUEUE") == ["satisfied"] * beside


def test_where_a_close_is_due_a_drop_shows_nothing_of_dead_peers() -> None:
    lines = BESIDE, "#1 1.60 ended eof", "#2 1.62 ended eof"
    trace = seen({**TIMED, "timeout": {"close": [1000]}}, *lines)
    assert outcomes(trace, "S-DROP") == outcomes(trace, "S-NO-QUEUE") == []
    assert "S-TIMEOUT-CODE" in violations(trace)

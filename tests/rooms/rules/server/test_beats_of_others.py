"""Heartbeats that the server begins, in other dialects: from when they count, what ends them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.config.dialect import said_capabilities
from conformance.evidence.server.evidence import Evidence
from conformance.trace.trace import Trace
from spec.dialect.file import read_document
from tests.traces.notation import of_outcome, outcomes, trace_of

BEGINS = "0.0 opening\n0.01 opened\n"


def beaten(text: str, **further: Any) -> Trace:
    """A trace of a server that pings every 0.6 s, and ends with 4008 what was silent for 1.4 s."""
    dialect = read_document(
        {
            "dialect": 1,
            "name": "beaten",
            "ping": {"by": "server", "text": "2"},
            "pong": {"text": "3", "unasked": True},
            "timeout": {"close": [4008]},
            "timing": {"heartbeat_timeout": 1.4},
            **further,
        }
    )
    return trace_of(BEGINS + text, dialect=dialect, capabilities=said_capabilities(dialect))


FROM_THE_PONG = "0.6 < 2\n0.9 > 3\n1.5 < 2\n1.6 > 3\n1.7 silent"
FROM_THE_PING = "0.6 < 2\n0.9 > 3\n1.2 < 2\n1.6 > 3\n1.7 silent"


@pytest.mark.parametrize(
    ("counts", "text", "found"),
    [
        ("pong", FROM_THE_PONG, {"satisfied"}),
        ("pong", FROM_THE_PING, {"satisfied", "violated"}),
        ("received", FROM_THE_PONG, {"satisfied"}),
        ("received", FROM_THE_PING, {"satisfied", "violated"}),
        ("ping", FROM_THE_PING, {"satisfied"}),
        ("ping", FROM_THE_PONG, {"satisfied", "violated"}),
    ],
)
def test_the_next_ping_is_counted_as_the_dialect_has_it(
    counts: str, text: str, found: set[str]
) -> None:
    trace = beaten(text, server={"next": counts})
    assert {*outcomes(trace, "B-SERVER-PING")} == found


@pytest.mark.parametrize(
    ("counts", "text", "since", "expected"),
    [
        ("pong", FROM_THE_PING, "the pong before it", "0.45 s after the pong before it"),
        (
            "received",
            FROM_THE_PING,
            "the last message before it",
            "0.45 s after the last message before it",
        ),
        ("ping", FROM_THE_PONG, "the ping before", "0.75 s after the one before"),
        ("ping", "1.9 < 2\n2.0 silent", "the handshake", "within 0.60 s"),
        ("received", "0.5 > x\n1.9 < 2\n2.0 silent", "the last message before it", "within 0.60"),
    ],
)
def test_a_failure_says_from_when_the_ping_was_counted(
    counts: str, text: str, since: str, expected: str
) -> None:
    [found, *_] = of_outcome(beaten(text, server={"next": counts}), "violated")["B-SERVER-PING"]
    assert found.window is not None
    assert found.window.since == since
    assert expected in found.expected


@pytest.mark.parametrize(
    ("counts", "since"),
    [("ping", "the last pong, or the ping that it answered"), ("pong", "the last pong")],
)
def test_a_failure_says_from_when_a_silence_was_counted(counts: str, since: str) -> None:
    text = "0.6 < 2\n0.61 > 3\n1.2 < 2\n1.9 < close 4008\n1.9 ended"
    trace = beaten(text, server={"next": counts}, timing={"heartbeat_timeout": 1.4})
    [found] = of_outcome(trace, "violated")["B-TIMEOUT"]
    assert found.window is not None
    assert found.window.since == since
    assert found.expected == f"no close before 1.40 s after {since}"


def test_whoever_counts_from_pongs_owes_no_ping_before_one() -> None:
    trace = beaten("0.6 < 2\n2.2 silent", server={"next": "pong"})
    assert outcomes(trace, "B-SERVER-PING") == ["satisfied"]
    trace = beaten("0.6 < 2\n2.2 silent")
    assert "violated" in outcomes(trace, "B-SERVER-PING")


def test_what_is_said_puts_off_a_ping_where_messages_count() -> None:
    said = "0.3 > hello\n0.9 < 2\n1.0 > 3\n1.3 > hello\n1.9 < 2\n2.0 silent"
    assert {*outcomes(beaten(said, server={"next": "received"}), "B-SERVER-PING")} == {"satisfied"}
    assert "violated" in outcomes(beaten(said), "B-SERVER-PING")
    # What was sent just before a ping came may have crossed it.
    crossing = "0.6 < 2\n0.7 > 3\n1.25 > hello\n1.3 < 2\n1.4 silent"
    trace = beaten(crossing, server={"next": "received"})
    assert "violated" not in outcomes(trace, "B-SERVER-PING")


def test_a_server_that_pings_as_it_likes_is_judged_by_its_loops_alone() -> None:
    trace = beaten("0.6 < 2\n0.62 > 3\n0.65 < 2\n2.9 silent", server={"next": "free"})
    assert outcomes(trace, "B-SERVER-PING") == []
    assert outcomes(trace, "B-NO-LOOP") == ["satisfied"]


def test_a_pong_that_is_answered_is_a_loop() -> None:
    trace = beaten("0.6 < 2\n0.62 > 3\n0.63 < 3\n1.2 < 2\n1.21 > 3\n1.5 silent")
    assert list(of_outcome(trace, "violated")) == ["B-NO-LOOP"]


SILENT = "0.6 < 2\n{pong} > 3\n1.2 < 2\n{end} < close {code}\n{end} ended"


@pytest.mark.parametrize(
    ("counts", "pong", "end", "code", "outcome"),
    [
        ("ping", 0.61, 2.05, "4008", "satisfied"),
        ("ping", 0.61, 1.9, "4008", "violated"),
        ("ping", 0.61, 2.9, "4008", "violated"),
        ("ping", 0.61, 2.05, "1000", "violated"),
        # The ping that was answered starts the time, or the pong: which of them is not known.
        ("ping", 0.9, 2.1, "4008", "undecidable"),
        ("pong", 0.9, 2.1, "4008", "violated"),
    ],
)
def test_a_silence_counts_from_the_pong_or_from_the_ping_that_was_answered(
    counts: str, pong: float, end: float, code: str, outcome: str
) -> None:
    text = SILENT.format(pong=pong, end=end, code=code)
    trace = beaten(text, server={"next": counts}, timing={"heartbeat_timeout": 1.4})
    assert outcome in outcomes(trace, "B-TIMEOUT")
    assert outcome == "violated" or not of_outcome(trace, "violated").get("B-TIMEOUT")


def test_pongs_carry_the_number_of_their_ping_and_pings_may_be_the_same_text() -> None:
    alike = {"ping": {"by": "server", "text": "{}"}, "pong": {"text": "{}", "unasked": True}}
    trace = beaten("0.6 < {}\n0.61 > {}\n1.2 < {}\n1.21 > {}\n1.8 < {}\n1.9 silent", **alike)
    assert {*outcomes(trace, "B-SERVER-PING")} == {"satisfied"}
    assert {*outcomes(trace, "B-NO-LOOP")} == {"satisfied"}
    assert not of_outcome(trace, "violated")


def test_beats_that_nobody_answers_are_judged_by_their_interval() -> None:
    one_way = {
        "dialect": 1,
        "name": "one-way",
        "ping": {"by": "server", "text": '{"type":"ping","message":${any}}'},
    }
    dialect = read_document(one_way)
    beats = "".join(f'{n * 0.6:.1f} < {{"type":"ping","message":{n}}}\n' for n in (1, 2, 4))
    trace = trace_of(
        f"{BEGINS}{beats}2.5 silent", dialect=dialect, capabilities=said_capabilities(dialect)
    )
    assert {*outcomes(trace, "B-SERVER-PING")} == {"satisfied", "violated"}
    assert not outcomes(trace, "B-NO-LOOP")
    assert not outcomes(trace, "S-PONG")
    assert not outcomes(trace, "S-QUIET")


ALL_SILENT = """
    #1 0.0 opening
    #1 0.01 opened
    #1 0.02 > PING
    #1 0.03 < PONG
    #2 0.0 opening
    #2 0.01 opened
    #2 {pings} > PING
    #2 {pings} < PONG
    #1 1.5 ended
    #2 1.5 ended
    #0 1.5 note all connections ended at the same time: 2
"""


@pytest.mark.parametrize(
    ("pings", "causes"), [(0.05, {"heartbeat"}), (0.9, {"heartbeat", "collapse"})]
)
def test_an_end_without_a_word_is_that_of_the_clock_where_the_connection_was_silent_for_so_long(
    pings: float, causes: set[str]
) -> None:
    dialect = read_document(
        {
            "dialect": 1,
            "name": "aborts",
            "ping": {"by": "client", "text": "PING"},
            "pong": {"text": "PONG"},
            "timeout": {"close": ["abort"]},
            "timing": {"heartbeat_timeout": 1.4},
        }
    )
    trace = trace_of(
        ALL_SILENT.format(pings=pings), dialect=dialect, capabilities=said_capabilities(dialect)
    )
    ends = [each.departure for each in Evidence(trace).connections]
    assert {end.cause for end in ends if end is not None} == causes


@pytest.mark.parametrize(("moment", "among"), [("0.92", {"B-NO-LOOP"}), ("1.05", set())])
def test_early_pings_right_behind_several_pongs_may_answer_them(
    moment: str, among: set[str]
) -> None:
    """Nothing tells which of them answers which."""
    text = f"0.6 < 2\n0.9 > 3\n0.9 > 3\n{moment} < 2\n{moment} < 2\n1.7 silent"
    seen = of_outcome(beaten(text, server={"next": "ping"}), "violated")["B-SERVER-PING"]
    assert {each.among for each in seen if "early" in each.message} == {frozenset(among)}

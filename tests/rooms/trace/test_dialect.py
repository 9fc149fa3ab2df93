"""The dialect stands in the header of a trace, and judges it again anywhere."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.rules import judge
from conformance.trace.event import Event
from conformance.trace.file import TraceError, read_traces
from conformance.trace.trace import Capabilities, Trace
from spec import load_timing
from spec.dialect.shipped import protocol, shipped

PLAIN = shipped("plain-text")
JSON_RPC = shipped("json-rpc")


def trace(*said: tuple[str, str]) -> Trace:
    """A conversation on one connection, a message in each tenth of a second."""
    events = [
        Event(0, 1, 0.0, 0.0, "opening"),
        Event(1, 1, 0.0, 0.05, "opened"),
        *(
            Event(n, 1, n / 10, n / 10, "sent" if who == "C" else "received", "text", text)
            for n, (who, text) in enumerate(said, 2)
        ),
    ]
    events.append(Event(len(events), 1, 9.0, 9.0, "silent"))
    return Trace(
        scenario="connects_and_pings",
        role="server",
        target="ws://127.0.0.1/",
        timing=load_timing("fast"),
        capabilities=Capabilities(echo=False),
        started="2026-01-01T00:00:00+00:00",
        events=tuple(events),
        dialect=PLAIN,
    )


def violated(given: Trace) -> set[str]:
    return {name for name, said in judge(given) if said.outcome == "violated"}


def test_it_is_read_back_as_the_same() -> None:
    written = trace(("C", "ping"), ("S", "pong"))
    [read] = read_traces(written.to_lines(), "memory")
    assert read == written
    assert read.dialect is PLAIN


def test_the_protocol_s_own_is_not_written() -> None:
    header = json.loads(next(replace(trace(), dialect=protocol()).to_lines()))
    assert "dialect" not in header


def test_what_is_no_dialect_is_refused() -> None:
    header, *rest = trace().to_lines()
    damaged = json.loads(header)
    del damaged["dialect"]["ping"]
    with pytest.raises(TraceError, match="dialect"):
        list(read_traces([json.dumps(damaged), *rest], "memory"))


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ([("C", "ping"), ("S", "pong"), ("C", "ping"), ("S", "pong")], set()),
        ([("C", "ping"), ("S", "pong"), ("S", "pong"), ("C", "ping"), ("S", "pong")], {"S-PONG"}),
        ([("C", "ping"), ("S", "pong"), ("C", "ping"), ("S", '{"type":"pong"}')], {"S-PONG"}),
        ([("C", "ping"), ("S", "pong"), ("C", "ping"), ("S", "Pong")], {"S-PONG"}),
        ([("C", "ping"), ("S", "news"), ("S", "pong"), ("C", "ping"), ("S", "pong")], set()),
        ([("C", "ping"), ("S", "pong"), ("C", "PING"), ("S", "pong")], {"S-PING-FORM"}),
    ],
)
def test_a_text_is_judged_as_the_dialect_has_it(
    said: list[tuple[str, str]], broken: set[str]
) -> None:
    assert violated(trace(*said)) == broken


def ping(number: int) -> tuple[str, str]:
    return "C", JSON_RPC.say_ping(number)


def pong(number: object) -> tuple[str, str]:
    return "S", json.dumps({"id": number, "jsonrpc": "2.0", "result": {}})


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ([ping(1), pong(1), ping(2), pong(2)], set()),
        ([ping(1), ping(2), pong(2), pong(1)], set()),
        ([ping(1), pong(2), ping(3), pong(3)], {"S-PONG"}),
        ([ping(1), pong("1"), ping(3), pong(3)], {"S-PONG"}),
        ([ping(1), pong(1), ping(2), pong(2), pong(1)], {"S-PONG"}),
        ([ping(1), ("S", '{"jsonrpc":"2.0","id":1,"result":{},"at":7}'), ping(2), pong(2)],
         {"S-PONG-FORM"}),
        ([ping(1), ("S", '{"jsonrpc":"2.0","id":1,"error":{}}'), ping(2), pong(2)], {"S-PONG"}),
    ],
)  # fmt: skip
def test_a_pong_has_the_id_of_its_ping(said: list[tuple[str, str]], broken: set[str]) -> None:
    assert violated(replace(trace(*said), dialect=JSON_RPC)) == broken

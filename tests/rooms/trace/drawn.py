"""Traces that Hypothesis draws: of any kind of event, whether or not it makes sense."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

import spec
from conformance.trace.event import (
    WHOLE_TRACE,
    Certificate,
    Close,
    Content,
    Ended,
    Event,
    How,
    Kind,
    Opcode,
    Refusal,
)
from conformance.trace.trace import Capabilities, End, Role, Trace
from tests.traces.notation import WHOLE, trace_with

KINDS: tuple[Kind, ...] = get_args(Kind)
OPCODES: tuple[Opcode, ...] = get_args(Opcode)

spans = st.lists(st.floats(0, 1e5), min_size=2, max_size=2).map(sorted)


@composite
def messages(draw: DrawFn) -> tuple[Opcode, Content]:
    opcode = draw(st.sampled_from(OPCODES))
    payload = st.binary(max_size=40) | st.text(max_size=20).map(str.encode)
    match opcode:
        case "text":
            return opcode, draw(st.text())
        case "close":
            full = st.builds(Close, st.integers(0, 65535), st.text())
            return opcode, draw(full | st.just(Close(None)))
    return opcode, draw(payload)


@composite
def events_at(draw: DrawFn, n: int) -> Event:
    earliest, latest = draw(spans)
    kind = draw(st.sampled_from(KINDS))
    opcode: Opcode | None = None
    content: Content = None
    match kind:
        case "sent" | "received":
            opcode, content = draw(messages())
        case "said_first" | "heard_first":
            opcode, content = "text", draw(st.text())
        case "opened":
            content = draw(st.none() | st.text())
        case "refused":
            content = Refusal(draw(st.none() | st.integers(100, 599)), draw(st.text()))
        case "ended":
            content = Ended(draw(st.sampled_from(get_args(How))), draw(st.text()))
        case "late" | "jumped":
            content = draw(st.floats(0, 1e4))
        case "certificate":
            content = draw(st.sampled_from(get_args(Certificate)))
        case "broken" | "note" | "requested" | "started" | "asked" | "exited":
            content = draw(st.text())
    number = WHOLE_TRACE if kind in WHOLE else draw(st.integers(0, 300))
    return Event(n, number, earliest, latest, kind, opcode, content)


@composite
def traces(draw: DrawFn) -> Trace:
    count = draw(st.integers(0, 12))
    return trace_with(
        tuple(draw(events_at(n)) for n in range(count)),
        scenario=draw(st.text()),
        role=draw(st.sampled_from(get_args(Role))),
        target=draw(st.text()),
        timing=spec.load_timing(draw(st.sampled_from(spec.SHIPPED))),
        capabilities=Capabilities(*(draw(st.booleans()) for _ in range(4))),
        end=draw(st.sampled_from(get_args(End))),
        attempt=draw(st.integers(1, 2)),
        seed=draw(st.integers(0, 2**64)),
    )

"""What is recorded is what a file of it says, to the last digit."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from conformance.targets.server import Target
from conformance.trace.file import read_traces
from conformance.wire.recorder import Heading, Recorder
from spec import load_timing
from tests.traces.effort import examples

FAST = load_timing("fast")
CLOCK = st.floats(0, 10_000, allow_nan=False)
SPAN = st.floats(0, 10, allow_nan=False)


@examples(50)
@given(origin=CLOCK, waits=st.lists(SPAN, min_size=3, max_size=3))
def test_a_trace_in_memory_is_the_one_that_is_read_back(origin: float, waits: list[float]) -> None:
    first, wait, late = waits
    recorder = Recorder(Heading.of(Target("ws://localhost/ws", FAST), "by_hand"), origin)
    at = origin + first
    recorder.record(1, at, at, "opening")
    sent = recorder.record(1, at, at, "sent", "text", "1")
    recorder.amend(sent, at + wait)
    recorder.harness_was_late(at, at + late)
    recorder.server_was_starved(at, at + wait, late)
    trace = recorder.trace()
    [found] = read_traces([f"{line}\n" for line in trace.to_lines()], "a.jsonl")
    assert replace(found, source=None) == trace

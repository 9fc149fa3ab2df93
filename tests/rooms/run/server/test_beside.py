"""What an explored connection learns of those beside it, which another process has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.run.server.exploring.beside import note_partings
from conformance.run.worker import WorkerProcess, tell_parting
from conformance.targets.server import Target
from conformance.trace.event import Close, Ended
from conformance.trace.note import ALL_ENDED, PART_ENDED
from conformance.wire.clock import leaping_loop
from conformance.wire.company import Parting
from conformance.wire.recorder import Heading, Recorder
from spec import load_timing

TARGET = Target("ws://127.0.0.1:1/ws", load_timing("fast"))
ENDED = 5.0
"""When the explored connection ended, by the clock."""

ONE = Parting(ENDED, ENDED, 1, 30)


def notes(*beside: Parting, closed: bool = False, is_there: bool = True) -> list[str]:
    """What is noted of a connection that broke off, beside others that did."""
    loop, clock = leaping_loop()
    recorder = Recorder(Heading.of(TARGET, "explored"), 0.0)
    recorder.record(1, 1.0, 1.0, "opened")
    if closed:
        recorder.record(1, ENDED, ENDED, "received", "close", Close(1008, ""))
    recorder.record(1, ENDED, ENDED, "ended", content=Ended("eof"))
    if is_there:
        recorder.record(2, ENDED, ENDED, "opened")

    def told() -> Sequence[Parting]:
        return beside

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(note_partings(told, recorder, clock))
    return [str(each.content) for each in recorder.events if each.kind == "note"]


@pytest.mark.parametrize(
    ("parting", "told"),
    [
        (Parting(4.98, 5.01, 12, 30), f"{PART_ENDED}13 of 31"),
        (Parting(4.98, 5.01, 30, 30), f"{ALL_ENDED}31"),
    ],
)
def test_what_broke_off_with_others_is_told_so(parting: Parting, told: str) -> None:
    assert notes(ONE, parting) == [told]


def test_what_ended_alone_or_for_a_reason_that_was_said_is_told_nothing() -> None:
    many = Parting(4.98, 5.01, 12, 30)
    assert notes() == []
    assert notes(ONE) == []
    assert notes(ONE, replace(many, first=3.0, last=3.1)) == []
    assert notes(ONE, many, closed=True) == []


def test_where_nobody_is_there_any_more_it_cannot_be_looked_at_again() -> None:
    assert notes(ONE, Parting(4.98, 5.01, 30, 30), is_there=False) == []


def test_a_worker_tells_of_ends_between_its_traces(capsys: pytest.CaptureFixture[str]) -> None:
    """And the parent takes that out of what traces are read from."""
    tell_parting(ONE)
    worker = object.__new__(WorkerProcess)
    worker._partings = []
    assert list(worker._traced([capsys.readouterr().out, "a trace"])) == ["a trace"]
    assert list(worker.partings) == [ONE]

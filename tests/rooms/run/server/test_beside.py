"""What an explored connection learns of those beside it, which another process has."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue

import pytest

from conformance.rules import judge
from conformance.run.server.exploring.beside import (
    SPREAD,
    alone,
    ended_near,
    note_partings,
)
from conformance.run.server.exploring.session import Session
from conformance.run.virtual import serving as served
from conformance.run.worker import WorkerProcess, tell_partings
from conformance.targets.server import Target
from conformance.trace.event import Close, Ended
from conformance.trace.note import ALL_ENDED, PART_ENDED
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock, leaping_loop
from conformance.wire.company import TOGETHER, Company, Parting
from conformance.wire.ends.peer import Peer
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from spec import load_timing
from tests.mutants import find
from tests.mutants.behaviour import Behaviour, Pause
from tests.mutants.compliant import echo_text
from tests.mutants.serving import serving

FAST = load_timing("fast")
TARGET = Target("ws://127.0.0.1:1/ws", FAST)
ENDED = 5.0
"""When the explored connection ended, by the clock."""

MANY = Parting(4.98, 5.01, 12, 30)
SLOW = 0.3
"""How long (seconds) the model of a server thinks about a message."""

BESIDE = 7
"""How many connections are open beside the explored one."""


def notes(*beside: Parting, closed: bool = False, is_there: bool = True) -> list[str]:
    """What is noted of a connection that broke off, beside others that did."""
    recorder = Recorder(Heading.of(TARGET, "explored"), 0.0)
    recorder.record(1, 1.0, 1.0, "opened")
    if closed:
        recorder.record(1, ENDED, ENDED, "received", "close", Close(1008, ""))
    recorder.record(1, ENDED, ENDED, "ended", content=Ended("eof"))
    if is_there:
        recorder.record(2, ENDED, ENDED, "opened")

    async def near(_: float, __: float) -> Sequence[Parting]:
        return beside

    asyncio.run(note_partings(near, recorder))
    return [str(each.content) for each in recorder.events if each.kind == "note"]


@pytest.mark.parametrize(
    ("parting", "told"),
    [(MANY, f"{PART_ENDED}13 of 31"), (replace(MANY, count=30), f"{ALL_ENDED}31")],
)
def test_what_broke_off_with_others_is_told_so(parting: Parting, told: str) -> None:
    assert notes(parting) == [told]


def test_what_ended_alone_or_for_a_reason_that_was_said_is_told_nothing() -> None:
    assert notes() == []
    assert notes(replace(MANY, count=1)) == []
    assert notes(MANY, closed=True) == []


def test_where_nobody_is_there_any_more_it_cannot_be_looked_at_again() -> None:
    assert notes(MANY, is_there=False) == []


def company_of(*ends: tuple[float, float]) -> Company:
    """Connections that broke off, each between two times, beside one that stays."""
    company = Company()
    for number, end in enumerate(((0.0, 0.0), *ends)):
        opened = 0.1 + number / 100, 0.1 + number / 100
        company.hear((1, number), opened, "opened", None, None)
        if number:
            company.hear((1, number), end, "ended", None, Ended("eof"))
    return company


def answered(company: Company, clock: LoopClock, loop: asyncio.AbstractEventLoop) -> int:
    """How many are said to have ended with what ended at 1.0 s."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        found = runner.run(ended_near(company, FAST, clock, 1.0, 1.0))
        assert clock.look_before() >= 1.0 + SPREAD
    return sum(each.count for each in found)


@pytest.mark.parametrize(
    ("ends", "count"),
    [
        (((0.99, 1.0), (1.0, 1.01)), 2),
        (((0.99, 1.3), (0.99, 1.3)), 2),  # read late: when they ended is not known
        (((0.5, 0.5), (0.5, 0.5)), 0),
        (((1.3, 1.3), (1.3, 1.3)), 0),
        ((), 0),
    ],
)
def test_who_is_asked_answers_what_ended_near_a_time(
    ends: Sequence[tuple[float, float]], count: int
) -> None:
    loop, clock = leaping_loop()
    assert answered(company_of(*ends), clock, loop) == count


@dataclass
class LateHelper:
    """A worker's process that answers when it is let."""

    told: SimpleQueue[str] = field(default_factory=SimpleQueue)
    may_answer: threading.Event = field(default_factory=threading.Event)
    answers: Sequence[str] = ()

    def tell(self, line: str) -> None:
        self.told.put(line)

    def end(self) -> None:
        """It has never begun."""

    @property
    def output(self) -> Iterator[str]:
        for each in self.answers:
            self.told.get()
            self.may_answer.wait()
            yield each


def worker_with(helper: LateHelper) -> WorkerProcess:
    """The parent's side of a worker whose process is a model of one."""
    return WorkerProcess(NoJob(), helper=helper)  # type: ignore[arg-type]


class NoJob:
    """Nothing to do."""

    MODULE = ""

    def lines(self) -> Iterator[str]:
        return iter(())


def test_who_asks_waits_until_the_other_process_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """However late that is: a message is not blamed because the machine was busy."""
    tell_partings([MANY])
    helper = LateHelper(answers=[capsys.readouterr().out])
    worker = worker_with(helper)

    async def asks() -> None:
        answer = asyncio.create_task(worker.ended_near(1.0, 2.0))
        done, _ = await asyncio.wait({answer}, timeout=10 * SPREAD)
        assert not done
        helper.may_answer.set()
        assert await answer == [MANY]
        assert await worker.ended_near(3.0, 4.0) == (), "it has ended"

    asyncio.run(asks())


def test_what_nobody_waits_for_any_more_is_not_answered(capsys: pytest.CaptureFixture[str]) -> None:
    tell_partings([])
    tell_partings([MANY])
    helper = LateHelper(answers=capsys.readouterr().out.splitlines())
    worker = worker_with(helper)

    async def asks() -> None:
        given_up = asyncio.create_task(worker.ended_near(1.0, 1.0))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait({given_up})
        helper.may_answer.set()
        assert await worker.ended_near(2.0, 2.0) == [MANY]

    asyncio.run(asks())


def slow_processes(server: Behaviour) -> Behaviour:
    """One of three processes dies when one of its connections is reset; "slow" takes a while."""
    return replace(
        server,
        echo=lambda _, data: [*([Pause(SLOW)] if data == "slow" else []), echo_text(data)],
    )


@pytest.mark.parametrize("asks", [True, False])
def test_a_message_that_was_under_way_is_not_charged_when_its_process_dies(asks: bool) -> None:
    """A connection that another process of wsbeat has is reset, and takes the process along."""
    trace = dying(asks=asks)
    found = {name for name, each in judge(trace) if each.outcome == "violated"}
    assert found == (set() if asks else {"S-ECHO"})
    assert any(str(event.content).startswith(PART_ENDED) for event in trace.events) == asks


def dying(*, asks: bool) -> Trace:
    """What an explored connection shows, whose process dies of something else."""
    mutant = find("loses_one_of_three_processes_when_one_is_reset")
    dies = replace(mutant, change=lambda base: slow_processes(mutant.change(base)))
    loop, clock = leaping_loop()
    company = Company()
    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        served(runner, lambda: serving(dies, FAST)) as url,
    ):
        target = Target(url, FAST)
        heading = Heading.of(target, "explored")
        begun = clock.now()

        def dial(recorder: Recorder) -> Dial:
            return Dial(target, recorder, clock, begun, None)

        near = partial(ended_near, company, FAST, clock) if asks else alone
        session = Session(loop, dial, heading, clock, begun, ended_near=near)
        others = dial(Recorder(heading, begun, company=company))

        async def opened(count: int) -> list[Peer]:
            return [await others.open() for _ in range(count)]

        async def is_reset(peer: Peer) -> None:
            await asyncio.sleep(SLOW / 2)
            peer.cut()

        first, *_ = runner.run(opened(3))  # The fourth that comes is one of the same process.
        session.perform("explored", ["1"])
        beside = runner.run(opened(BESIDE))
        runner.run(asyncio.sleep(2 * TOGETHER))
        reset = loop.create_task(is_reset(first))
        trace, _ = session.perform("explored", ['"slow"'])
        for peer in beside:
            peer.abort()
        session.leave()
        loop.run_until_complete(reset)
        return trace

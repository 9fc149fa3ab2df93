"""Checks of a peer that lives in wsbeat's own process, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from conformance.run.check import client_run, server_run
from conformance.run.client.drivers.driver import CannotStart
from conformance.run.client.drivers.function import calling
from conformance.run.client.pool import could_not_start
from conformance.run.client.worker import ClientJob, perform
from conformance.run.plan import Watch
from conformance.run.server.exploring.example_source import Ahead, drawn_for
from conformance.run.server.time_left import TimeIsUp
from conformance.run.server.worker import ServerJob, run_scenarios
from conformance.run.virtual import Beforehand, VirtualWorker, serving
from conformance.run.within.chance import chance
from conformance.run.within.clocks import following
from conformance.run.within.handles import HARNESS
from conformance.run.within.instance import OnlyInstance
from conformance.run.within.loop import CarefulLoop, CarefulSelector, careful_loop
from conformance.run.within.named import Named
from conformance.run.within.notes import Notes
from conformance.run.within.patience import NeverYields, Patience, yielding
from conformance.run.within.serving import Hosted, Words, uvloop_note
from conformance.run.worker import Write
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.targets.started.process import LaunchError
from conformance.verdict.result import Result
from conformance.wire.clock import LoopClock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VirtualTime:
    """A loop in virtual time, with all that belongs to it."""

    loop: CarefulLoop
    selector: CarefulSelector
    clock: LoopClock
    runner: asyncio.Runner
    patience: Patience
    notes: Notes
    set_wall_clock: Callable[[float], None]
    """Sets the wall clock alone, forward by so many seconds or back."""


@contextmanager
def virtual_time(
    watch: Watch, limit: float | None = None, over: type[BaseException] = TimeIsUp, seed: int = 0
) -> Iterator[VirtualTime]:
    """Virtual time for the whole process as long as the block lasts.

    `limit` is how many seconds somebody waits for the end of the run, and `over` is raised then.
    What a peer leaves to chance, such as a delay, is drawn from the `seed`, the same each time.
    """
    notes = Notes()
    patience = Patience(watch, limit, over)
    loop, selector, clock = careful_loop(patience.turned)
    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        following(selector, notes.slept) as set_wall_clock,
        yielding(loop, selector, patience, limit),
        chance(seed),
    ):
        try:
            yield VirtualTime(loop, selector, clock, runner, patience, notes, set_wall_clock)
        finally:
            runner.run(loop.abandon())


def check_server_here(
    target: Target,
    options: Options,
    watch: Watch,
    thing: Callable[..., Any] | None = None,
    ahead: Ahead | None = None,
) -> Result:
    """Check a server that is named, or given as it is, in virtual time.

    What is drawn is drawn `ahead`, where somebody has started that before.

    Raises UsageError when nothing is selected, NotNamed where nothing is named, LaunchError when it
    does not come up, and Unreachable when no connection comes about. After Ctrl-C it returns what
    it has, as an interrupted result.
    """
    assert target.within is not None
    hosted = Hosted(Named.of(target.within), thing)
    with nullcontext(ahead) if ahead is not None else drawn_for(target, options) as drawn:
        drawn.begin()
        return _as_harness(lambda: _check_server(target, options, watch, hosted, drawn))


def check_client_here(
    target: ClientTarget,
    options: Options,
    watch: Watch,
    function: Callable[..., Any] | None = None,
) -> Result:
    """Check a client that is named, or given as it is, in virtual time.

    Raises UsageError when nothing is selected, and NoClient when none connects. After Ctrl-C it
    returns what it has, as an interrupted result.
    """
    return _as_harness(lambda: _check_client(target, options, watch, function))


def _check_client(
    target: ClientTarget,
    options: Options,
    watch: Watch,
    function: Callable[..., Any] | None,
) -> Result:
    words = Words()
    with virtual_time(watch, seed=options.seed) as time, redirect_stdout(words):

        def start_worker(job: ClientJob) -> VirtualWorker:
            async def work(stop: asyncio.Event, write: Write) -> None:
                time.patience.stop = stop.set
                try:
                    async with calling(target.given, function, options.seed) as caller:
                        await perform(job, time.clock, stop, write, caller)
                except CannotStart as error:
                    write(could_not_start(target, time.clock, str(error)))
                finally:
                    time.patience.stop = None
                time.patience.raise_reason()

            return VirtualWorker(time.loop, work)

        run = client_run(target, options, time.patience.watch, time.clock.now)
        run.start_worker = start_worker
        run.go()
        time.patience.end()
    result = run.result()
    time.notes.never_yielded = time.patience.never_yielded
    notes = (uvloop_note() or "", *time.notes.lines(time.selector.elsewhere.waited))
    return replace(result, notes=(*result.notes, *filter(None, notes)))


def _as_harness(work: Callable[[], T]) -> T:
    """Do what takes no time: the peer, which does not come from it, is not part of that."""
    context = copy_context()
    context.run(HARNESS.set, True)
    return context.run(work)


def _check_server(
    target: Target, options: Options, watch: Watch, hosted: Hosted, ahead: Ahead
) -> Result:
    workers: list[VirtualWorker] = []
    with virtual_time(watch, options.time_limit, seed=options.seed) as time:

        def start_worker(job: ServerJob) -> VirtualWorker:
            async def work(stop: asyncio.Event, write: Write) -> None:
                time.patience.stop = stop.set
                try:
                    await run_scenarios(job, time.clock, stop, write)
                finally:
                    time.patience.stop = None
                time.patience.raise_reason()

            workers.append(Beforehand(time.loop, work))
            return workers[-1]

        try:
            with serving(time.runner, hosted):
                # The limit is one of real time, and so not for the clock of the run.
                run = server_run(
                    target.at(hosted.port),
                    replace(options, time_limit=None),
                    time.patience.watch,
                    time.runner,
                    time.clock,
                )
                run.start_worker = start_worker
                run.draw, run.draw_schedules = ahead.draws, ahead.schedules
                run.instances = OnlyInstance(hosted, time.set_wall_clock)
                run.go()
                time.patience.end()
                run.options = options
        except NeverYields as error:
            raise LaunchError(f"The server never yields to the event loop:\n{error}") from None
    result = run.result()
    time.notes.never_yielded = time.patience.never_yielded
    notes = (uvloop_note() or "", *time.notes.lines(time.selector.elsewhere.waited))
    return replace(
        result,
        notes=(*result.notes, *filter(None, notes)),
        duration=result.duration - sum(each.saved for each in workers),
    )

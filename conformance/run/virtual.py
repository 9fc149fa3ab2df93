"""Runs in virtual time, on a peer that lives in the same event loop.

Seventy seconds of silence take as long as there is something to do in them, and nobody is late:
the same peer gets the same verdict on any machine. What the peer does in other threads or
processes, or waits for from elsewhere, has no place in such a loop: time would leap over it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import Context
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeAlias

from conformance.run.check import client_run, server_run
from conformance.run.client.batches import Batches, batches
from conformance.run.client.drivers.driver import Starter
from conformance.run.client.worker import ClientJob, perform
from conformance.run.server.exploring.example_source import Draws, drawn_here
from conformance.run.server.schedule_search import schedules_drawn
from conformance.run.server.worker import ServerJob, run_scenarios
from conformance.run.worker import Write
from conformance.scenarios.schedule import DrawSchedules
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.wire.clock import leaping_loop
from conformance.wire.company import Parting

Serve: TypeAlias = Callable[[], AbstractAsyncContextManager[str]]
"""Runs a server for as long as the block lasts; gives the URL that it listens at."""


Work: TypeAlias = Callable[[asyncio.Event, Write], Coroutine[None, None, None]]
"""Runs scenarios until all are over or the event is set, and hands over their traces."""


def nobody(_: object) -> None:
    """A Watch that shows nothing."""


class VirtualWorker:
    """Scenarios that run in a loop of virtual time, as soon as somebody waits for their traces.

    A process would run them beside whatever else is done in the block. Here one comes after the
    other: `saved` is how many seconds that would have taken less.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Work) -> None:
        self._loop, self._work = loop, work
        self._stop = asyncio.Event()
        self._taken: list[Trace] = []
        self._begun = self._lasted = 0.0
        self._is_performed = self.is_over = False
        self.saved = 0.0

    def __enter__(self) -> Self:
        self._begun = self._loop.time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.stop()
        beside = self._loop.time() - self._begun - self._lasted
        self.saved = min(beside, self._lasted)

    def traces(self, wait: float) -> Iterator[Trace]:
        """All traces, once, when `wait` says that somebody waits; however long, they all come."""
        if not wait:
            return iter(())
        self._perform()
        self.is_over = True
        taken, self._taken = self._taken, []
        return iter(taken)

    def _perform(self) -> None:
        if not self._is_performed:
            self._is_performed = True
            begun = self._loop.time()
            self._loop.run_until_complete(self._work(self._stop, self._taken.append))
            self._lasted = self._loop.time() - begun

    async def ended_near(self, _: float, __: float) -> Sequence[Parting]:
        """Nothing goes on beside."""
        return ()

    def go_on(self) -> None:
        """Nobody waits yet."""

    def tell_to_stop(self) -> None:
        """Nothing runs on when nobody asks."""
        self._stop.set()

    def stop(self) -> list[Trace]:
        """Nothing runs on when nobody asks; return what was not yet handed over."""
        self.is_over = True
        return self._taken


class Beforehand(VirtualWorker):
    """The same, performed while a process draws; what that shows is handed over afterwards."""

    def go_on(self) -> None:
        """Perform them, unless that was done."""
        self._perform()


class SideBySide(VirtualWorker):
    """The same, as one of several whose scenarios go on at the same time."""

    _task: asyncio.Task[None] | None = None

    def traces(self, wait: float) -> Iterator[Trace]:
        """The traces that came in; waits up to `wait` seconds for the first of them."""
        self._loop.run_until_complete(self._wait(wait))
        taken, self._taken = self._taken, []
        return iter(taken)

    def stop(self) -> list[Trace]:
        """End what still runs; return what was not yet handed over."""
        if self._task is not None and not self.is_over:
            self._stop.set()
            self._loop.run_until_complete(self._task)
        return super().stop()

    async def _wait(self, seconds: float) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._work(self._stop, self._taken_in))
        await asyncio.wait({self._task}, timeout=seconds)
        if self._task.done():
            self.is_over = True
            self._task.result()

    def _taken_in(self, trace: Trace) -> None:
        self._taken.append(trace)


def check_server_within(
    serve: Serve,
    declared: Callable[[str], Target],
    options: Options,
    draw: Draws = drawn_here,
    draw_schedules: DrawSchedules = schedules_drawn,
) -> Result:
    """Check a server in virtual time; `declared` is what is known of it, for its URL.

    Who checks many servers draws examples and schedules once for all of them. The result's duration
    is that of the waits: what is computed meanwhile takes no time.
    Raises UsageError when nothing is selected, and Unreachable when no connection comes about.
    """
    loop, clock = leaping_loop()
    workers: list[VirtualWorker] = []

    def start_worker(job: ServerJob) -> VirtualWorker:
        workers.append(
            VirtualWorker(loop, lambda stop, write: run_scenarios(job, clock, stop, write))
        )
        return workers[-1]

    with asyncio.Runner(loop_factory=lambda: loop) as runner, serving(runner, serve) as url:
        run = server_run(declared(url), options, nobody, runner, clock)
        run.start_worker, run.draw = start_worker, draw
        run.draw_schedules = draw_schedules
        run.go()
        result = run.result()
        return replace(result, duration=result.duration - sum(each.saved for each in workers))


def check_client_within(
    starter: Starter, target: ClientTarget, options: Options, deal: Batches = batches
) -> Result:
    """Check a client in virtual time; `starter` starts it in the event loop that is running.

    Raises UsageError when nothing is selected, and NoClient when none connects.
    """
    loop, clock = leaping_loop()

    def start_worker(job: ClientJob) -> VirtualWorker:
        return SideBySide(loop, lambda stop, write: perform(job, clock, stop, write, starter))

    with asyncio.Runner(loop_factory=lambda: loop):
        run = client_run(target, options, nobody, clock.now)
        run.start_worker, run.deal = start_worker, deal
        run.go()
        return run.result()


@contextmanager
def serving(runner: asyncio.Runner, serve: Serve) -> Iterator[str]:
    """Keep a server in the loop: it does something only while the loop runs."""
    over = asyncio.Event()

    async def served(url: asyncio.Future[str]) -> None:
        async with serve() as found:
            url.set_result(found)
            await over.wait()

    async def begun() -> tuple[asyncio.Task[None], str]:
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # What is wsbeat's own can be told by its context: a server does not come from it.
        task = asyncio.create_task(served(url), context=Context())
        either: list[asyncio.Future[Any]] = [task, url]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        return task, await url

    async def ended(task: asyncio.Task[None]) -> None:
        over.set()
        await task

    task, url = runner.run(begun())
    try:
        yield url
    finally:
        runner.run(ended(task))

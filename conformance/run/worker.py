"""Workers: processes that do nothing but watch clocks. Both sides of the pipe are here."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TypeAlias

from conformance.run.helper import HarnessFault, Helper
from conformance.trace.file import TraceError, read_traces
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock, watchful_loop
from conformance.wire.company import Parting

STOPPING = 0.8
"""How long (seconds) the process may take to end what it has begun when it is told to stop."""


TOLD = '{"ended_near": '
"""How a line begins that is of no trace: it answers the parent what ended together."""


class Job(Protocol):
    """What a worker process is to do."""

    MODULE: ClassVar[str]
    """The module that the process runs."""

    def lines(self) -> Iterator[str]:
        """The job as lines; the process begins with the first while the next is got ready."""


class Worker(Protocol):
    """Scenarios that run side by side somewhere, until the block ends at the latest."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None: ...

    def traces(self, wait: float) -> Iterator[Trace]:
        """The traces that came in; waits up to `wait` seconds for the first of them."""

    @property
    def is_over(self) -> bool:
        """Whether all traces were taken."""

    async def ended_near(self, earliest: float, latest: float) -> Sequence[Parting]:
        """Which connections ended together with one that ended between two times of the clock."""

    def go_on(self) -> None:
        """Do what does not go on by itself, while something else is got ready."""

    def tell_to_stop(self) -> None:
        """Have it stop, and do not wait for that."""

    def stop(self) -> list[Trace]:
        """Stop at once and return the traces that were not yet handed over."""


class WorkerProcess:
    """The parent's side: scenarios of a job, in a process that does nothing else.

    Once told to stop, it is given `stopping` seconds before it is killed. `helper` is a process for
    its module that has been started already.
    """

    def __init__(self, job: Job, stopping: float = STOPPING, helper: Helper | None = None) -> None:
        self._stopping = stopping
        self._traces: queue.SimpleQueue[Trace | None] = queue.SimpleQueue()
        self._over = False
        self._garbled = ""
        self._asked: queue.SimpleQueue[Future[Sequence[Parting]]] = queue.SimpleQueue()
        self._is_read = False
        self._rest: list[Trace] = []
        self._helper = helper or Helper(job.MODULE)
        with ExitStack() as interrupted:
            interrupted.callback(self._helper.end)
            for line in job.lines():
                self._helper.tell(line)
            interrupted.pop_all()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.stop()

    def traces(self, wait: float) -> Iterator[Trace]:
        """The traces that came in; waits up to `wait` seconds for the first of them.

        Raises HarnessFault when the process failed.
        """
        try:
            while not self._over:
                trace = self._traces.get(timeout=wait)
                wait = 0.0
                if trace is None:
                    self._finish()
                    return
                yield trace
        except queue.Empty:
            return

    @property
    def is_over(self) -> bool:
        """Whether all traces were taken."""
        return self._over

    async def ended_near(self, earliest: float, latest: float) -> Sequence[Parting]:
        """Ask the process, and wait until it answers: none when it has ended."""
        answer = Future[Sequence[Parting]]()
        self._asked.put(answer)
        self._helper.tell(json.dumps([earliest, latest]))
        if self._is_read:
            self._answer_none()
        return await asyncio.wrap_future(answer)

    def go_on(self) -> None:
        """A process goes on by itself."""

    def tell_to_stop(self) -> None:
        """Tell the process to stop, and do not wait for that."""
        self._helper.tell_no_more()

    def stop(self) -> list[Trace]:
        """Tell the process to stop and return the traces that it had not yet handed over.

        They are returned again when it has been told before, as at the end of a `with` block.
        """
        self._helper.end(self._stopping)
        self._reader.join()
        self._helper.close()
        while not self._over and not self._traces.empty():
            trace = self._traces.get()
            if trace is None:
                self._over = True
            else:
                self._rest.append(trace)
        return self._rest

    def _read(self) -> None:
        try:
            lines = self._traced(self._helper.output)
            for trace in read_traces(lines, "the worker process", trusted=True):
                self._traces.put(trace)
        except TraceError as error:
            self._garbled = str(error)
        finally:
            self._traces.put(None)
            self._is_read = True
            self._answer_none()

    def _traced(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines of traces; what is answered between them is taken out."""
        for line in lines:
            if line.startswith(TOLD):
                told = json.loads(line)["ended_near"]
                _give(self._asked.get(), [Parting(**each) for each in told])
            else:
                yield line

    def _answer_none(self) -> None:
        """Answer what was asked, where the process will not: nothing goes on there any more."""
        with suppress(queue.Empty):
            while True:
                _give(self._asked.get_nowait(), ())

    def _finish(self) -> None:
        self._over = True
        code = self._helper.popen.wait()
        if code == 0 and self._garbled:
            raise HarnessFault(self._garbled)
        if code != 0:
            raise self._helper.fault()


def _give(answer: Future[Sequence[Parting]], partings: Sequence[Parting]) -> None:
    """Answer, if it is still waited for."""
    if answer.set_running_or_notify_cancel():
        answer.set_result(partings)


@contextmanager
def started_ahead(
    module: str, stopping: float = STOPPING
) -> Iterator[Callable[[Job], WorkerProcess]]:
    """Start a process for a module before its job is known; yields what starts workers.

    The first job is for that process. Where there was none, it has `stopping` seconds to end in
    when the block does.
    """
    ahead: list[Helper] = [Helper(module)]

    def start(job: Job) -> WorkerProcess:
        return WorkerProcess(job, helper=ahead.pop() if ahead else None)

    try:
        yield start
    finally:
        for helper in ahead:
            helper.end(stopping)
            helper.close()


Write: TypeAlias = Callable[[Trace], None]
"""Hands over a trace as soon as its scenario is over."""


def to_stdout(trace: Trace) -> None:
    """Write a whole trace to standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in trace.to_lines()))
    sys.stdout.flush()


def tell_partings(partings: Sequence[Parting]) -> None:
    """Write what ended together, as an answer, to standard output, between two traces."""
    sys.stdout.write(f"{TOLD}{json.dumps([asdict(each) for each in partings])}}}\n")
    sys.stdout.flush()


NextLine: TypeAlias = Callable[[], Awaitable[str]]
"""Waits for the next line of a job; it is empty where the input has ended."""


class _Told(asyncio.Protocol):
    """What a worker process is told on standard input: lines, and that it is to stop."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.stop = asyncio.Event()
        self._begun = b""

    def data_received(self, data: bytes) -> None:
        *whole, self._begun = (self._begun + data).split(b"\n")
        for line in whole:
            self.lines.put_nowait(line.decode())

    def connection_lost(self, error: Exception | None) -> None:
        self.stop.set()
        self.lines.put_nowait("")


def do_job(
    perform: Callable[[NextLine, LoopClock, asyncio.Event], Coroutine[Any, Any, None]],
) -> None:
    """What a worker process does: the job in the lines of standard input.

    `perform` gets what waits for the next of them, and an event that is set when the input ends:
    then it is to stop.
    """
    # A terminal interrupts all processes; this one is told by its parent. Not ignored: what is
    # started here would inherit that, and could not be asked to end.
    signal.signal(signal.SIGINT, lambda *_: None)
    loop, clock = watchful_loop()
    asyncio.set_event_loop(loop)

    async def work() -> None:
        transport, told = await loop.connect_read_pipe(_Told, sys.stdin)
        try:
            await perform(told.lines.get, clock, told.stop)
        finally:
            transport.close()

    try:
        loop.run_until_complete(work())
    finally:
        loop.close()

"""A pool of clients: scenarios side by side, each with a client and a port of its own.

The first session is a probe: when nobody comes to that, nothing else is performed.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import spec
from conformance.run.client.drivers import driver_named
from conformance.run.client.drivers.driver import CannotStart, Driver, Starter
from conformance.run.client.session import ClientSession, Surroundings, Task
from conformance.scenarios.scenario import played
from conformance.targets.client import ClientTarget
from conformance.targets.secrets import secrets
from conformance.trace.event import WHOLE_TRACE, Event
from conformance.trace.trace import Trace
from conformance.wire.client.listener import Listener
from conformance.wire.client.plain_http import Answer
from conformance.wire.clock import Clock
from conformance.wire.recorder import Heading, Recorder

AGAIN_AT_ONCE = 4
"""How many clients live at the same time when something is measured again."""

STARTING_AT_ONCE = 2
"""How many of them start at the same time: starting is what takes a machine's processors."""

LATE_TO_START = 4.0
"""By how many times as long as the probe took another start is let begin: it waits for nothing."""

CONNECT_TIMEOUT = 15.0
"""How long (seconds) a client may take to start and connect, on a machine that does little else."""

VISIT_TIMEOUT = 600.0
"""How long (seconds) somebody is awaited who was told where to connect."""

PROBE = "probe"

DrawnTasks: TypeAlias = Callable[[], Awaitable[Sequence[Task]]]
"""Waits for the tasks, which may be yet to be drawn."""


@played(lasts=lambda _: 0.0, name=PROBE)
async def probing(listener: Listener, timing: spec.Timing) -> None:
    """Waits for the client to connect; one that cannot be started anew is kept for a while."""
    connection = await listener.first_connection()
    if connection is not None and connection.was_accepted and listener.is_visited:
        await connection.ended(by=listener.after(timing.heartbeat_interval + timing.tolerance))


def took_to_start(events: Iterable[Event]) -> float:
    """How long (seconds) a client took from its start to its first attempt to connect."""
    seen = tuple(events)
    began = next((event for event in seen if event.kind == "started"), None)
    came = next((event for event in seen if event.kind == "opening"), None)
    return 0.0 if began is None or came is None else max(0.0, came.latest - began.earliest)


@dataclass(slots=True)
class ClientPool:
    """Performs tasks on clients of one target, as many at a time as leave each other room."""

    surroundings: Surroundings
    driver: Driver
    attempt: int
    seed: int
    clock: Clock
    sessions: list[ClientSession] = field(default_factory=list)
    """Those whose trace is not handed over yet."""
    alive: asyncio.Semaphore = field(init=False)
    starting: asyncio.Semaphore = field(init=False)
    patience: float = CONNECT_TIMEOUT
    starts_within: float | None = None
    """How long (seconds) a client keeps others from starting at the most, if that is known."""
    has_failed: bool = False
    """Whether an attempt of the client to connect failed in the session that was over last."""

    def __post_init__(self) -> None:
        again = self.attempt > 1
        at_once = self.driver.at_once(self.surroundings.target.timing)
        self.alive = asyncio.Semaphore(AGAIN_AT_ONCE if again else at_once)
        self.starting = asyncio.Semaphore(1 if again else STARTING_AT_ONCE)

    def report_lateness(self, due: float, now: float) -> None:
        """Note in all traces that the harness was late."""
        for session in self.sessions:
            session.recorder.harness_was_late(due, now)

    async def perform_all(self, drawn: DrawnTasks) -> None:
        """Perform a probe and, if somebody comes, all tasks: the longest first, or in turns."""
        starts_anew = self.driver.starts_anew
        self.patience = CONNECT_TIMEOUT if starts_anew else VISIT_TIMEOUT
        if not await self._perform(Task(probing)):
            return
        tasks = await drawn()
        self.surroundings.certify(tasks)
        if not starts_anew:
            await self._take_turns(sorted(tasks, key=self._length))
            return
        async with asyncio.TaskGroup() as group:
            for task in sorted(tasks, key=self._length, reverse=True):
                group.create_task(self._perform(task))

    async def _take_turns(self, tasks: Sequence[Task]) -> None:
        """Perform tasks one after the other, for as long as the client comes back.

        A client that failed to connect in one may wait longer in the next, until a connection has
        lasted `heartbeat_interval` (C-BACKOFF): that is given to it in between.
        """
        timing = self.surroundings.target.timing
        self.patience = 2 * (timing.reconnect_cap + timing.tolerance)
        for task in tasks:
            if self.has_failed and not await self._perform(Task(probing)):
                return
            if not await self._perform(task):
                return

    def _length(self, task: Task) -> float:
        return task.scenario.lasts(self.surroundings.target.timing)

    async def _perform(self, task: Task) -> bool:
        """Perform one task and write its trace; returns whether anybody came."""
        async with self.alive, AsyncExitStack() as start:
            await start.enter_async_context(self.starting)
            session = self._session(task)
            self.sessions.append(session)
            is_interrupted = False
            try:
                return await session.perform(connected=start.aclose, within=self.starts_within)
            except asyncio.CancelledError:
                is_interrupted = True
                session.write("interrupted")
                raise
            finally:
                self.sessions.remove(session)
                self.has_failed = session.has_failed
                if task.scenario.name == PROBE:
                    # What is quick is always let start after the same time, in virtual time, too.
                    least = session.listener.timing.tolerance
                    took = max(least, took_to_start(session.recorder.events))
                    self.starts_within = LATE_TO_START * took
                await session.clear(hurry=is_interrupted)

    def _session(self, task: Task) -> ClientSession:
        target, which = self.surroundings.target, task.scenario.certificate
        heading = Heading.of(target, task.scenario.name, self.attempt, self.seed)
        # A client says what its dialect takes from the environment: no trace is to hold that.
        known = secrets("", {}, target.dialect)
        recorder = Recorder(heading, self.clock.now(), secrets=known)
        listener = Listener(
            recorder,
            self.clock,
            target.timing,
            target.capabilities,
            address=self.driver.address(target.given),
            certificate=None if which is None else (which, self.surroundings.contexts[which]),
            steps=task.steps,
            answer=self.surroundings.answer,
        )
        listener.patience = self.patience
        listener.is_visited = not self.driver.starts_anew
        return ClientSession(self.surroundings, task, recorder, listener)


@asynccontextmanager
async def client_pool(
    target: ClientTarget,
    attempt: int,
    seed: int,
    clock: Clock,
    write: Callable[[Trace], None],
    starter: Starter | None = None,
) -> AsyncIterator[ClientPool]:
    """A pool for one target; raises CannotStart.

    `write` takes each trace as soon as it is whole. `starter` starts the clients, if they are not
    started by the target's driver.
    """
    driver = driver_named(target.driver)
    answer = _answer(target)
    with tempfile.TemporaryDirectory(prefix="wsbeat-") as folder:
        bundle = Path(folder, "wsbeat-ca.pem")
        async with nullcontext(starter) if starter else driver.starter(target.given) as entered:
            surroundings = Surroundings(target, entered, {}, bundle, write, answer)
            yield ClientPool(surroundings, driver, attempt, seed, clock)


def _answer(target: ClientTarget) -> Answer:
    """What whoever asks by plain HTTP gets; raises CannotStart when its file is gone meanwhile."""
    try:
        return Answer() if target.http is None else Answer.from_file(target.http)
    except OSError as error:
        raise CannotStart(f"The file of --http cannot be read: {error.strerror}.") from None


def could_not_start(target: ClientTarget, clock: Clock, why: str) -> Trace:
    """The trace of a probe to which no client could be started."""
    recorder = Recorder(Heading.of(target, PROBE), clock.now())
    recorder.record(WHOLE_TRACE, clock.now(), clock.now(), "note", content=why)
    return recorder.trace()

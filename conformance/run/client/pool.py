"""Plays scenarios to clients, side by side, in the process that does nothing else.

Each scenario has a stage, and so a port, and a life of the client of its own. The first is a probe:
when nobody comes to that, nothing else is played.
"""

# ruff: noqa: PLC0415 - a way of being handed a client imports what it alone needs.

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext

import spec
from conformance.run.client.drivers.driver import Host
from conformance.run.client.session import START, VISIT, Part, Scene
from conformance.scenarios.scenario import played
from conformance.targets.client import ClientTarget
from conformance.trace.event import WHOLE_TRACE, Certificate
from conformance.trace.trace import Trace
from conformance.wire.client.listener import Stage
from conformance.wire.clock import Clock
from conformance.wire.recorder import Heading, Recorder

SIDE_BY_SIDE = 24
"""How many clients live at the same time."""


TABS = 8
"""How many pages do at a timing that leaves them less than a second of tolerance."""


FEW = 4
"""How many clients live at the same time when something is measured again."""


STARTING = 2
"""How many of them start at the same time: starting is what takes a machine's processors."""


PROBE = "probe"


@played("C-STAY", lasts=lambda _: 0.0, name=PROBE)
async def probing(stage: Stage, timing: spec.Timing) -> None:
    """Waits for the client to connect; one that cannot be started anew is kept for a while."""
    guest = await stage.first_guest()
    if guest is not None and guest.was_accepted and stage.is_visited:
        await guest.ended(by=stage.after(timing.heartbeat_interval + timing.tolerance))


@dataclass(slots=True)
class Troupe:
    """Plays parts to clients of one target; `write` takes each trace as soon as it is whole."""

    target: ClientTarget
    attempt: int
    seed: int
    clock: Clock
    write: Callable[[Trace], None]
    host: Host
    contexts: Mapping[Certificate, SSLContext]
    bundle: Path
    scenes: list[Scene] = field(default_factory=list)
    alive: asyncio.Semaphore = field(init=False)
    starting: asyncio.Semaphore = field(init=False)
    patience: float = START
    has_failed: bool = False
    """Whether an attempt of the client failed in the part that was played last."""

    def __post_init__(self) -> None:
        again = self.attempt > 1
        self.alive = asyncio.Semaphore(FEW if again else side_by_side(self.target))
        self.starting = asyncio.Semaphore(1 if again else STARTING)

    def sing(self, due: float, now: float) -> None:
        """Note in all traces that the harness was late."""
        for scene in self.scenes:
            scene.recorder.harness_was_late(due, now)

    async def play_all(self, parts: Sequence[Part]) -> None:
        """Play a probe and, if somebody comes, all parts."""
        listens = self.target.way == "listen"
        self.patience = VISIT if listens else START
        if not await self._play(Part(probing)):
            return
        if listens:
            await self._take_turns(sorted(parts, key=self._length))
            return
        async with asyncio.TaskGroup() as group:
            for part in sorted(parts, key=self._length, reverse=True):
                group.create_task(self._play(part))

    async def _take_turns(self, parts: Sequence[Part]) -> None:
        """Play parts one after the other, for as long as the client comes back.

        A client that failed to connect in one may wait longer in the next, until a connection has
        lasted `heartbeat_interval` (C-BACKOFF): that is given to it in between.
        """
        timing = self.target.timing
        self.patience = 2 * (timing.reconnect_cap + timing.tolerance)
        for part in parts:
            if self.has_failed and not await self._play(Part(probing)):
                return
            if not await self._play(part):
                return

    def _length(self, part: Part) -> float:
        return part.scenario.lasts(self.target.timing)

    async def _play(self, part: Part) -> bool:
        """Play one part and write its trace; returns whether anybody came."""
        async with self.alive, AsyncExitStack() as start:
            await start.enter_async_context(self.starting)
            scene = Scene(self, part, self._recorder(part.scenario.name))
            self.scenes.append(scene)
            try:
                return await scene.play(started=start.aclose)
            except asyncio.CancelledError:
                scene.write("interrupted")
                raise
            finally:
                await scene.clear()

    def _recorder(self, scenario: str) -> Recorder:
        target = self.target
        heading = Heading(
            scenario,
            "client",
            target.shown,
            target.timing,
            target.capabilities,
            self.attempt,
            self.seed,
        )
        return Recorder(heading, self.clock.now())


@asynccontextmanager
async def troupe(
    target: ClientTarget,
    parts: Sequence[Part],
    attempt: int,
    seed: int,
    clock: Clock,
    write: Callable[[Trace], None],
    host: Host | None = None,
) -> AsyncIterator[Troupe]:
    """A troupe for one target, with all that the parts need; raises CannotStart.

    `host` starts the clients, if they are not started in the way of the target.
    """
    wanted = {which for part in parts if (which := part.scenario.certificate) is not None}
    contexts: dict[Certificate, SSLContext] = {}
    with tempfile.TemporaryDirectory(prefix="wsbeat-") as folder:
        bundle = Path(folder, "wsbeat-ca.pem")
        if wanted:
            from conformance.wire.client.certificates import contexts_for

            contexts = contexts_for("127.0.0.1", wanted, bundle)
        async with nullcontext(host) if host else _host(target) as starter:
            yield Troupe(target, attempt, seed, clock, write, starter, contexts, bundle)


def side_by_side(target: ClientTarget) -> int:
    """How many clients of a target live at the same time, so that they leave each other time."""
    if target.way == "listen":
        return 1
    return TABS if target.way == "page" and target.timing.tolerance < 1 else SIDE_BY_SIDE


def could_not_start(target: ClientTarget, clock: Clock, why: str) -> Trace:
    """The trace of a probe to which no client could be started."""
    recorder = Recorder(
        Heading(PROBE, "client", target.shown, target.timing, target.capabilities), clock.now()
    )
    recorder.record(WHOLE_TRACE, clock.now(), clock.now(), "note", content=why)
    return recorder.trace()


def _host(target: ClientTarget) -> AbstractAsyncContextManager[Host]:
    match target.way:
        case "command":
            from conformance.run.client.drivers.command import command_host

            return command_host(target.given)
        case "page":
            from conformance.run.client.drivers.page import page_host

            return page_host(target.given)
        case "listen":
            from conformance.run.client.drivers.listen import listen_host

            return listen_host()

"""Plays scenarios to clients, side by side, in the process that does nothing else.

Each scenario has a stage, and so a port, and a life of the client of its own. The first is a probe:
when nobody comes to that, nothing else is played.
"""

# ruff: noqa: PLC0415 - a way of being handed a client imports what it alone needs.

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext

import spec
from conformance.client_target import TRUST, ClientTarget
from conformance.clients.way import CannotStart, Client, Host
from conformance.clock import Clock
from conformance.scenarios.scenario import Scenario, Step, played
from conformance.trace.trace import PRINTED, WHOLE_TRACE, Certificate, End, Trace
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.stage import Stage

SIDE_BY_SIDE = 24
"""How many clients live at the same time."""


TABS = 8
"""How many pages do at a timing that leaves them less than a second of tolerance."""


FEW = 4
"""How many clients live at the same time when something is measured again."""


STARTING = 2
"""How many of them start at the same time: starting is what takes a machine's processors."""


START = 15.0
"""How long (seconds) a client may take to start and connect, on a machine that does little else."""


VISIT = 600.0
"""How long (seconds) somebody is awaited who was told where to connect."""


PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Part:
    """A scenario to be played, with what is to be said in it, if that is not its own affair."""

    scenario: Scenario
    steps: tuple[Step, ...] = ()


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


@dataclass(slots=True)
class Scene:
    """One scenario, played to one life of the client."""

    troupe: Troupe
    part: Part
    recorder: Recorder
    stage: Stage | None = None
    client: Client | None = None

    async def play(self, started: Callable[[], Awaitable[None]]) -> bool:
        """Play it and write the trace; returns whether anybody came.

        `started` is called as soon as the client has connected.
        """
        scenario, troupe = self.part.scenario, self.troupe
        assert scenario.play is not None
        self.stage = stage = self._set_up()
        try:
            self.client = await troupe.host.start(stage, scenario.name, self._environment())
        except CannotStart as error:
            stage.tell("note", str(error))
            self.write()
            return False
        stage.actor = self.client
        first = asyncio.ensure_future(stage.arrived.wait())
        first.add_done_callback(lambda _: asyncio.ensure_future(started()))
        try:
            await scenario.play(stage, troupe.target.timing)
        finally:
            first.cancel()
        stage.curtain()
        self.write()
        return bool(stage.guests)

    def write(self, end: End = "finished") -> None:
        """Hand over the trace, once."""
        if self not in self.troupe.scenes:
            return
        self.troupe.scenes.remove(self)
        self.troupe.has_failed = any(
            event.kind in ("refused", "closed_door") for event in self.recorder.events
        )
        if self.stage is not None and self.client is not None and self.client.said:
            self.stage.tell("note", f"{PRINTED}{self.client.said}")
        self.troupe.write(self.recorder.trace(end))

    async def clear(self) -> None:
        """End the client and free the port."""
        try:
            if self.stage is not None:
                await self.stage.close()
            if self.client is not None:
                await self.client.dismiss()
        finally:
            if self.stage is not None:
                self.stage.release()

    def _set_up(self) -> Stage:
        target, which = self.troupe.target, self.part.scenario.certificate
        stage = Stage(
            self.recorder,
            self.troupe.clock,
            target.timing,
            target.capabilities,
            address=_address(target),
            certificate=None if which is None else (which, self.troupe.contexts[which]),
            steps=self.part.steps,
        )
        stage.patience = self.troupe.patience
        stage.is_visited = target.way == "listen"
        return stage

    def _environment(self) -> dict[str, str]:
        """What a client has to be told of wsbeat's certificates."""
        if self.part.scenario.certificate is None:
            return {}
        return dict.fromkeys((*TRUST, *self.troupe.target.trust), str(self.troupe.bundle))


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
            from conformance.wire.certificates import contexts_for

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
            from conformance.clients.command import command_host

            return command_host(target.given)
        case "page":
            from conformance.clients.page import page_host

            return page_host(target.given)
        case "listen":
            from conformance.clients.listen import listen_host

            return listen_host()


def _address(target: ClientTarget) -> tuple[str, int]:
    """Where to listen: where the user said, or on any free port that only this machine sees."""
    if target.way != "listen":
        return "127.0.0.1", 0
    host, _, port = target.given.rpartition(":")
    return host.strip("[]"), int(port)

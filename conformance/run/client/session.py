"""A scenario played to one life of a client: the port, the client, and the trace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.run.client.drivers.driver import CannotStart, Client
from conformance.scenarios.scenario import Scenario, Step
from conformance.targets.client import TRUST, ClientTarget
from conformance.trace.trace import PRINTED, End
from conformance.wire.client.listener import Stage
from conformance.wire.recorder import Recorder

if TYPE_CHECKING:
    from conformance.run.client.pool import Troupe

START = 15.0
"""How long (seconds) a client may take to start and connect, on a machine that does little else."""


VISIT = 600.0
"""How long (seconds) somebody is awaited who was told where to connect."""


@dataclass(frozen=True, slots=True)
class Part:
    """A scenario to be played, with what is to be said in it, if that is not its own affair."""

    scenario: Scenario
    steps: tuple[Step, ...] = ()


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


def _address(target: ClientTarget) -> tuple[str, int]:
    """Where to listen: where the user said, or on any free port that only this machine sees."""
    if target.way != "listen":
        return "127.0.0.1", 0
    host, _, port = target.given.rpartition(":")
    return host.strip("[]"), int(port)

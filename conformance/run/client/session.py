"""A client session: one scenario, performed on one life of the client.

How it works
------------

1. `ClientPool` has a `Task` (a scenario, and what is said in it) and makes a session of it.
2. The session opens a `Listener`: a port of its own, where wsbeat is the server.
3. The starter starts the client, and tells it the port's URL.
4. The scenario decides what each attempt of the client meets with, and waits.
5. When it is over the session notes that nothing else came, and hands over the trace, once.
6. The listener drops what is still connected, the client is ended, and then the port is let go: in
   this order, since a client that still ran could reconnect to whoever gets the port next.

Example: for `closes_with_1000` the client connects to port 40001 and pings; the scenario closes
with 1000 and watches for as long as the client may take to come back. The client returns after
3.4 s as the second connection of the same trace. Had it ended instead, the trace would say so
(`exited`), and the scenario would wait no longer.

An interrupted session hands over what it has, with the end `interrupted`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from ssl import SSLContext
from typing import Any, overload

from conformance.run.client.drivers.driver import CannotStart, Client, Starter
from conformance.scenarios.client.replayed import replayed
from conformance.scenarios.scenario import ClientScenario
from conformance.scenarios.step import Step, step_from_json, step_to_json
from conformance.targets.client import TRUST, ClientTarget
from conformance.trace.event import Certificate, Ended, Event
from conformance.trace.file import read_traces
from conformance.trace.note import PRINTED
from conformance.trace.trace import End, Trace
from conformance.wire.client.listener import Listener
from conformance.wire.client.plain_http import Answer
from conformance.wire.recorder import Recorder

AT_ONCE = 0.05
"""How long (seconds of virtual time) a function may take to end when its connection has."""


@dataclass(frozen=True, slots=True)
class Task:
    """A scenario to be performed, and what is to be said in it where it leaves that open."""

    scenario: ClientScenario
    steps: tuple[Step, ...] = ()

    def to_json(self) -> list[Any]:
        """The task as JSON: the scenario by the module and the name that it is found by."""
        return [
            self.scenario.module,
            self.scenario.name,
            [step_to_json(step) for step in self.steps],
            [] if self.scenario.recorded is None else list(self.scenario.recorded.to_lines()),
        ]

    @classmethod
    def from_json(cls, written: list[Any]) -> Task:
        module, name, steps, lines = written
        if lines:
            [recorded] = read_traces(lines, "what is to be played again", trusted=True)
            return cls(replayed(recorded, ()))
        return cls(getattr(import_module(module), name), tuple(map(step_from_json, steps)))


class Dealt(Sequence[Task]):
    """Tasks that are drawn when somebody first looks, and not before."""

    def __init__(self, deal: Callable[[], Sequence[Task]]) -> None:
        self._deal = deal

    @cached_property
    def _tasks(self) -> Sequence[Task]:
        return self._deal()

    def __len__(self) -> int:
        return len(self._tasks)

    @overload
    def __getitem__(self, place: int) -> Task: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Task]: ...

    def __getitem__(self, place: int | slice) -> Task | Sequence[Task]:
        return self._tasks[place]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sessions with one target have in common; `contexts` and `bundle` are for TLS."""

    target: ClientTarget
    starter: Starter
    contexts: dict[Certificate, SSLContext]
    bundle: Path
    write: Callable[[Trace], None]
    answer: Answer

    def certify(self, tasks: Sequence[Task]) -> None:
        """Make the certificates that the tasks need, before any of them begins."""
        wanted = {which for task in tasks if (which := task.scenario.certificate) is not None}
        if wanted:
            # Making certificates takes a library that is needed for nothing else.
            from conformance.wire.client.certificates import contexts_for  # noqa: PLC0415

            self.contexts.update(contexts_for("127.0.0.1", wanted, self.bundle))


@dataclass(slots=True)
class ClientSession:
    """One scenario, performed on one life of the client."""

    surroundings: Surroundings
    task: Task
    recorder: Recorder
    listener: Listener
    client: Client | None = None
    is_written: bool = False

    async def perform(
        self, connected: Callable[[], Awaitable[None]], within: float | None = None
    ) -> bool:
        """Perform the scenario and hand over the trace; returns whether anybody came.

        `connected` is called as soon as it is known what became of the first attempt to connect,
        or when that took longer than `within` (seconds).
        """
        scenario, listener = self.task.scenario, self.listener
        assert scenario.play is not None
        starter = self.surroundings.starter
        try:
            self.client = await starter.start(listener, scenario.name, self._environment())
        except CannotStart as error:
            listener.tell("note", str(error))
            self.write()
            return False
        listener.actor = self.client
        first = asyncio.ensure_future(self._arrival(within))
        first.add_done_callback(lambda _: asyncio.ensure_future(connected()))
        try:
            await scenario.play(listener, self.surroundings.target.timing)
        finally:
            first.cancel()
        await self._hear_out()
        listener.end_of_watch()
        self.write()
        return bool(listener.attempts)

    async def _arrival(self, within: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.listener.arrived.wait()

    async def _hear_out(self) -> None:
        """Give a client that has just ended its connection the time to die, and to say why."""
        events = self.recorder.events
        last = max(event.connection for event in events)
        ends = [e for e in events if e.connection == last and (e.opcode == "close" or _is_end(e))]
        by_itself = ends and ends[0].kind != "sent" and not _is_own(ends[0])
        if by_itself and not any(event.kind == "asked" for event in events):
            tolerance = self.surroundings.target.timing.tolerance
            # A function has raised what it raises when its connection is over.
            patience = AT_ONCE if self.listener.is_virtual else tolerance
            await self.listener.until_over(by=self.listener.after(patience))

    def write(self, end: End = "finished") -> None:
        """Hand over the trace, once."""
        if self.is_written:
            return
        self.is_written = True
        if self.client is not None and self.client.said:
            self.listener.tell("note", f"{PRINTED}{self.client.said}")
        self.surroundings.write(self.recorder.trace(end))

    @property
    def has_failed(self) -> bool:
        """Whether an attempt of the client to connect failed, or its last connection was short."""
        events = self.recorder.events
        opened = [event for event in events if event.kind == "opened"]
        lasted = events[-1].latest - opened[-1].latest if opened else 0.0
        if lasted < self.listener.timing.heartbeat_interval:
            return True
        return any(event.kind in ("refused", "closed_door") for event in events)

    async def clear(self, hurry: bool = False) -> None:
        """End the client and free the port; in a `hurry` after an interruption."""
        try:
            await self.listener.close()
            if self.client is not None:
                await self.client.dismiss(hurry)
        finally:
            self.listener.release()

    def _environment(self) -> dict[str, str]:
        """What a client has to be told of wsbeat's certificates."""
        if self.task.scenario.certificate is None:
            return {}
        trust = (*TRUST, *self.surroundings.target.trust)
        return dict.fromkeys(trust, str(self.surroundings.bundle))


def _is_end(event: Event) -> bool:
    return event.kind in ("ended", "broken")


def _is_own(event: Event) -> bool:
    """Whether wsbeat ended a connection."""
    return isinstance(event.content, Ended) and event.content.how == "local"

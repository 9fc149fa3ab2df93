"""A host that starts clients of the matrix in the event loop, each as if it were a process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from traceback import format_exception_only

from conformance.run.client.drivers.driver import LastWords
from conformance.wire.client.listener import Listener
from spec import Timing
from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.client import Client
from tests.mutants.clients.mutant import ClientMutant
from tests.mutants.clients.tongue import ClientTongue


@dataclass(slots=True)
class Life:
    """One life of a client: what a process of it would do, and be told."""

    listener: Listener
    behaviour: Behaviour
    client: Client
    words: LastWords = field(default_factory=LastWords)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _living: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def said(self) -> str:
        return str(self.words)

    async def over(self) -> None:
        await self._over.wait()

    async def ask(self, firmly: bool) -> None:
        """Do what a signal does: the client ends in order, or the system ends it."""
        if self.is_over:
            return
        asked = "SIGINT" if firmly else "SIGTERM"
        self.listener.tell("asked", asked)
        if self.behaviour.dies:
            await self._kill()
            self._end(f"killed by {asked}")
        else:
            self.client.ask()

    async def dismiss(self, hurry: bool = False) -> None:
        await self._kill()

    def start(self) -> None:
        """Begin to live."""
        self._living = asyncio.create_task(self._live())

    async def _live(self) -> None:
        running = asyncio.create_task(self.client.run())
        try:
            await asyncio.wait({running})
        finally:
            running.cancel()
            await self.client.abandon()
        error = running.exception()
        if error is not None:
            self.words.take("".join(format_exception_only(error)))
        self._end(f"exit code {0 if error is None else 1}")

    async def _kill(self) -> None:
        assert self._living is not None
        self._living.cancel()
        await asyncio.gather(self._living, return_exceptions=True)

    def _end(self, how: str) -> None:
        self._over.set()
        self.listener.tell("exited", how)


@dataclass(frozen=True, slots=True)
class MutantHost:
    """Starts a mutant for each scenario, beside whoever plays it."""

    mutant: ClientMutant
    timing: Timing
    tongue: ClientTongue | None = None

    async def start(
        self, listener: Listener, scenario: str, environment: Mapping[str, str]
    ) -> Life:
        behaviour = self.mutant.behaviour_in(self.tongue)
        cafile = environment.get("SSL_CERT_FILE")
        client = Client(listener.url, behaviour, self.timing, cafile, self.tongue)
        listener.tell("started", "command")
        life = Life(listener, behaviour, client)
        life.start()
        return life

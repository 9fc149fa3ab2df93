"""A client that is nobody's to start: whoever connects, time and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from conformance.wire.client.listener import Stage


@dataclass(frozen=True, slots=True)
class Stranger:
    """A client of which nothing is known but its connections."""

    is_over: bool = False
    said: str = ""

    async def over(self) -> None:
        """Wait for ever: nobody can see a stranger end."""
        await asyncio.Event().wait()

    async def ask(self, firmly: bool) -> None:
        """Nobody can ask it for anything: scenarios that do are not played to it."""
        raise AssertionError("a client that merely connects cannot be asked to end")

    async def dismiss(self) -> None:
        """It stays: the next scenario is played to it, too."""


@dataclass(frozen=True, slots=True)
class ListenHost:
    """Awaits the client; what it is to connect to was told to the user."""

    async def start(self, stage: Stage, scenario: str, environment: Mapping[str, str]) -> Stranger:
        stage.tell("started", "listen")
        return Stranger()


@asynccontextmanager
async def listen_host() -> AsyncIterator[ListenHost]:
    """The host of whoever comes; there is nothing to set up."""
    yield ListenHost()

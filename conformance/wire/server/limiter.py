"""The limiter: it bounds and paces all connections that a process opens to a target."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from conformance.targets.load_limits import LoadLimits
from conformance.wire.clock import Clock


@dataclass(slots=True)
class Limiter:
    """Lets scenarios in, in turn, while there is room for their connections, and paces handshakes.

    The connections of one scenario may be opened at once; the pace is kept before it begins, so
    that its own moments are not moved.
    """

    load_limits: LoadLimits
    clock: Clock
    _inside: int = 0
    _turn: float = 0.0
    _queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def admit(self, connections: int) -> AsyncIterator[Permit]:
        """Wait for room and for the turn of a scenario that opens so many connections."""
        most = self.load_limits.connections
        connections = connections if most is None else min(connections, most)
        async with self._queue:
            while most is not None and self._inside and self._inside + connections > most:
                self._left.clear()
                await self._left.wait()
            await self.pace(connections)
            self._inside += connections
        try:
            yield Permit(self, connections)
        finally:
            self._inside -= connections
            self._left.set()

    async def pace(self, handshakes: int) -> None:
        """Wait until so many more handshakes may begin."""
        if self.load_limits.rate is None:
            return
        now = self.clock.now()
        turn = max(now, self._turn)
        self._turn = turn + handshakes / self.load_limits.rate
        await asyncio.sleep(turn - now)


@dataclass(slots=True)
class Permit:
    """What a scenario that was let in shows at each handshake; `paid` of them need no turn."""

    limiter: Limiter
    paid: int

    @property
    def most(self) -> int | None:
        """How many connections there may be at a time, as far as that is limited."""
        return self.limiter.load_limits.connections

    async def show(self) -> None:
        """Wait for the turn of one more handshake."""
        if self.paid:
            self.paid -= 1
        else:
            await self.limiter.pace(1)

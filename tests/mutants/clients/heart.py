"""The heartbeat of one client: its timer, and its patience with pongs that do not come."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from tests.mutants.clients.behaviour import Behaviour, Life
from tests.mutants.clients.sockets import Sockets
from tests.mutants.clients.tasks import Tasks


class Heart:
    """Pings on the present socket, and gives it up when its patience ends.

    It is told of each ``pong``, and that something was ``heard`` where that restarts its timer;
    ``given_up`` says that it has lost patience.
    """

    def __init__(self, behaviour: Behaviour, life: Life, sockets: Sockets, tasks: Tasks) -> None:
        self._behaviour, self._life = behaviour, life
        self._sockets, self._tasks = sockets, tasks
        self.pong = asyncio.Event()
        self.heard = asyncio.Event()
        self.given_up = asyncio.Event()

    async def beat(self) -> None:
        """Ping on whatever connection is the present one, as a timer of a page does."""
        behaviour, life = self._behaviour, self._life
        wait: float | None = behaviour.first(life)
        while wait is not None:
            await self._wait(wait)
            socket = self._sockets.present
            skips = behaviour.skips(life)
            if socket is not None and socket.state is State.OPEN and not skips:
                life.pings += 1
                self.pong.clear()
                with suppress(ConnectionClosed):
                    await socket.send(behaviour.ping(life))
                    self._tasks.start(self._watch(socket))
            if behaviour.beats_on_pongs:
                await self.pong.wait()
            wait = behaviour.gap(life)
            life.heard = life.said = 0

    async def _wait(self, seconds: float) -> None:
        """Wait for so long, anew whenever a message comes that restarts the timer."""
        while True:
            self.heard.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self.heard.wait()
            except TimeoutError:
                return

    async def _watch(self, socket: ClientConnection) -> None:
        """Give the connection up if no pong comes."""
        patience = self._behaviour.pong_timeout(self._life)
        if patience is None:
            return
        try:
            async with asyncio.timeout(patience):
                await self.pong.wait()
        except TimeoutError:
            present = self._sockets.present
            if self._behaviour.keeps_pong_timer and present is not None:
                socket = present
            if socket is present and socket.state is State.OPEN:
                closing = self._tasks.start(self._sockets.close(socket, self._behaviour.gives_up))
                if (patience := self._behaviour.awaits_handshake(self._life)) is not None:
                    await asyncio.wait({closing}, timeout=patience)
                    socket.transport.abort()
                self.given_up.set()

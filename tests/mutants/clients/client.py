"""A client that behaves as its ``Behaviour`` says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from socket import socket as Socket

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import State

from spec import Timing
from tests.mutants.clients.behaviour import (
    Answer,
    Behaviour,
    Close,
    Deaf,
    Drop,
    Ending,
    Frozen,
    Later,
    Life,
    Way,
)
from tests.mutants.clients.beside import ask_plainly, keep_spare, usable, warmed_up
from tests.mutants.clients.tongue import ClientTongue, speaking

HANDSHAKE = 10.0  # seconds that the answer to a Close may take
ABORTED = 1006  # how websockets says that there was no Close


class Client:
    """One client, from its start until it is asked to end.

    ``cafile`` is the file of the CAs that it is told to trust, if not those of the system. With a
    ``tongue`` it speaks another dialect.
    """

    def __init__(
        self,
        url: str,
        behaviour: Behaviour,
        timing: Timing,
        cafile: str | None = None,
        tongue: ClientTongue | None = None,
    ) -> None:
        self._url, self._behaviour, self._cafile = url, behaviour, cafile
        self._tongue = tongue
        self._life = Life(timing)
        self._asked = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._sockets: list[ClientConnection] = []
        self._pong = asyncio.Event()
        self._heard = asyncio.Event()
        self._given_up = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._strays: list[asyncio.Task[None]] = []
        self._ready: Socket | None = None

    def ask(self) -> None:
        """Ask it to end."""
        self._asked.set()

    async def abandon(self) -> None:
        """Let go of everything as the end of a process does: no connection is closed in order."""
        for socket in self._sockets:
            socket.transport.abort()
        if self._ready is not None:
            self._ready.close()
        await self._stop()

    async def run(self) -> None:
        """Connect, and come back, until asked to end; raise what kills a process."""
        behaviour = self._behaviour
        living = self._start(self._live())
        asked = self._start(self._wait_to_be_asked())
        await asyncio.wait({living, asked}, return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            try:
                living.result()
            except Frozen:
                await self._stand_still()
            return
        await asyncio.sleep(behaviour.lingers)
        life = self._life
        if self._socket is not None and self._socket.state is State.CLOSING:
            life.state = "closing"
        ends, revives = behaviour.ends(life), behaviour.revives(life)
        keeps = behaviour.keeps_attempts(life)
        if self._life.state == "connecting" and keeps:
            await asyncio.Event().wait()
        if not revives:
            for stray in self._strays:
                stray.cancel()
            socket, self._socket = self._socket, None
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
        else:
            socket = self._socket
        if socket is not None and ends is not None:
            await self._close(socket, ends)
            if behaviour.mourns and socket.protocol.close_rcvd is None:
                await asyncio.sleep(behaviour.delay(life, Ending("broke")))
                await self._live()
        if revives or ends is None:
            await asyncio.Event().wait()

    async def _wait_to_be_asked(self) -> None:
        await self._asked.wait()

    async def _stand_still(self) -> None:
        """Read nothing, say nothing, and hear of no signal."""
        for socket in self._sockets:
            socket.transport.pause_reading()
        await self._stop()
        await asyncio.Event().wait()

    async def _stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self) -> None:
        life, behaviour = self._life, self._behaviour
        while True:
            ending = await self._attempt()
            if ending.cause in ("refused", "failed"):
                life.failures += 1
            else:
                life.failures = behaviour.remembers(life, ending)
            if not behaviour.returns(life, ending) or self._is_final(ending):
                return
            life.state, life.lost = "waiting", ending
            wait = behaviour.delay(life, ending)
            if ending.cause == "gave up" and behaviour.minds_late_ends:
                self._start(self._mind_late_end(self._sockets[-1], wait))
            for later in behaviour.twins(life, ending):
                self._strays.append(self._start(self._stray(wait + later)))
            await asyncio.sleep(wait)

    def _is_final(self, ending: Ending) -> bool:
        return self._tongue is not None and ending.code in self._tongue.final

    async def _attempt(self) -> Ending:
        self._life.attempts += 1
        self._life.state = "connecting"
        hurrying = self._start(self._hurry())
        try:
            socket = await self._connect()
        except InvalidStatus as refused:
            return Ending("refused", status=refused.response.status_code)
        except (OSError, InvalidHandshake, EOFError, TimeoutError):
            return Ending("failed")
        finally:
            hurrying.cancel()
        return await self._converse(socket)

    async def _connect(self) -> ClientConnection:
        is_secret = self._url.startswith("wss:")
        if self._behaviour.spare is not None and not is_secret:
            self._start(keep_spare(self._url, self._behaviour.spare))
        if self._behaviour.asks_first is not None and not is_secret:
            await ask_plainly(self._url, self._behaviour.asks_first)
        context = self._behaviour.tls(self._cafile) if is_secret else None
        ready, self._ready = self._ready, None
        socket = await connect(
            self._url,
            create_connection=ClientConnection if self._tongue is None else speaking(self._tongue),
            subprotocols=None if self._tongue is None else self._tongue.subprotocols,
            sock=usable(ready),
            ssl=context,
            ping_interval=None,
            open_timeout=self._behaviour.answer_timeout(self._life),
            close_timeout=HANDSHAKE,
            compression=None,
            max_size=self._behaviour.largest,
            proxy=None,
        )
        self._sockets.append(socket)
        if self._behaviour.warms_up and not is_secret:
            self._ready = warmed_up(self._url)
        return socket

    async def _converse(self, socket: ClientConnection) -> Ending:
        life, opened = self._life, _now()
        life.connections += 1
        life.state = "open"
        life.pings = life.pongs = life.heard = 0
        self._socket = socket
        self._given_up.clear()
        beating = self._start(self._beat())
        leaving = self._start(self._leave(socket))
        reading = asyncio.create_task(self._read(socket))
        losing_patience = asyncio.create_task(self._given_up.wait())
        try:
            await asyncio.wait({reading, losing_patience}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            losing_patience.cancel()
            if self._behaviour.stops_timers:
                beating.cancel()
            if not reading.done():
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        lasted = _now() - opened
        if self._given_up.is_set():
            life.given_up += 1
            return Ending("gave up", lasted=lasted)
        reading.result()
        if socket.protocol.close_rcvd is None:
            return Ending("broke", lasted=lasted)
        close = socket.protocol.close_rcvd
        return Ending("closed", code=int(close.code), reason=close.reason, lasted=lasted)

    async def _read(self, socket: ClientConnection) -> None:
        behaviour = self._behaviour
        with suppress(ConnectionClosed):
            await self._say(socket, behaviour.greets(self._life))
            async for message in socket:
                if behaviour.restarts(message):
                    self._heard.set()
                try:
                    value = behaviour.parse(message)
                except Deaf:
                    await asyncio.Event().wait()
                if behaviour.is_pong(value):
                    self._life.pongs += 1
                    self._pong.set()
                else:
                    self._life.heard += 1
                await self._say(socket, behaviour.answers(self._life, value))

    async def _say(self, socket: ClientConnection, answers: Sequence[Answer]) -> None:
        for answer in answers:
            match answer:
                case Later():
                    self._start(self._say_later(socket, answer))
                case Close() | Drop():
                    await self._close(socket, answer)
                case str() | bytes():
                    await socket.send(answer)

    async def _beat(self) -> None:
        """Ping on whatever connection is the present one, as a timer of a page does."""
        behaviour, life = self._behaviour, self._life
        wait: float | None = behaviour.first(life)
        while wait is not None:
            await self._wait(wait)
            socket = self._socket
            skips, life.heard = behaviour.skips(life), 0
            if socket is not None and socket.state is State.OPEN and not skips:
                life.pings += 1
                self._pong.clear()
                with suppress(ConnectionClosed):
                    await socket.send(behaviour.ping(life))
                    self._start(self._watch(socket))
            if behaviour.beats_on_pongs:
                await self._pong.wait()
            wait = behaviour.gap(life)

    async def _wait(self, seconds: float) -> None:
        """Wait for so long, anew whenever a message comes that restarts the timer."""
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._heard.wait()
            except TimeoutError:
                return

    async def _watch(self, socket: ClientConnection) -> None:
        """Give the connection up if no pong comes."""
        patience = self._behaviour.pong_timeout(self._life)
        if patience is None:
            return
        try:
            async with asyncio.timeout(patience):
                await self._pong.wait()
        except TimeoutError:
            present = self._socket
            if self._behaviour.keeps_pong_timer and present is not None:
                socket = present
            if socket is present and socket.state is State.OPEN:
                closing = self._start(self._close(socket, self._behaviour.gives_up))
                if (patience := self._behaviour.awaits_handshake(self._life)) is not None:
                    await asyncio.wait({closing}, timeout=patience)
                    socket.transport.abort()
                self._given_up.set()

    async def _leave(self, socket: ClientConnection) -> None:
        """End a connection that is well, or open another one beside it, where that is its way."""
        life, behaviour = self._life, self._behaviour
        if (seconds := behaviour.replaces(life)) is not None:
            await asyncio.sleep(seconds)
            self._start(self._stray(0.0))
        if (seconds := behaviour.leaves(life)) is not None:
            await asyncio.sleep(seconds)
            await self._close(socket, behaviour.leaves_with)

    async def _hurry(self) -> None:
        """Make another attempt beside one that takes long, where that is its way."""
        if (seconds := self._behaviour.impatience(self._life)) is not None:
            await self._stray(seconds)

    async def _mind_late_end(self, socket: ClientConnection, wait: float) -> None:
        """Come back once more, if a connection ends that has been replaced by then."""
        await asyncio.sleep(wait)
        if socket.state is not State.CLOSED:
            await socket.wait_closed()
            await self._stray(wait)

    async def _stray(self, wait: float) -> None:
        """Another connection, of which nobody takes care."""
        await asyncio.sleep(wait)
        with suppress(OSError, InvalidHandshake, EOFError, TimeoutError, ConnectionClosed):
            socket = await self._connect()
            async for _ in socket:
                pass

    async def _close(self, socket: ClientConnection, way: Way) -> None:
        match way:
            case Drop():
                socket.transport.abort()
            case Close(None):
                with suppress(ConnectionClosed):
                    socket.protocol.send_close()
                    socket.send_data()
                await socket.wait_closed()
            case Close(int(code), reason):
                await socket.close(code, reason)

    async def _say_later(self, socket: ClientConnection, later: Later) -> None:
        await asyncio.sleep(later.seconds)
        with suppress(ConnectionClosed):
            await socket.send(later.text)

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _now() -> float:
    return asyncio.get_running_loop().time()

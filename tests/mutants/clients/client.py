"""A client that behaves as its ``Behaviour`` says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
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
)
from tests.mutants.clients.heart import Heart
from tests.mutants.clients.reading import was_reset
from tests.mutants.clients.sockets import Sockets
from tests.mutants.clients.tasks import Tasks
from tests.mutants.clients.tongue import ClientTongue


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
        self._behaviour, self._tongue = behaviour, tongue
        self._life = Life(timing)
        self._asked = asyncio.Event()
        self._tasks = Tasks()
        self._sockets = Sockets(url, behaviour, self._life, self._tasks, cafile, tongue)
        self._heart = Heart(behaviour, self._life, self._sockets, self._tasks)
        self._strays: list[asyncio.Task[None]] = []
        self._took_back = False

    def ask(self) -> None:
        """Ask it to end."""
        self._asked.set()

    async def abandon(self) -> None:
        """Let go of everything as the end of a process does: no connection is closed in order."""
        self._sockets.abandon()
        await self._tasks.stop()

    async def run(self) -> None:
        """Connect, and come back, until asked to end; raise what kills a process."""
        behaviour = self._behaviour
        living = self._tasks.start(self._live())
        asked = self._tasks.start(self._wait_to_be_asked())
        await asyncio.wait({living, asked}, return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            try:
                living.result()
            except Frozen:
                await self._stand_still()
            return
        await asyncio.sleep(behaviour.lingers)
        life = self._life
        if self._sockets.is_closing:
            life.state = "closing"
        ends, revives = behaviour.ends(life), behaviour.revives(life)
        keeps = behaviour.keeps_attempts(life)
        if self._life.state == "connecting" and keeps:
            await asyncio.Event().wait()
        if not revives:
            for stray in self._strays:
                stray.cancel()
            socket, self._sockets.present = self._sockets.present, None
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
        else:
            socket = self._sockets.present
        if socket is not None and ends is not None:
            await self._sockets.close(socket, ends)
            if behaviour.mourns and socket.protocol.close_rcvd is None:
                await asyncio.sleep(behaviour.delay(life, Ending("broke")))
                await self._live()
        if revives or ends is None:
            await asyncio.Event().wait()

    async def _wait_to_be_asked(self) -> None:
        await self._asked.wait()

    async def _stand_still(self) -> None:
        """Read nothing, say nothing, and hear of no signal."""
        self._sockets.pause()
        await self._tasks.stop()
        await asyncio.Event().wait()

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
            life.due = _now() + wait
            if ending.cause == "gave up" and behaviour.minds_late_ends:
                self._tasks.start(self._mind_late_end(self._sockets.latest, wait))
            if ending.cause == "gave up" and behaviour.minds_late_pongs is not None:
                self._tasks.start(self._hear_late(self._sockets.latest))
            for later in behaviour.twins(life, ending):
                self._strays.append(self._tasks.start(self._stray(wait + later)))
            await asyncio.sleep(wait)
            if self._took_back:
                await asyncio.Event().wait()

    def _is_final(self, ending: Ending) -> bool:
        return self._tongue is not None and ending.code in self._tongue.final

    async def _attempt(self) -> Ending:
        self._life.attempts += 1
        self._life.state = "connecting"
        asked = _now()
        hurrying = self._tasks.start(self._hurry())
        try:
            socket = await self._sockets.connect()
        except InvalidStatus as refused:
            wish = refused.response.headers.get("Retry-After")
            return Ending(
                "refused",
                status=refused.response.status_code,
                retry_after=float(wish) if wish is not None and wish.isdecimal() else None,
                dated=wish is not None and not wish.isdecimal(),
            )
        except ConnectionRefusedError:
            return Ending("failed", unheard=True)
        except TimeoutError:
            return Ending("failed", unanswered=True)
        except InvalidHandshake as error:
            return Ending("failed", mistaken=type(error).__name__)
        except (OSError, EOFError):
            return Ending("failed")
        finally:
            hurrying.cancel()
        self._life.took = _now() - asked
        return await self._converse(socket)

    async def _converse(self, socket: ClientConnection) -> Ending:
        life, opened = self._life, _now()
        life.connections += 1
        life.state = "open"
        life.pings = life.pongs = life.heard = life.said = 0
        self._sockets.present = socket
        self._heart.given_up.clear()
        beating = self._tasks.start(self._heart.beat())
        leaving = self._tasks.start(self._leave(socket))
        reading = asyncio.create_task(self._read(socket))
        losing_patience = asyncio.create_task(self._heart.given_up.wait())
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
        if self._heart.given_up.is_set():
            life.given_up += 1
            return Ending("gave up", lasted=lasted)
        reading.result()
        if socket.protocol.close_rcvd is None:
            failed = socket.protocol.close_sent
            return Ending("broke", lasted=lasted, failed=int(failed.code) if failed else None)
        close = socket.protocol.close_rcvd
        return Ending(
            "closed",
            code=int(close.code),
            reason=close.reason,
            lasted=lasted,
            reset=was_reset(socket),
        )

    async def _read(self, socket: ClientConnection) -> None:
        behaviour = self._behaviour
        with suppress(ConnectionClosed):
            await self._say(socket, behaviour.greets(self._life))
            async for message in behaviour.reads(socket):
                if behaviour.restarts(message):
                    self._heart.heard.set()
                try:
                    value = behaviour.parse(message)
                except Deaf:
                    await asyncio.Event().wait()
                if behaviour.is_pong(value):
                    self._life.pongs += 1
                    self._heart.pong.set()
                else:
                    self._life.heard += 1
                await self._say(socket, behaviour.answers(self._life, value))

    async def _say(self, socket: ClientConnection, answers: Sequence[Answer]) -> None:
        for answer in answers:
            match answer:
                case Later():
                    self._tasks.start(self._say_later(socket, answer))
                case Close() | Drop():
                    await self._sockets.close(socket, answer)
                case str() | bytes():
                    await socket.send(answer)

    async def _leave(self, socket: ClientConnection) -> None:
        """End a connection that is well, or open another one beside it, where that is its way."""
        life, behaviour = self._life, self._behaviour
        if (seconds := behaviour.replaces(life)) is not None:
            await asyncio.sleep(seconds)
            self._tasks.start(self._stray(0.0))
        if (seconds := behaviour.leaves(life)) is not None:
            await asyncio.sleep(seconds)
            await self._sockets.close(socket, behaviour.leaves_with)

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

    async def _hear_late(self, socket: ClientConnection) -> None:
        """Take a pong on a connection that it gave up for one all the same."""
        with suppress(ConnectionClosed):
            async for message in socket:
                if not self._behaviour.is_pong(self._behaviour.parse(message)):
                    continue
                if self._behaviour.minds_late_pongs == "revives":
                    self._took_back = True
                elif self._behaviour.minds_late_pongs == "counts":
                    self._heart.pong.set()

    async def _stray(self, wait: float) -> None:
        """Another connection, of which nobody takes care."""
        await asyncio.sleep(wait)
        with suppress(OSError, InvalidHandshake, EOFError, TimeoutError, ConnectionClosed):
            socket = await self._sockets.connect()
            async for _ in socket:
                pass

    async def _say_later(self, socket: ClientConnection, later: Later) -> None:
        await asyncio.sleep(later.seconds)
        with suppress(ConnectionClosed):
            await socket.send(later.text)
            self._life.said += 1


def _now() -> float:
    return asyncio.get_running_loop().time()

"""The client side of the contract: the states of section 6.1, one after the other."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from types import TracebackType
from typing import Self

from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed, ProtocolError
from websockets.frames import Close, Frame, Opcode

from reference_client.backoff import Backoff
from reference_client.connection import (
    ATTEMPT_FAILED,
    Connection,
    checked,
    dial,
    is_secure,
    part,
    trust,
)
from reference_client.heartbeat import beat
from reference_client.message import PING, PONG, Unusable, decode, encode, kind
from reference_client.settings import Settings

INBOX = 1000  # messages that are kept for whoever iterates
LAST_WORDS = 2.0  # seconds for a server to answer the client's own Close


class State(StrEnum):
    """The states of a client, as in section 6.1."""

    IDLE = "idle"
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """A state that was entered; ``why``, for people; how long (seconds) it waits in it."""

    state: State
    why: str = ""
    delay: float = 0.0


class NotOpen(ConnectionError):
    """There is no open connection, and no message is kept for the next one."""


class HeartbeatClient:
    """A connection that is kept alive, and made again whenever it was lost.

    ``async with`` starts it and ends it; ``async for`` yields the business messages that come, as
    JSON values: echoes with their ``type`` and ``data``, and no pings or pongs. The heartbeat does
    not wait for who iterates. Of messages that nobody takes the latest 1000 are kept, ``dropped``
    counts the others. Messages that are not JSON or binary are ignored, and so is nothing longer
    than 1 MiB: that ends the connection with 1009, and the client reconnects.

    ``on_change`` is told every change of state, in the event loop. ``tls`` is used for ``wss:``
    URLs, by default with the authorities of the system. Raises ``ValueError`` for a bad URL.
    """

    def __init__(
        self,
        url: str,
        settings: Settings,
        *,
        tls: ssl.SSLContext | None = None,
        on_change: Callable[[Change], None] = lambda _: None,
    ) -> None:
        self.dropped = 0
        self._url = checked(url)
        self._settings = settings
        self._tls = (tls or trust()) if is_secure(url) else None
        self._on_change = on_change
        self._state = State.IDLE
        self._life: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._own_close: Close | None = None
        self._inbox: deque[object] = deque(maxlen=INBOX)
        self._news = asyncio.Event()

    @property
    def state(self) -> State:
        """Which state the client is in."""
        return self._state

    async def __aenter__(self) -> Self:
        if self._life is not None:
            raise RuntimeError("a client has one life; make a new one to start anew.")
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._life is not None
        try:
            await self.close()
        except asyncio.CancelledError:
            self._life.cancel()  # no time for the closing handshake
            await asyncio.wait([self._life])
            raise

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> object:
        while not self._inbox:
            if self._state is State.CLOSED:
                raise StopAsyncIteration
            await self._news.wait()
        return self._inbox.popleft()

    async def opened(self) -> None:
        """Wait until the client is connected. Raises ``NotOpen`` once it is closed."""
        while self._state is not State.OPEN:
            if self._state is State.CLOSED:
                raise NotOpen("the client is closed.")
            await self._news.wait()

    async def send(self, value: object) -> None:
        """Send a JSON value as a business message.

        Raises ``NotOpen`` while there is no open connection, or if it ends before the message has
        left, and ``ValueError`` for a ping and for what JSON cannot say.
        """
        text = encode(value)
        connection = self._connection
        if connection is None or self._state is not State.OPEN:
            raise NotOpen(f"the client is {self._state}.")
        with suppress(ConnectionClosed):
            await connection.send(text)
        if connection.over.is_set():  # websockets does not tell who waited for room in vain
            raise NotOpen("the connection has ended, and the message may be lost.")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End for good (C-CLOSE-FINAL), from whichever state; return when all is over.

        A connection that is open gets a Close, and its server 2 seconds to answer. Raises
        ``ValueError`` for a code or a reason that must not be sent.
        """
        own_close = Close(code, reason)
        try:
            Frame(Opcode.CLOSE, own_close.serialize()).check()
        except (ProtocolError, UnicodeEncodeError) as error:
            raise ValueError(f"no Close can say {code} {reason!r:.200} ({error}).") from error
        if self._life is None:
            return
        if self._own_close is None:
            self._own_close = own_close
            self._life.cancel()
        await asyncio.wait([self._life])
        if not self._life.cancelled():
            self._life.result()  # a fault of its own is told, and not kept

    async def _live(self) -> None:
        """Connect, beat, wait; and again, until it is cancelled, which is its own close."""
        backoff = Backoff(self._settings)
        try:
            while True:
                self._enter(State.CONNECTING)
                began = monotonic()  # sooner than the connection, which so lasts no less
                try:
                    connection = await dial(self._url, self._tls, self._settings)
                except ATTEMPT_FAILED as failure:
                    delay = backoff.after_failure()
                    self._enter(State.WAITING, f"the attempt failed: {failure}", delay)
                    await asyncio.sleep(delay)
                else:
                    await self._use(connection, began, backoff)
        finally:
            self._enter(State.CLOSED)

    async def _use(self, connection: Connection, began: float, backoff: Backoff) -> None:
        """Use a connection until it is over, and wait until the next may be tried."""
        pong = asyncio.Event()
        self._connection = connection
        self._enter(State.OPEN)
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(connection, pong))
                beating = tasks.create_task(
                    beat(lambda: _push(connection, PING), pong, self._settings)
                )
                over = tasks.create_task(connection.over.wait())
                await asyncio.wait((beating, over), return_when=asyncio.FIRST_COMPLETED)
                beating.cancel()
                if not over.done():
                    over.cancel()
                    reading.cancel()  # what still comes is of an earlier connection
                delay = backoff.after_connection(monotonic() - began)
                self._enter(State.WAITING, _end_of(connection), delay)
                tasks.create_task(part(connection, 4000, "pong timeout", delay))
                await asyncio.sleep(
                    0
                )  # the Close leaves: the delay counts from it (C-PONG-MISSING)
                await asyncio.sleep(delay)
        except asyncio.CancelledError:
            if self._state is State.OPEN:
                close = self._own_close or Close(1001, "")
                await part(connection, close.code, close.reason, LAST_WORDS)
            raise
        finally:
            self._connection = None
            connection.transport.abort()

    async def _read(self, connection: Connection, pong: asyncio.Event) -> None:
        with suppress(ConnectionClosed):
            while True:
                message = await connection.recv()
                with suppress(Unusable):  # C-TOLERATE
                    value = decode(message)
                    if kind(value) == "pong":
                        pong.set()
                    elif kind(value) == "ping":
                        _push(connection, PONG)
                    else:
                        self.dropped += len(self._inbox) == INBOX
                        self._inbox.append(value)
                        self._stir()
                await asyncio.sleep(0)  # a flood is not to hold up the heartbeat (C-PING-ALWAYS)

    def _enter(self, state: State, why: str = "", delay: float = 0.0) -> None:
        self._state = state
        self._stir()
        self._on_change(Change(state, why, delay))

    def _stir(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def _push(connection: Connection, text: str) -> None:
    # Nothing of the heartbeat may wait for room, least of all the reading of pongs. Where a peer
    # takes nothing, no pong comes either, and the connection is given up.
    broadcast((connection,), text)


def _end_of(connection: Connection) -> str:
    if not connection.over.is_set():
        return "no pong came"
    if close := connection.protocol.close_rcvd:
        return f"the server closed with {close}"
    if close := connection.protocol.close_sent:
        return f"what the server sent cannot be accepted: {close}"
    return "the connection broke"

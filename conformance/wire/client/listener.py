"""The listener: wsbeat as the server of a client under examination.

It listens on a port of its own, receives the client's connections as it is told to, and records
everything from the TCP connection on. What the client itself does is asked of it through `Actor`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace

import spec
from conformance.trace.event import WHOLE_TRACE, Certificate, Content, Event, Kind
from conformance.trace.note import BROWSER
from conformance.trace.trace import Capabilities
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.actor import Actor, BrowserState, InBrowser
from conformance.wire.client.behaviour import Behaviour, Parting, Reception
from conformance.wire.client.desk import Desk
from conformance.wire.client.plain_http import Answer
from conformance.wire.clock import Clock
from conformance.wire.recorder import Recorder
from conformance.wire.sockets import bound, something_came
from spec.dialect.dialect import Dialect

__all__ = ["Accepted", "Behaviour", "Listener", "Parting", "Reception"]

BACKLOG = 64
TLS_PATIENCE = 5.0
"""How long (seconds) a TLS handshake may take."""


class Listener:
    """A server for one client, in one scenario; `start` is the scenario's time zero."""

    def __init__(
        self,
        recorder: Recorder,
        clock: Clock,
        timing: spec.Timing,
        capabilities: Capabilities,
        *,
        address: tuple[str, int] = ("127.0.0.1", 0),
        certificate: tuple[Certificate, ssl.SSLContext] | None = None,
        steps: Sequence[str | bytes] = (),
        answer: Answer | None = None,
    ) -> None:
        self.recorder = recorder
        self.timing = timing
        self.start = clock.now()
        self.reception = Reception()
        """What the next attempts to connect meet with."""
        pings = capabilities.server_ping or self.dialect.keeps_the_beat
        self.behaviour = Behaviour(
            echo=capabilities.echo, pings_every=timing.heartbeat_interval if pings else None
        )
        """How wsbeat behaves on the next connections."""
        self.planned: list[tuple[Reception, Behaviour]] = []
        """What the very next attempts meet with, in turn, before that holds."""
        self.steps = tuple(steps)
        """What a scenario that has something to say is to say."""
        self.connections: list[Accepted] = []
        """All TCP connections so far."""
        self.attempts: list[Accepted] = []
        """Those on which a WebSocket connection was asked for, in that order."""
        self.desk = Desk(answer or Answer())
        """Where plain HTTP is answered."""
        self.actor: Actor | None = None
        self.patience = 0.0
        """How long (seconds) a client may take to start and connect."""
        self.is_visited = False
        """Whether the client comes of its own accord, and from one scenario to the next."""
        self._clock, self.is_virtual = clock, clock.is_virtual
        self._capabilities = capabilities
        self._certificate = certificate
        self._settled: asyncio.Queue[Accepted] = asyncio.Queue()
        self._came = asyncio.Event()
        self.arrived = asyncio.Event()
        """Set when it is known what became of the first attempt to connect, or what precedes it."""
        self._tasks: set[asyncio.Task[None]] = set()
        # This socket listens never: it keeps the port while nothing listens.
        self._keeper = bound(address)
        self.host, self.port = self._keeper.getsockname()[:2]
        self._socket: socket.socket | None = None
        if certificate is not None:
            self.tell("certificate", certificate[0])
        self._listen()

    @property
    def dialect(self) -> Dialect:
        """How the heartbeat is spelled."""
        return self.recorder.heading.dialect

    @property
    def url(self) -> str:
        """Where the client is to connect to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ws' if self._certificate is None else 'wss'}://{host}:{self.port}/"

    def tell(self, kind: Kind, content: Content = None, since: float | None = None) -> Event:
        """Record something that belongs to no one connection."""
        now = self._clock.now()
        earliest = now if since is None else since
        return self.recorder.record(WHOLE_TRACE, earliest, now, kind, None, content)

    # What a scenario does with a listener.

    async def connection(self, by: float) -> Accepted | None:
        """The next connection, once it is accepted or has failed; None at time `by`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, by - self._clock.now())):
                return await self._settled.get()
        return None

    async def first_connection(self) -> Accepted | None:
        """The first connection; the time that a client takes to start is not held against it.

        Returns None when the client has ended, or takes longer than `patience`.
        """
        return await self.connection_or_end(by=self.after(self.patience))

    async def connection_or_end(self, by: float) -> Accepted | None:
        """The next connection; None at time `by`, or when the client ended without connecting."""
        waits = [asyncio.ensure_future(self.connection(by))]
        if self.actor is not None:
            waits.append(asyncio.ensure_future(self._outlived(self.actor)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return waits[0].result() if waits[0].done() else None
        finally:
            for wait in waits:
                wait.cancel()

    async def attempt(self, by: float) -> Accepted | None:
        """The next attempt, as soon as the client has asked for it; None at time `by`."""
        place = len(self.attempts)
        while len(self.attempts) <= place and self._clock.now() < by:
            self._came.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, by - self._clock.now())):
                    await self._came.wait()
        return self.attempts[place] if len(self.attempts) > place else None

    def close_door(self) -> None:
        """Stop listening, and end what asked for nothing yet; the port stays reserved."""
        if self._socket is None:
            return
        since = self._clock.now()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._accept_all()
        self._socket.close()
        self._socket = None
        for connection in self.connections:
            if not connection.has_asked:
                connection.abort()
        self.tell("closed_door", since=since)

    def open_door(self) -> None:
        """Listen again."""
        since = self._clock.now()
        self._listen()
        self.tell("opened_door", since=since)

    async def ask(self, *, firmly: bool = False) -> None:
        """Ask the client to end in order."""
        assert self.actor is not None
        await self.actor.ask(firmly)

    async def become(self, state: BrowserState) -> None:
        """Have the browser tell the page what has become of its network, or of its tab."""
        assert isinstance(self.actor, InBrowser)
        since = self._clock.now()
        await self.actor.become(state)
        self.tell("note", f"{BROWSER}{state}", since)

    async def until(self, moment: float) -> None:
        """Wait until `moment`, a time of the clock."""
        await asyncio.sleep(max(0.0, moment - self._clock.now()))

    async def until_over(self, by: float) -> bool:
        """Wait for the client's process or page to end; False at time `by`."""
        assert self.actor is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, by - self._clock.now())):
                await self._outlived(self.actor)
        return self.actor.is_over

    def now(self) -> float:
        """The clock's time."""
        return self._clock.now()

    def after(self, seconds: float) -> float:
        """The clock's time in so many seconds."""
        return self._clock.now() + seconds

    # Before the first connection and after the last.

    def end_of_watch(self) -> None:
        """Note that nothing else came up to now, on any connection or as a new one."""
        for connection in self.connections:
            connection.was_silent()
        if self._socket is not None:
            self.tell("silent", since=self._clock.last_look())

    async def close(self) -> None:
        """Stop listening and drop all connections; the port stays reserved.

        Were it free, a client that still runs could reconnect to whoever gets the port next.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for connection in self.connections:
            connection.abort()

    def release(self) -> None:
        """Let the port go: the client is gone, or never was."""
        self._keeper.close()

    async def _outlived(self, actor: Actor) -> None:
        """Wait until the client has ended and whatever it had sent is certainly here."""
        await actor.over()
        await asyncio.sleep(0.1)

    def _listen(self) -> None:
        if self._socket is not None:
            return
        self._socket = bound((self.host, self.port))
        self._socket.listen(BACKLOG)
        asyncio.get_running_loop().add_reader(self._socket, self._accept_all)

    def _accept_all(self) -> None:
        """Accept all connections that wait, in their order."""
        while self._socket is not None:
            try:
                sock, _ = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            sock.setblocking(False)
            # asyncio does so only for sockets that were made for TCP by number. What is said twice
            # in a row would else wait for the client's acknowledgement: 40 ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._receive(sock)

    def _receive(self, sock: socket.socket) -> None:
        """Take in one TCP connection, of which it is not known yet what it is for."""
        connection = Accepted(
            self.recorder,
            self._clock,
            (self._clock.last_look(), self._clock.now()),
            self._terms,
            lambda: self._begin(connection),
            lambda: self._settle(connection),
            self.desk,
        )
        self.connections.append(connection)
        task = asyncio.get_running_loop().create_task(self._connect(connection, sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Cancelled before it began, it has no transport that would close the socket.
        task.add_done_callback(lambda over: sock.close() if over.cancelled() else None)

    def _terms(self) -> tuple[Reception, Behaviour]:
        return self.planned.pop(0) if self.planned else (self.reception, replace(self.behaviour))

    def _begin(self, attempt: Accepted) -> None:
        self.attempts.append(attempt)
        self._came.set()

    def _settle(self, connection: Accepted) -> None:
        self.arrived.set()
        self._settled.put_nowait(connection)

    async def _connect(self, connection: Accepted, sock: socket.socket) -> None:
        tls = None if self._certificate is None else self._certificate[1]
        loop = asyncio.get_running_loop()
        try:
            if tls is not None and not await something_came(sock):
                connection.ended_unused()
                return
            await loop.connect_accepted_socket(
                lambda: connection,
                sock,
                ssl=tls,
                ssl_handshake_timeout=None if tls is None else TLS_PATIENCE,
            )
        except ssl.SSLError as error:
            connection.failed(f"the TLS handshake failed: {error.reason or error}")
        except TimeoutError:
            connection.failed("the TLS handshake took too long")
        except OSError as error:
            connection.failed(f"the connection ended in the TLS handshake: {error}")

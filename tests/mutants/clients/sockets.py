"""The sockets of one client: how it opens them, and how it ends them."""

from __future__ import annotations

from contextlib import suppress
from socket import socket as Socket

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from tests.mutants.clients.behaviour import Behaviour, Close, Drop, Life, Way
from tests.mutants.clients.beside import ask_plainly, keep_spare, usable, warmed_up
from tests.mutants.clients.reading import taking_in
from tests.mutants.clients.tasks import Tasks
from tests.mutants.clients.tongue import ClientTongue, speaking

HANDSHAKE = 10.0  # seconds that the answer to a Close may take


class Sockets:
    """All the sockets that a client has opened, and the ``present`` one, on which it pings."""

    def __init__(
        self,
        url: str,
        behaviour: Behaviour,
        life: Life,
        tasks: Tasks,
        cafile: str | None,
        tongue: ClientTongue | None,
    ) -> None:
        self._url, self._behaviour, self._life, self._tasks = url, behaviour, life, tasks
        self._cafile, self._tongue = cafile, tongue
        self._opened: list[ClientConnection] = []
        self._ready: Socket | None = None
        self.present: ClientConnection | None = None

    @property
    def latest(self) -> ClientConnection:
        return self._opened[-1]

    @property
    def is_closing(self) -> bool:
        """Whether the present one has sent its Close, and waits for the answer."""
        return self.present is not None and self.present.state is State.CLOSING

    async def connect(self) -> ClientConnection:
        """Open one more, after what the behaviour does at the port beside that."""
        is_secret = self._url.startswith("wss:")
        if self._behaviour.spare is not None and not is_secret:
            self._tasks.start(keep_spare(self._url, self._behaviour.spare))
        if self._behaviour.asks_first is not None and not is_secret:
            self._life.fetches = True
            await ask_plainly(self._url, self._behaviour.asks_first)
            self._life.fetches = False
        context = self._behaviour.tls(self._cafile) if is_secret else None
        ready, self._ready = self._ready, None
        socket = await connect(
            self._url,
            create_connection=taking_in(
                ClientConnection if self._tongue is None else speaking(self._tongue),
                self._behaviour.takes_in,
            ),
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
        self._opened.append(socket)
        if self._behaviour.warms_up and not is_secret:
            self._ready = warmed_up(self._url)
        return socket

    async def close(self, socket: ClientConnection, way: Way) -> None:
        """End one in such a way."""
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

    def pause(self) -> None:
        """Read nothing more from any of them."""
        for socket in self._opened:
            socket.transport.pause_reading()

    def abandon(self) -> None:
        """Let go of them as the end of a process does: none is closed in order."""
        for socket in self._opened:
            socket.transport.abort()
        if self._ready is not None:
            self._ready.close()

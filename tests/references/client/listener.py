"""A listener for the reference client: it does nothing but what a test tells it to."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from reference_client import Change, HeartbeatClient, Settings, State

PATIENCE = 20.0  # seconds: nothing here takes as long, however busy the machine is
SLACK = 1.5  # seconds that a busy machine may add to an upper bound

SETTINGS = Settings("test", 0.4, 0.25, 0.3, 0.2, 0.1, 1.0)
"""Seconds: interval, its tolerance (a fraction), pong timeout, reconnect delay, jitter and cap."""

NO_HEARTBEAT = Settings("test", 100.0, 0.1, 50.0, 0.2, 0.1, 1.0)
"""The same with a single ping, at once, for tests that are about something else."""


@dataclass(eq=False)
class Visit:
    """One TCP connection of the client, ``came`` when (monotonic seconds)."""

    came: float
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: ServerProtocol = field(default_factory=lambda: ServerProtocol(max_size=2**24))
    mute: bool = False
    opened: float = 0.0
    _events: list[object] = field(default_factory=list)

    async def event(self) -> object:
        """Return the next request or frame, or None at the end of TCP."""
        async with asyncio.timeout(PATIENCE):
            while not self._events:
                try:
                    data = await self.reader.read(65536)
                except ConnectionError:
                    data = b""
                if not data:
                    return None
                self.protocol.receive_data(data)
                self._events += self.protocol.events_received()
                if not self.mute:
                    self.flush()
        return self._events.pop(0)

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.writer.write(data)
            else:
                self.writer.close()

    async def request(self) -> Request:
        request = await self.event()
        assert isinstance(request, Request), request
        return request

    async def accept(self) -> "Visit":
        """Let the client in; ``opened`` is just before."""
        self.answer(self.protocol.accept(await self.request()))
        return self

    def answer(self, response: Response) -> None:
        self.opened = monotonic()
        self.protocol.send_response(response)
        self.flush()

    async def frame(self) -> Frame:
        frame = await self.event()
        assert isinstance(frame, Frame), frame
        return frame

    async def message(self) -> object:
        """Return the value of the next message, which must be JSON in text."""
        frame = await self.frame()
        assert frame.opcode is Opcode.TEXT, frame
        return json.loads(bytes(frame.data))

    async def ping(self) -> None:
        assert await self.message() == {"type": "ping"}

    async def closed(self) -> tuple[int, str]:
        """Return code and reason of the client's Close, whatever comes before."""
        while (await self.frame()).opcode is not Opcode.CLOSE:
            pass
        close = self.protocol.close_rcvd
        assert close is not None
        return close.code, close.reason

    def send(self, text: str) -> None:
        self.protocol.send_text(text.encode("utf-8", "surrogatepass"))
        self.flush()

    def pong(self) -> None:
        self.send('{"type":"pong"}')

    def close(self, code: int | None, reason: str = "") -> None:
        self.protocol.send_close(code, reason)
        self.flush()

    def reset(self) -> None:
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Listener:
    """Where visits come to, one after the other or several at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.visits: asyncio.Queue[Visit] = asyncio.Queue()

    async def visit(self) -> Visit:
        async with asyncio.timeout(PATIENCE):
            return await self.visits.get()

    async def accepted(self) -> Visit:
        return await (await self.visit()).accept()


@asynccontextmanager
async def listening(
    tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Listener]:
    """Listen, and drop all connections in the end."""
    visits: list[Visit] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = Visit(monotonic(), reader, writer)
        visits.append(visit)
        found.visits.put_nowait(visit)

    server = await asyncio.start_server(receive, "127.0.0.1", port, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    found = Listener(f"{'wss' if tls else 'ws'}://{host}:{port}/ws")
    try:
        yield found
    finally:
        server.close()
        for visit in visits:
            visit.writer.transport.abort()


class Diary:
    """What a client has told of its states."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._news = asyncio.Event()

    def note(self, change: Change) -> None:
        self.changes.append(change)
        self._news.set()

    @property
    def states(self) -> list[State]:
        return [change.state for change in self.changes]

    async def until(self, holds: Callable[[list[State]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds(self.states):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def client(
    url: str, settings: Settings = SETTINGS, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[HeartbeatClient, Diary]]:
    diary = Diary()
    async with HeartbeatClient(url, settings, tls=tls, on_change=diary.note) as found:
        yield found, diary


async def nothing_is_left() -> None:
    """Whatever the client started has ended: no timer and no task can act any more."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert [task for task in others if "reference_client" in repr(task.get_coro())] == []

"""A server on bare TCP streams that answers from a queue; with a fault, as developers make them.

It shares nothing with the mutants but the contract: framing is its own, every connection has a
task that writes, and one task looks after all of them every `check_interval`.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from spec import Timing
from tests.peers.raw_frames import BINARY, CLOSE, PING, PONG, TEXT, framed
from tests.peers.raw_handshake import KEPT_OUT, shake_hands

FAULTS: dict[str, frozenset[str]] = {
    "": frozenset(),
    "answers a Close with 1012": frozenset({"S-CONTROL"}),
    "answers a Close with the reason of the heartbeat": frozenset({"S-TIMEOUT-CODE"}),
    "closes once more in the end": frozenset({"S-CONTROL"}),
    "empties its queue after its Close": frozenset({"S-CONTROL"}),
    "counts whatever comes": frozenset({"S-ONLY-PINGS"}),
    "counts control Pongs": frozenset({"S-ONLY-PINGS"}),
    "calls every error a timeout": frozenset({"S-ECHO", "S-TIMEOUT-CODE"}),
    "writes to one after the other": frozenset({"S-REPLY-SOON"}),
    "gives no place back": frozenset({"S-SURVIVE"}),
    "wants a subprotocol": frozenset({"S-ACCEPT"}),
    "reads a request once": frozenset({"S-ACCEPT"}),
    "sends the extensions back": frozenset({"S-ACCEPT"}),
    "never hangs up": frozenset({"S-HANG-UP"}),
    "reads every frame as a message": frozenset({"S-PONG"}),
    "closes what was found stale": frozenset({"S-REFRESH"}),
    "aborts on a name twice": frozenset({"S-BEYOND-IJSON"}),
    "closes on binary with 1002": frozenset({"S-BINARY"}),
    "closes what is too deep with 1008": frozenset(),
    "prints pretty": frozenset(),
    "is cut off by a proxy": frozenset({"S-TIMEOUT-EARLIEST"}),
}
"""What a server may do wrong, or by right, in words, and the requirements that fail then."""

LIMIT = 2**20
PLACES = 400
REASON = "heartbeat timeout"


class Gone(Exception):
    """The connection is over."""


class Server:
    """All that the connections have in common."""

    def __init__(self, timing: Timing, fault: str) -> None:
        self.timing, self.fault = timing, fault
        self.open: set[Connection] = set()
        self.lost = 0
        self.kept: list[asyncio.StreamWriter] = []
        self.turn = asyncio.Lock()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Shake hands, talk, and clean up."""
        connection = Connection(self, reader, writer)
        try:
            if await shake_hands(reader, writer, self.fault, is_full=self.is_full):
                connection.alive = asyncio.get_running_loop().time()
                self.open.add(connection)
                await connection.talk()
        except (asyncio.IncompleteReadError, ConnectionError, Gone):
            self.lost += 1
        finally:
            self.open.discard(connection)
            connection.end()
            if self.fault == "never hangs up":
                self.kept.append(writer)
            else:
                writer.close()

    @property
    def is_full(self) -> bool:
        """Whether there is no place left: some may be gone with connections that were lost."""
        gives_none_back = self.fault == "gives no place back"
        return gives_none_back and len(self.open) + 8 * self.lost >= PLACES

    async def look_after_all(self) -> None:
        """Close what is silent, at every check."""
        loop = asyncio.get_running_loop()
        stale: list[Connection] = []
        while True:
            await asyncio.sleep(self.timing.check_interval / 2)
            for connection in stale:
                connection.close(1000, REASON)
            limit = loop.time() - self.timing.heartbeat_timeout
            if self.fault == "is cut off by a proxy":
                limit += self.timing.tolerance + self.timing.check_interval / 2
            stale = [each for each in self.open if each.alive < limit and not each.closing]
            if self.fault != "closes what was found stale":
                for connection in stale:
                    connection.close(1000, REASON)
                stale = []


class Connection:
    """One connection; what it says goes through a queue, None for its end."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.alive = asyncio.get_running_loop().time()
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.closing = False
        self.sending = asyncio.create_task(self._send())

    async def talk(self) -> None:
        """Read messages, and queue what they are answered with, until a Close comes."""
        kind, message = 0, b""
        while True:
            is_last, opcode, data = await self._frame()
            if self._counts(opcode):
                self.alive = asyncio.get_running_loop().time()
            if opcode == CLOSE:
                self._answer_close(data)
                await self._leave()
                return
            if opcode == PING:
                self._put(PONG, data)
            if opcode in (PING, PONG):
                continue
            kind, message = opcode or kind, message + data
            if len(message) > LIMIT:
                self.close(1009, "")
            elif is_last or self.server.fault == "reads every frame as a message":
                if kind == TEXT and not self.closing:
                    self._answer(message)
                elif kind == BINARY and self.server.fault == "closes on binary with 1002":
                    self._close_first(1002)
                message = b""

    def _counts(self, opcode: int) -> bool:
        return self.server.fault == "counts whatever comes" or (
            self.server.fault == "counts control Pongs" and opcode == PONG
        )

    def _answer(self, message: bytes) -> None:
        try:
            value = json.loads(
                message.decode(), parse_constant=_refuse, object_pairs_hook=self._members
            )
            if self.server.fault == "closes what is too deep with 1008" and _is_deep(value):
                raise RecursionError
            if isinstance(value, dict) and value.get("type") == "ping":
                self.alive = asyncio.get_running_loop().time()
                self._say({"type": "pong"})
            elif isinstance(value, list) and self.server.fault == "calls every error a timeout":
                raise TimeoutError
            else:
                self._say({"type": "echo", "data": value})
        except ValueError:
            return
        except RecursionError:
            if self.server.fault == "closes what is too deep with 1008":
                self._close_first(1008)
        except TimeoutError:
            self.close(1000, REASON)

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if self.server.fault == "aborts on a name twice" and len(dict(pairs)) < len(pairs):
            self.writer.transport.abort()
            raise Gone
        return dict(pairs)

    def _say(self, value: object) -> None:
        indent = 2 if self.server.fault == "prints pretty" else None
        self._put(TEXT, json.dumps(value, allow_nan=False, indent=indent).encode())

    def _close_first(self, code: int) -> None:
        """Close before what the queue still holds: that is not sent any more."""
        while not self.closing and not self.queue.empty():
            self.queue.get_nowait()
            self.queue.task_done()
        self.close(code, "")

    def _put(self, opcode: int, data: bytes) -> None:
        if not self.closing or self.server.fault == "empties its queue after its Close":
            self.queue.put_nowait(framed(opcode, data))

    def close(self, code: int, reason: str) -> None:
        """Send a Close, once, and drop the connection where it is not answered."""
        if self.server.fault == "is cut off by a proxy" and reason:
            self.writer.write(KEPT_OUT % b"408 Request Time-out")
            self.writer.close()
        elif not self.closing:
            data = struct.pack("!H", code) + reason.encode()
            if self.server.fault == "empties its queue after its Close":
                self.writer.write(framed(CLOSE, data))
                self._say({"type": "pong"})
            else:
                self._put(CLOSE, data)
            self.closing = True
            asyncio.get_running_loop().call_later(2.0, self.writer.transport.abort)

    def _answer_close(self, data: bytes) -> None:
        if self.closing:
            return
        if self.server.fault == "answers a Close with 1012":
            data = struct.pack("!H", 1012)
        if self.server.fault == "answers a Close with the reason of the heartbeat":
            data = (data[:2] or struct.pack("!H", 1000)) + REASON.encode()
        self._put(CLOSE, data)
        if self.server.fault == "closes once more in the end":
            self._put(CLOSE, struct.pack("!H", 1000))
        self.closing = True

    async def _leave(self) -> None:
        """Send what is queued still, then end."""
        sent = asyncio.create_task(self.queue.join())
        await asyncio.wait({sent, self.sending}, return_when=asyncio.FIRST_COMPLETED)
        sent.cancel()

    def end(self) -> None:
        """Stop writing."""
        self.sending.cancel()

    async def _send(self) -> None:
        with suppress(ConnectionError):
            while True:
                frame = await self.queue.get()
                self.writer.write(frame)
                if self.server.fault == "writes to one after the other":
                    async with self.server.turn:
                        await self.writer.drain()
                else:
                    await self.writer.drain()
                self.queue.task_done()

    async def _frame(self) -> tuple[bool, int, bytes]:
        head, size = await self.reader.readexactly(2)
        size &= 127
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        if size > LIMIT:
            self.close(1009, "")
            await self._swallow(size + 4)
            return True, BINARY, b""
        mask = await self.reader.readexactly(4)
        data = await self.reader.readexactly(size)
        times = size // 4 + 1
        masked = int.from_bytes(data, "big") ^ int.from_bytes((mask * times)[:size], "big")
        return bool(head & 128), head & 15, masked.to_bytes(size, "big")

    async def _swallow(self, size: int) -> None:
        while size:
            read = await self.reader.read(min(size, 2**16))
            if not read:
                raise Gone
            size -= len(read)


def _is_deep(value: Any, left: int = 64) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and (
        left == 0 or any(_is_deep(each, left - 1) for each in inner)
    )


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


@asynccontextmanager
async def serving(timing: Timing, fault: str = "") -> AsyncIterator[str]:
    """Run it in this event loop, on a free port; gives its URL."""
    server = Server(timing, fault)
    listening = await asyncio.start_server(server.accept, "127.0.0.1", 0, limit=2**16)
    looking = asyncio.create_task(server.look_after_all())
    try:
        yield "ws://{}:{}/ws".format(*listening.sockets[0].getsockname()[:2])
    finally:
        looking.cancel()
        listening.close()
        for writer in (*server.kept, *(each.writer for each in server.open)):
            writer.transport.abort()

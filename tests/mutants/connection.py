"""One connection of a server that behaves as its ``Behaviour`` says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

from tests.mutants.behaviour import (
    Behaviour,
    Close,
    Conversation,
    Drop,
    Everybody,
    Later,
    Pause,
    Reaction,
    Traffic,
    now,
)

CONTROL: Mapping[Opcode, Traffic] = {Opcode.PING: "control", Opcode.PONG: "control pong"}
MESSAGES: Collection[Traffic] = ("ping", "pong", "business", "not JSON", "binary")
RESET = 1006  # how websockets says that there was no Close
COLLECTS = 0.005  # seconds


class Wire(ServerConnection):
    """A connection of websockets that tells of frames that are no message."""

    on_frame: Callable[[Traffic], None] | None = None
    torn: Callable[[bytes], bytes] | None = None

    def data_received(self, data: bytes) -> None:
        """Read a TCP segment, or what is made of it if it ends in the header that it begins with.

        A segment begins with a header where all that came before it has been read.
        """
        is_torn = self.torn and not self.protocol.reader.buffer and len(data) < _header(data)
        super().data_received(self.torn(data) if is_torn and self.torn else data)

    def process_event(self, event: Event) -> None:
        """Tell of a control frame, and of a frame with which a message does not end."""
        super().process_event(event)
        if self.on_frame and isinstance(event, Frame):
            if event.opcode in CONTROL:
                self.on_frame(CONTROL[event.opcode])
            elif not event.fin:
                self.on_frame("fragment")


def _header(segment: bytes) -> int:
    """How many bytes the header of a client's frame has, as far as its length was read."""
    length = segment[1] & 0x7F if len(segment) > 1 else 0
    return 2 + {126: 2, 127: 8}.get(length, 0) + 4


class Connection:
    """One connection, from the handshake to its end.

    Where it is ``queued``, what it says is written by a task of its own, which collects it first:
    a Close, or the end of the connection, overtakes all that waits there.
    """

    def __init__(
        self,
        socket: Wire,
        behaviour: Behaviour,
        conversation: Conversation,
        *,
        queued: bool = False,
    ) -> None:
        self._socket = socket
        self._queue = asyncio.Queue[str | bytes]() if queued else None
        self._behaviour = behaviour
        self._conversation = conversation
        conversation.backlog = socket.transport.get_write_buffer_size
        socket.on_frame = self._hear
        self._restarted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._group = asyncio.TaskGroup()

    async def serve(self) -> None:
        """Converse, and beside that watch the clock, until the connection ends."""
        house = self._conversation.house
        house.came += 1
        self._number = house.came
        house.guests[self._number] = self._react
        async with self._group:
            self._start(self._watch_the_clock())
            if self._queue is not None:
                self._start(self._write(self._queue))
            if "server_ping" in self._conversation.declared:
                self._start(self._keep_the_beat())
            with suppress(ConnectionClosed):
                await self._react(self._behaviour.greeting(self._conversation))
                async for message in self._socket:
                    await asyncio.sleep(0)  # a flood must not delay the other connections
                    await self._answer(message)
            del house.guests[self._number]
            was_reset = self._socket.close_code == RESET
            self._conversation.house.resets += was_reset
            await self._react(self._behaviour.after_end(was_reset))
            for task in self._tasks:
                task.cancel()

    def _hear(self, traffic: Traffic) -> None:
        """Restart the clock if this kind of traffic does."""
        conversation = self._conversation
        row = conversation.pings_in_a_row
        conversation.heard = now()
        if traffic in MESSAGES:
            conversation.spoken = now()
        if traffic == "pong":
            conversation.ponged = now()
        conversation.pings += traffic == "ping"
        conversation.pongs += traffic == "pong"
        conversation.pings_in_a_row = row + 1 if traffic == "ping" else 0
        if self._behaviour.refreshes(conversation, traffic):
            conversation.alive = conversation.house.last_ping = now()
        self._restarted.set()

    async def _answer(self, message: str | bytes) -> None:
        behaviour, conversation = self._behaviour, self._conversation
        if isinstance(message, bytes):
            self._hear("binary")
            await self._react(behaviour.binary(message))
            return
        try:
            value = behaviour.parse(message)
        except (ValueError, RecursionError):  # what is too deep may be treated as not JSON
            self._hear("not JSON")
            await self._react(behaviour.not_json(message))
            return
        if behaviour.is_ping(value, message):
            self._hear("ping")
            await self._react(behaviour.pong(conversation))
        elif "server_ping" in conversation.declared and behaviour.is_pong(value):
            self._hear("pong")
            await self._react(behaviour.after_pong(conversation))
        else:
            self._hear("business")
            await self._react(self._echo(value))

    def _echo(self, value: object) -> Reaction:
        try:
            return self._behaviour.echo(self._conversation, self._behaviour.data(value))
        except (ValueError, RecursionError):
            return []  # beyond I-JSON, or too deep to be walked through: silence is allowed

    async def _react(self, reaction: Reaction) -> None:
        for action in reaction:
            match action:
                case Later():
                    self._start(self._say_later(action))
                case Pause():
                    await asyncio.sleep(action.seconds)
                case Close():
                    await self._close(action)
                case Drop():
                    self._drop()
                case Everybody(shared, processes, of):
                    own = self._number % processes
                    guests = self._conversation.house.guests.items()
                    its = [react for number, react in guests if number % processes == own]
                    if of in (None, own):
                        await asyncio.gather(*(react([shared]) for react in its))
                case str() | bytes():
                    await self._say(action)

    async def _say(self, said: str | bytes) -> None:
        if self._queue is None:
            await self._send(said)
        else:
            self._queue.put_nowait(said)

    async def _send(self, said: str | bytes) -> None:
        async with self._behaviour.speech(self._conversation):
            await self._socket.send(said)

    async def _write(self, queue: asyncio.Queue[str | bytes]) -> None:
        with suppress(ConnectionClosed):
            while True:
                said = await queue.get()
                await asyncio.sleep(COLLECTS)
                await self._send(said)
                while not queue.empty():
                    await self._send(queue.get_nowait())

    async def _watch_the_clock(self) -> None:
        due = self._behaviour.deadline
        while (deadline := due(self._conversation)) is None or deadline > now():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await self._restarted.wait()
            self._restarted.clear()
        with suppress(ConnectionClosed):
            async with self._behaviour.turn(self._conversation):
                await self._react(self._behaviour.timeout(self._conversation))

    async def _keep_the_beat(self) -> None:
        conversation = self._conversation
        with suppress(ConnectionClosed):
            while (due := self._behaviour.next_beat(conversation)) is not None:
                if (wait := due - now()) > 0:
                    await asyncio.sleep(wait)
                    continue  # it may have been put off meanwhile
                conversation.beats += 1
                conversation.beaten = now()
                await self._react(self._behaviour.beat(conversation))

    async def _say_later(self, later: Later) -> None:
        await asyncio.sleep(later.seconds)
        with suppress(ConnectionClosed):
            await self._react([later.said])

    async def _close(self, close: Close) -> None:
        try:
            async with asyncio.timeout(self._behaviour.patience):
                await self._socket.close(close.code, close.reason)
        except TimeoutError:  # the peer reads nothing, or answers nothing
            protocol = self._socket.protocol
            client_first = bool(protocol.close_rcvd_then_sent)
            if protocol.close_rcvd is None or not self._behaviour.lingers(client_first):
                self._drop()

    def _drop(self) -> None:
        if self._socket.state is not State.CLOSED:
            self._socket.transport.abort()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        self._tasks.append(self._group.create_task(work))

"""What the wire records of servers that do exactly what a script says, down to the byte."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pytest
import trustme
from websockets.frames import Close as WireClose
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from conformance.clock import RealClock, watchful_loop
from conformance.target import Target
from conformance.trace import Capabilities, Close, Ended, Event, Refusal, Trace
from conformance.wire.dial import Dial, tls_for
from conformance.wire.peer import HandshakeRefused, Peer
from conformance.wire.recorder import Heading, Recorder
from tests.conformance.notation import FAST

T = TypeVar("T")
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Script: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Visit: TypeAlias = Callable[[Dial], Awaitable[None]]

MIB = 1024 * 1024
NARROW = 0.02  # seconds


def run(act: Callable[[RealClock], Coroutine[Any, Any, T]]) -> T:
    """Run on a loop that notes when it looks at its sockets."""
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(act(clock))


def dial_to(url: str, clock: RealClock, **told: Any) -> Dial:
    target = Target(url, FAST, **told)
    heading = Heading("by_hand", "server", target.shown, FAST, Capabilities())
    start = clock.now()
    return Dial(target, Recorder(heading, start), clock, start, tls_for(target))


@asynccontextmanager
async def serving(script: Script, **options: Any) -> AsyncIterator[int]:
    """A server that plays a script on every connection; yields its port."""
    faults: list[Exception] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client has left: it may.
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)
        finally:
            writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0, **options) as server:
        yield server.sockets[0].getsockname()[1]
    assert faults == []


async def listen(dial: Dial) -> None:
    """The visit that only listens until the server ends the connection."""
    async with dial() as peer:
        assert await peer.ended(by=dial.after(dial.patience))


def visited(script: Script, visit: Visit = listen) -> tuple[Trace, float]:
    """What a visit to a scripted server records, and the clock's time at which the trace begins."""

    async def act(clock: RealClock) -> tuple[Trace, float]:
        async with serving(script) as port:
            dial = dial_to(f"ws://127.0.0.1:{port}/", clock)
            await visit(dial)
            return dial.recorder.trace(), dial.recorder.origin

    return run(act)


def refused(script: Script) -> Refusal:
    """How a visit is refused; the trace tells the same, once."""
    found: list[Refusal] = []

    async def visit(dial: Dial) -> None:
        with pytest.raises(HandshakeRefused) as caught:
            await listen(dial)
        found.append(caught.value.refusal)

    trace, _ = visited(script, visit)
    assert [event.content for event in trace.events if event.kind == "refused"] == found
    assert all(event.kind != "opened" for event in trace.events)
    return found[0]


def answer_to(request: bytes) -> bytes:
    """The answer that opens a WebSocket connection."""
    key = request.lower().split(b"sec-websocket-key:")[1].split(b"\r\n")[0]
    key = request[request.lower().index(b"sec-websocket-key:") + 18 :].split(b"\r\n")[0].strip()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key.decode())}\r\n\r\n"
    ).encode()


async def shake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    request = await reader.readuntil(b"\r\n\r\n")
    writer.write(answer_to(request))
    return request


def frame(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = False) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=mask)


def saying(*frames: bytes) -> Script:
    """Open, write these bytes in one go, wait for the client to leave."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        writer.write(b"".join(frames))
        await reader.read()

    return script


def answering(data: bytes, *, stay: bool = True) -> Script:
    """Answer the handshake with these bytes; then wait for the client to leave, or leave first."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        if stay:
            await reader.read()

    return script


def received(trace: Trace) -> list[Event]:
    return [event for event in trace.events if event.kind == "received"]


def kinds(trace: Trace) -> list[str]:
    return [event.kind for event in trace.events]


TEXT, BINARY, CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
BYE = frame(Opcode.CLOSE, WireClose(4999, "enough").serialize())


@pytest.fixture
def independent_server() -> Iterator[tuple[int, list[tuple[float, float]]]]:
    """A server in a thread that says when it really sent: ten texts, then the end of TCP."""
    moments: list[tuple[float, float]] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(answer_to(connection.recv(65536)))
                for number in range(10):
                    time.sleep(0.013)  # the pace of this server, not a wait for something
                    before = time.monotonic()
                    connection.sendall(frame(TEXT, b"%d" % number))
                    moments.append((before, time.monotonic()))

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], moments
        thread.join()


@pytest.mark.parametrize("stall", [0.0, 0.05])
def test_what_was_received_was_sent_within_its_interval(
    independent_server: tuple[int, list[tuple[float, float]]], stall: float
) -> None:
    port, moments = independent_server

    async def stand_still() -> None:
        while True:
            time.sleep(stall)  # noqa: ASYNC251
            await asyncio.sleep(0.001)

    async def act(clock: RealClock) -> tuple[Trace, float]:
        dial = dial_to(f"ws://127.0.0.1:{port}/", clock)
        burden = asyncio.create_task(stand_still()) if stall else None
        await listen(dial)
        if burden is not None:
            burden.cancel()
        return dial.recorder.trace(), dial.recorder.origin

    trace, origin = run(act)
    events = received(trace)
    assert [event.content for event in events] == [str(number) for number in range(10)]
    for event, (before, after) in zip(events, moments, strict=True):
        assert event.earliest + origin <= after
        assert before <= event.latest + origin
    widths = sorted(event.latest - event.earliest for event in events)
    assert widths[0] >= 0.0
    assert widths[5] < NARROW + 2 * stall


def test_fragments_are_one_message_and_control_frames_may_come_between() -> None:
    script = saying(
        frame(TEXT, b'{"type":', fin=False),
        frame(Opcode.PING, b"between"),
        frame(CONT, b"", fin=False),
        frame(CONT, "\u00e9".encode()[:1], fin=False),
        frame(CONT, "\u00e9".encode()[1:]),
        frame(BINARY, b"\x00", fin=False),
        frame(CONT, b"\xff"),
        BYE,
    )
    trace, _ = visited(script)
    assert [(event.opcode, event.content) for event in received(trace)] == [
        ("ping", b"between"),
        ("text", '{"type":\u00e9'),
        ("binary", b"\x00\xff"),
        ("close", Close(4999, "enough")),
    ]


def test_a_control_ping_is_answered_and_both_are_recorded() -> None:
    heard: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        writer.write(frame(Opcode.PING, b"why"))
        head = await reader.readexactly(6)
        assert head[:2] == b"\x8a\x83"
        body = await reader.readexactly(3)
        heard.append(bytes(one ^ other for one, other in zip(body, head[2:5], strict=True)))
        writer.write(BYE)
        await reader.read()

    trace, _ = visited(script)
    assert heard == [b"why"]
    ping, pong = (event for event in trace.events if event.opcode in ("ping", "pong"))
    assert (ping.kind, ping.opcode, ping.content) == ("received", "ping", b"why")
    assert (pong.kind, pong.opcode, pong.content) == ("sent", "pong", b"why")
    assert ping.latest <= pong.latest


@pytest.mark.parametrize(
    ("body", "close"),
    [
        (WireClose(1001, "h\u00e9").serialize(), Close(1001, "h\u00e9")),
        (WireClose(4000, "").serialize(), Close(4000)),
        (b"", Close(None)),
    ],
)
def test_code_and_reason_of_a_close_are_recorded_and_answered(body: bytes, close: Close) -> None:
    trace, _ = visited(saying(frame(Opcode.CLOSE, body)))
    closes = [(event.kind, event.content) for event in trace.events if event.opcode == "close"]
    assert closes == [("received", close), ("sent", close)]


@pytest.mark.parametrize("how", ["reset", "eof"])
def test_the_end_of_tcp_is_recorded(how: str) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shake(reader, writer)
        await writer.drain()
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    trace, _ = visited(script)
    assert kinds(trace) == ["opening", "opened", "ended"]
    ended = trace.events[-1].content
    assert isinstance(ended, Ended)
    assert ended.how == how

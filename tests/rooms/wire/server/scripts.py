"""Servers that do exactly what a script says, and what visits to them record."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal, TypeAlias, TypeVar

from websockets.asyncio.server import Server
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from conformance.config.dialect import said_capabilities
from conformance.targets.server import Target
from conformance.trace.event import Event, Refusal
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock, watchful_loop
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial, tls_for
from spec.dialect.dialect import Dialect
from tests.traces.notation import FAST

T = TypeVar("T")
Script: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


LARGE = "a" * (4 * 1024 * 1024)


RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: close() sends a reset


def run(act: Callable[[LoopClock], Coroutine[Any, Any, T]]) -> T:
    """Run on a loop that notes when it looks at its sockets."""
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(act(clock))


def dial_to(url: str, clock: LoopClock, **told: Any) -> Dial:
    target = Target(url, FAST, **told)
    recorder = Recorder(Heading.of(target, "by_hand"), clock.now())
    return Dial(target, recorder, clock, clock.now(), tls_for(target))


def dial_in(dialect: Dialect, server: Server, clock: LoopClock) -> Dial:
    """The same, to a server on this machine that speaks a dialect."""
    port = next(iter(server.sockets)).getsockname()[1]
    told = said_capabilities(dialect)
    return dial_to(f"ws://127.0.0.1:{port}/", clock, dialect=dialect, capabilities=told)


async def listen(dial: Dial) -> None:
    async with dial() as peer:
        assert await peer.ended(by=dial.after(dial.patience))


async def send_much(dial: Dial) -> None:
    async with dial() as peer:
        await peer.say(LARGE)


def visited(
    script: Script,
    visit: Callable[[Dial], Awaitable[None]] = listen,
    *,
    tls: ssl.SSLContext | None = None,
    user: str = "",
    **told: Any,
) -> tuple[Trace, float, Refusal | None]:
    """What a visit to a scripted server records, the trace's time zero, and any refusal."""
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

    async def act(clock: LoopClock) -> tuple[Trace, float, Refusal | None]:
        refusal = None
        async with await asyncio.start_server(play, "127.0.0.1", 0, ssl=tls) as server:
            port = server.sockets[0].getsockname()[1]
            dial = dial_to(f"{'wss' if tls else 'ws'}://{user}127.0.0.1:{port}/", clock, **told)
            try:
                await visit(dial)
            except HandshakeRefused as error:
                refusal = error.refusal
        return dial.recorder.trace(), dial.recorder.origin, refusal

    found = run(act)
    assert faults == []
    return found


def answer_to(request: bytes) -> bytes:
    """The answer that opens a WebSocket connection."""
    key = re.search(r"(?i)sec-websocket-key: *(\S+)", request.decode())
    assert key
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key[1])}\r\n\r\n"
    ).encode()


def saying(
    *data: bytes, shaken: bool = True, then: Literal["wait", "eof", "reset"] = "wait"
) -> Script:
    """Answer the handshake, write these bytes in one go, and wait for the client or leave it."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write((answer_to(request) if shaken else b"") + b"".join(data))
        if then == "wait":
            await reader.read(1)
        elif then == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    return script


def frame(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = False) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=mask)


def of(trace: Trace, *kinds: str) -> list[Event]:
    return [event for event in trace.events if event.kind in kinds]

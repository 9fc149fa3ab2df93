"""What a listener records of clients that follow a script to the letter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from websockets.asyncio.client import connect

from conformance.trace.event import Event
from conformance.trace.trace import Capabilities, Trace
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.listener import Listener
from conformance.wire.clock import LoopClock
from conformance.wire.recorder import Heading, Recorder
from spec.dialect.shipped import protocol
from tests.rooms.wire.server.scripts import run
from tests.traces.notation import FAST

Script: TypeAlias = Callable[[Listener], Awaitable[None]]

PING, PONG = '{"type":"ping"}', '{"type":"pong"}'
REQUEST = (
    b"GET /room?7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
NARROW = 0.1  # seconds
PATIENCE = 5.0  # seconds; what takes longer has hung


def played(script: Script, **told: Any) -> Trace:
    """What a listener records while a script runs against it."""

    async def act(clock: LoopClock) -> Trace:
        capabilities = told.pop("capabilities", Capabilities())
        spoken = told.pop("dialect", protocol())
        heading = Heading("by_hand", "client", "a script", FAST, capabilities, dialect=spoken)
        recorder = Recorder(heading, clock.now())
        listener = Listener(recorder, clock, FAST, capabilities, **told)
        listener.patience = PATIENCE
        try:
            async with asyncio.timeout(PATIENCE):
                await script(listener)
            listener.end_of_watch()
        finally:
            await listener.close()
            listener.release()
        return recorder.trace()

    return run(act)


async def accepted(listener: Listener) -> Accepted:
    connection = await listener.connection(by=listener.after(PATIENCE))
    assert connection is not None
    return connection


def visit(listener: Listener, **told: Any) -> connect:
    return connect(listener.url, open_timeout=PATIENCE, **told)


def kinds(trace: Trace, connection: int = 1) -> list[str]:
    return [
        f"{event.kind} {event.opcode}" if event.opcode else event.kind
        for event in trace.by_connection[connection]
    ]


def of(trace: Trace, kind: str, connection: int = 1) -> Event:
    [found] = [e for e in trace.by_connection[connection] if e.kind == kind and not e.opcode]
    return found

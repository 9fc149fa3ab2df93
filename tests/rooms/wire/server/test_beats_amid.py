"""A ping of the server that comes amid a message of several frames: it is answered behind that."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection, serve

from conformance.wire.clock import LoopClock
from spec.dialect.shipped import shipped
from tests.rooms.wire.server.scripts import dial_in, run


def test_a_pong_waits_for_the_end_of_a_message() -> None:
    """The frames of another message may not come in between (RFC 6455, section 5.4)."""
    dialect = shipped("graphql-transport-ws")
    heard: list[str] = []
    begun, both = asyncio.Event(), asyncio.Event()

    async def pings_amid(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send('{"type":"connection_ack"}')
        await begun.wait()
        await socket.send('{"type":"ping"}')
        async for text in socket:
            heard.append(str(text))
            if len(heard) > 1:
                both.set()

    async def visit(clock: LoopClock) -> list[str]:
        async with serve(
            pings_amid, "127.0.0.1", 0, select_subprotocol=lambda _, offered: offered[0]
        ) as server:
            dial = dial_in(dialect, server, clock)
            peer = await dial.open()
            await peer.begin('{"type":')
            begun.set()
            assert await peer.hear_pings(1, by=dial.after(dial.patience))
            await peer.say_in_frames('{"type":"ping"}', [b'"ping"}'])
            await asyncio.wait_for(both.wait(), 5)
            await peer.close(by=dial.after(dial.patience))
            own = (e for e in dial.recorder.events if e.kind == "sent" and e.opcode == "text")
            return [str(each.content) for each in own]

    assert sorted(run(visit)) == ['{"type":"ping"}', '{"type":"pong"}']
    assert heard == ['{"type":"ping"}', '{"type":"pong"}']

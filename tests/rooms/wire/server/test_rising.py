"""Numbers that have to rise: what a connection says has none that is past, whoever drew it."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve

from conformance.wire.clock import LoopClock
from spec.dialect.made import made
from tests.rooms.wire.server.scripts import dial_in, run


@pytest.mark.parametrize(
    ("rising", "said"),
    [
        (True, ['{"hb":1}', '{"hb":900}', '{"hb":901}', '{"hb":902}', '{"hb":903}']),
        (False, ['{"hb":1}', '{"hb":900}', '{"hb":2}', '{"hb":7}', '{"hb":8}']),
    ],
)
def test_what_is_said_is_what_is_recorded(rising: bool, said: list[str]) -> None:
    dialect = made(
        {
            "dialect": 1,
            "name": "numbered",
            "ping": {"by": "client", "text": '{"hb":${id}}', "rising": rising},
            "pong": {"text": '{"ack":${id}}'},
        }
    )
    heard: list[str] = []
    all_heard = asyncio.Event()

    async def listens(socket: ServerConnection) -> None:
        async for text in socket:
            heard.append(str(text))
            if len(heard) == len(said):
                all_heard.set()

    async def visit(clock: LoopClock) -> list[str]:
        async with serve(listens, "127.0.0.1", 0) as server:
            dial = dial_in(dialect, server, clock)
            async with dial() as peer:
                await peer.ping()
                await peer.say('{"hb":900}')
                await peer.ping()
                peer.pour('{"hb":7}')
                await peer.say_in_frames('{"hb":8}', [b'{"hb', b"", b'":8}'])
                await asyncio.wait_for(all_heard.wait(), 5)
            return [str(each.content) for each in dial.recorder.events if each.opcode == "text"]

    recorded = run(visit)
    assert heard == said
    assert [each for each in recorded if "hb" in each] == said

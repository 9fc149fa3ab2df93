"""How a client is treated: pongs that are late, doubled or missing, Plan B, nothing read."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from conformance.trace.trace import Capabilities
from conformance.wire.client.behaviour import Behaviour
from conformance.wire.client.listener import Listener
from spec.dialect.made import made
from tests.rooms.wire.client.scripts import (
    PING,
    PONG,
    accepted,
    kinds,
    of,
    played,
    visit,
)
from tests.traces.notation import FAST


def test_a_mute_guest_gets_nothing_that_it_does_not_say_itself() -> None:
    async def script(listener: Listener) -> None:
        client: ClientConnection = await visit(listener, close_timeout=0.1)
        connection = await accepted(listener)
        connection.behaviour.mute = True
        pong = await client.ping()
        await client.send(PING)
        assert await connection.has_pinged(1, by=listener.after(1))
        await connection.say("still here")
        assert await client.recv() == "still here"
        await client.close()
        with pytest.raises(ConnectionClosed):
            await pong
        assert await connection.ended(by=listener.after(1))

    trace = played(script)
    assert [e.content for e in trace.events if e.kind == "sent"] == ["still here"]
    assert "received close" in kinds(trace)


def test_a_mute_guest_goes_through_the_prelude_first() -> None:
    greeted = made(
        {
            "dialect": 1,
            "name": "greeted",
            "prelude": [{"by": "server", "text": "hello"}],
            "ping": {"by": "client", "text": "ping"},
            "pong": {"text": "pong"},
        }
    )

    async def script(listener: Listener) -> None:
        listener.behaviour = Behaviour(mute=True)
        async with visit(listener, close_timeout=0.1) as client:
            assert await client.recv() == "hello"
            await client.send("ping")
            assert await (await accepted(listener)).has_pinged(1, by=listener.after(1))

    trace = played(script, dialect=greeted)
    assert [e.content for e in trace.events if e.kind == "said_first"] == ["hello"]
    assert "sent" not in {event.kind for event in trace.events}


def test_pongs_may_be_late_doubled_or_missing() -> None:
    async def script(listener: Listener) -> None:
        listener.behaviour = Behaviour(pongs=2, slowness=0.1)
        async with visit(listener) as client:
            connection = await accepted(listener)
            sent = listener.now()
            await client.send(PING)
            assert [await client.recv(), await client.recv()] == [PONG, PONG]
            assert listener.now() - sent >= 0.1
            connection.behaviour.pongs = 0
            await client.send(PING)
            assert await connection.has_pinged(2, by=listener.after(1))

    assert kinds(played(script))[3:7] == [
        "received text",
        "sent text",
        "sent text",
        "received text",
    ]


def test_one_guest_may_be_treated_otherwise_than_the_next() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener, close_timeout=0.1):
            (await accepted(listener)).behaviour.mute = True
            async with visit(listener) as client:
                await client.send(PING)
                assert await client.recv() == PONG

    assert set(played(script).by_connection) == {1, 2}


def test_plan_b_pings_at_the_interval() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener) as client:
            await client.recv()
            await client.send(PONG)
            await client.recv()

    trace = played(script, capabilities=Capabilities(server_ping=True))
    opened = of(trace, "opened")
    sent = [e for e in trace.events if e.kind == "sent" and e.content == PING]
    assert sent[0].latest - opened.earliest >= FAST.heartbeat_interval
    assert sent[1].latest - sent[0].earliest >= FAST.heartbeat_interval


def test_a_stage_that_does_not_read_hears_later() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener) as client:
            connection = await accepted(listener)
            connection.pause()
            await client.send(PING)
            assert not await connection.has_pinged(1, by=listener.after(0.1))
            connection.resume()
            assert await connection.has_pinged(1, by=listener.after(1))

    assert kinds(played(script))[3:6] == ["paused", "resumed", "received text"]

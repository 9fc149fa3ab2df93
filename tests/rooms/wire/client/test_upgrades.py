"""How a client is accepted: every manner says the same, and is told in the trace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake

from conformance.wire.client import accepted as upgrading
from conformance.wire.client.behaviour import Behaviour, Reception
from conformance.wire.client.listener import Listener
from conformance.wire.client.manner import (
    IN_TWO_SEGMENTS,
    MANNERS,
    PLAINLY,
    WITH_A_MESSAGE,
    Manner,
)
from conformance.wire.ends.framing import APART
from tests.rooms.wire.client.scripts import PATIENCE, PING, PONG, accepted, of, played, visit


def reading(listener: Listener, reads: list[bytes], *, leaves: bool = False) -> connect:
    """Connect, and note what is read at a time; or drop the connection with the first of it."""

    class Reading(ClientConnection):
        def data_received(self, data: bytes) -> None:
            reads.append(data)
            if leaves:
                self.transport.abort()
            else:
                super().data_received(data)

    told: dict[str, Any] = {"create_connection": Reading, "compression": None}
    return visit(listener, **told)


@pytest.mark.parametrize("manner", MANNERS.values(), ids=[each.told for each in MANNERS.values()])
def test_a_client_that_knows_http_is_accepted_in_any_manner(manner: Manner) -> None:
    async def script(listener: Listener) -> None:
        listener.planned = [(Reception(manner=manner), Behaviour())]
        async with visit(listener) as client:
            await client.send(PING)
            assert await client.recv() == PONG

    trace = played(script)
    assert of(trace, "opened").manner == manner.told


def test_a_101_leaves_with_the_beginning_of_what_is_said_first() -> None:
    reads: list[bytes] = []

    async def script(listener: Listener) -> None:
        listener.planned = [(Reception(manner=WITH_A_MESSAGE), Behaviour())]
        connecting = asyncio.ensure_future(reading(listener, reads).__aenter__())
        connection = await accepted(listener)
        await connection.say_in_segments("hello", [1])
        assert await (await connecting).recv() == "hello"

    played(script)
    head, _, rest = reads[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    assert (rest, reads[1]) == (b"\x81", b"\x05hello")


def test_a_pong_that_waits_behind_a_frame_is_recorded_as_sent_when_it_left() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener) as client:
            connection = await accepted(listener)
            saying = asyncio.ensure_future(connection.say_in_segments("hello", [1]))
            await client.send(PING)
            assert [await client.recv() for _ in range(2)] == ["hello", PONG]
            assert await saying

    hello, pong, *_ = (each for each in played(script).events if each.kind == "sent")
    assert (hello.said, pong.said) == ("hello", PONG)
    assert pong.earliest < hello.latest <= pong.latest


def test_a_101_that_waits_for_a_message_waits_no_longer_than_for_a_segment() -> None:
    async def script(listener: Listener) -> None:
        listener.planned = [(Reception(manner=WITH_A_MESSAGE), Behaviour())]
        async with visit(listener):
            pass

    opened = of(played(script), "opened")
    assert opened.manner == WITH_A_MESSAGE.told
    assert opened.latest - opened.earliest >= APART


def test_a_101_that_waits_for_a_message_is_recorded_as_sent_with_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upgrading, "APART", PATIENCE)  # It does not leave without.

    async def script(listener: Listener) -> None:
        listener.planned = [(Reception(manner=WITH_A_MESSAGE), Behaviour())]
        connecting = asyncio.ensure_future(visit(listener).__aenter__())
        connection = await accepted(listener)
        await connection.say_in_segments("hello", [1])
        assert await (await connecting).recv() == "hello"

    trace = played(script)
    opened, hello = of(trace, "opened"), next(e for e in trace.events if e.kind == "sent")
    assert hello.earliest <= opened.latest < hello.latest


def test_nothing_is_said_before_all_of_a_101_has_left() -> None:
    reads: list[bytes] = []

    async def script(listener: Listener) -> None:
        listener.planned = [(Reception(manner=IN_TWO_SEGMENTS), Behaviour())]
        async with reading(listener, reads) as client:
            connection = await accepted(listener)
            await connection.say("hello")
            assert await client.recv() == "hello"

    opened = of(played(script), "opened")
    assert b"".join(reads[1:]).startswith(b"\n\r\n\x81\x05hello")
    assert opened.latest - opened.earliest > 0


def test_a_client_that_leaves_amid_a_101_is_recorded() -> None:
    async def script(listener: Listener) -> None:
        listener.planned = [(Reception(manner=IN_TWO_SEGMENTS), Behaviour())]
        visitor = reading(listener, [], leaves=True)
        with pytest.raises((OSError, EOFError, InvalidHandshake)):
            await visitor
        connection = await accepted(listener)
        assert await connection.dropped(by=listener.after(1))

    trace = played(script)
    assert of(trace, "ended").earliest >= of(trace, "opened").earliest


def test_the_usual_manner_is_none_of_its_own() -> None:
    assert PLAINLY.told == ""

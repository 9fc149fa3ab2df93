"""What the listener does to clients that follow a script to the letter, and what it records."""

from __future__ import annotations

import socket
import warnings
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from conformance.trace.event import Close, Ended
from conformance.trace.note import OFFERED
from conformance.trace.trace import Capabilities
from conformance.wire.client.listener import Listener
from tests.rooms.wire.client.scripts import (
    NARROW,
    PATIENCE,
    PING,
    PONG,
    accepted,
    kinds,
    of,
    played,
    visit,
)
from tests.traces.notation import FAST


def test_a_client_is_accepted_and_its_pings_are_answered() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener) as client:
            await client.send(PING)
            assert await client.recv() == PONG
            await client.send('{"order":1}')
            assert await client.recv() == '{"type":"echo","data":{"order":1}}'
            await client.send("not json")
            await client.send(PONG)
            assert await client.recv() == f'{{"type":"echo","data":{PONG}}}'

    trace = played(script)
    assert kinds(trace) == [
        "opening", "requested", "opened",
        "received text", "sent text", "received text", "sent text",
        "received text", "received text", "sent text",
        "received close", "sent close", "ended",
    ]  # fmt: skip
    assert of(trace, "requested").content == "GET / HTTP/1.1"
    assert of(trace, "ended").content == Ended("local", "eof")
    assert [event.kind for event in trace.events if event.connection == 0] == ["silent"]


def test_a_close_is_recorded_that_came_with_a_last_message() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener) as client:
            client.protocol.send_text(b'"bye"')
            client.protocol.send_close(1000, "done")
            client.transport.write(b"".join(client.protocol.data_to_send()))
            await client.wait_closed()

    trace = played(script)
    assert kinds(trace) == [
        "opening", "requested", "opened",
        "received text", "received close", "sent close", "ended",
    ]  # fmt: skip
    assert of(trace, "ended").content == Ended("local", "eof")


def test_how_many_subprotocols_are_offered_is_noted_and_not_which() -> None:
    offered = [Subprotocol("v2"), Subprotocol("token.secret")]

    async def script(listener: Listener) -> None:
        async with connect(listener.url, subprotocols=offered, proxy=None):
            pass

    trace = played(script)
    assert of(trace, "note").content == f"{OFFERED}2"
    assert not any("secret" in str(event.content) for event in trace.events)


def test_moments_are_recorded_where_they_belong() -> None:
    moments: dict[str, float] = {}

    async def script(listener: Listener) -> None:
        moments["connecting"] = listener.now() - listener.start
        async with visit(listener) as client:
            moments["connected"] = listener.now() - listener.start
            await client.send(PING)
            await client.recv()
            moments["answered"] = listener.now() - listener.start

    trace = played(script)
    opening, opened = of(trace, "opening"), of(trace, "opened")
    assert moments["connecting"] <= opening.latest <= opened.earliest <= moments["connected"]
    [ping] = [e for e in trace.events if e.kind == "received" and e.opcode == "text"]
    assert opened.latest <= ping.latest <= moments["answered"]
    for event in trace.events:
        assert event.earliest <= event.latest
        assert event.latest - event.earliest < NARROW or trace.lateness


def test_what_is_said_twice_in_a_row_waits_for_no_acknowledgement() -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener):
            sock = (await accepted(listener))._socket
            assert sock is not None
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    played(script)


def test_what_a_client_did_last_is_seen_though_its_end_was_heard_of_before() -> None:
    @dataclass
    class Gone:
        """An actor whose end is known at once; what it did to its connection is on its way."""

        is_over: bool = True

        async def ask(self, firmly: bool) -> None:
            raise AssertionError("nobody asks")

        async def over(self) -> None:
            return

    async def script(listener: Listener) -> None:
        client = await visit(listener)
        await accepted(listener)
        listener.actor = Gone()
        client.transport.abort()
        assert await listener.until_over(by=listener.after(PATIENCE))

    end = of(played(script), "ended").content
    assert isinstance(end, Ended)
    assert end.how == "eof"


@pytest.mark.parametrize(("code", "reason"), [(1000, "heartbeat timeout"), (4321, "x"), (None, "")])
def test_a_connection_is_closed_with_any_code(code: int | None, reason: str) -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener) as client:
            connection = await accepted(listener)
            await connection.close(code, reason, by=listener.after(1))
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code or 1005, reason)

    trace = played(script)
    assert kinds(trace)[3:] == ["sent close", "received close", "ended"]
    assert trace.events[3].content == Close(code, reason)


@pytest.mark.parametrize("parting", ["eof", "reset"])
def test_a_connection_ends_without_a_close(parting: Any) -> None:
    async def script(listener: Listener) -> None:
        client = await visit(listener)
        connection = await accepted(listener)
        connection.part(parting)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is None
        reset = isinstance(closed.value.__cause__, ConnectionResetError)
        assert reset == (parting == "reset")

    trace = played(script)
    assert kinds(trace)[3:] == ["ended"]
    assert of(trace, "ended").content == Ended("local", parting)


@pytest.mark.parametrize("how", ["eof", "reset"])
def test_the_end_that_a_client_makes_is_told(how: str) -> None:
    async def script(listener: Listener) -> None:
        client = await visit(listener)
        connection = await accepted(listener)
        if how == "reset":
            sock = client.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.transport.abort()
        assert await connection.ended(by=listener.after(1))

    ended = of(played(script), "ended").content
    assert isinstance(ended, Ended)
    assert ended.how == how


def test_what_breaks_rfc_6455_is_told() -> None:
    async def script(listener: Listener) -> None:
        client = await visit(listener)
        connection = await accepted(listener)
        client.transport.write(b"\xff\xff\xff\xff")
        assert await connection.ended(by=listener.after(1))

    trace = played(script)
    assert "the client broke RFC 6455" in str(of(trace, "broken").content)


def test_what_comes_as_a_scenario_ends_is_closed() -> None:
    async def script(listener: Listener) -> None:
        address = listener.host, listener.port
        with (
            socket.create_connection(address, timeout=PATIENCE) as late,
            warnings.catch_warnings(record=True, category=ResourceWarning) as told,
        ):
            warnings.simplefilter("always")
            listener._accept_all()
            await listener.close()
            assert late.recv(1) == b""
        assert told == []

    played(script)


def test_many_stages_stand_side_by_side() -> None:
    async def script(listener: Listener) -> None:
        others = [
            Listener(listener.recorder, listener._clock, FAST, Capabilities()) for _ in range(20)
        ]
        assert len({other.port for other in (listener, *others)}) == 21
        for other in others:
            await other.close()
            with socket.socket() as early, pytest.raises(OSError, match="in use"):
                early.bind((other.host, other.port))
            other.release()

    played(script)

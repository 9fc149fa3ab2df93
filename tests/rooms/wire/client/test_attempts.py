"""What becomes of attempts to connect: refused, unanswered, kept waiting."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidStatus

from conformance.trace.event import Ended, Refusal
from conformance.trace.note import NO_WEBSOCKET
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import (
    NO_FRAME,
    NO_HTTP,
    NOT_UTF_8,
    OF_ANOTHER,
    Nonsense,
    Reception,
    refusing,
)
from conformance.wire.client.listener import Listener
from tests.rooms.wire.client.scripts import (
    PING,
    PONG,
    REQUEST,
    accepted,
    kinds,
    of,
    played,
    visit,
)

STALLED = 0.1  # seconds


@pytest.mark.parametrize("status", [404, 503])
def test_a_client_is_refused(status: int) -> None:
    async def script(listener: Listener) -> None:
        listener.reception = Reception(status)
        with pytest.raises(InvalidStatus) as refused:
            await visit(listener, proxy=None).__aenter__()
        assert refused.value.response.status_code == status
        assert not (await accepted(listener)).was_accepted

    trace = played(script)
    assert kinds(trace) == ["opening", "requested", "refused", "ended"]
    refusal = of(trace, "refused").content
    assert isinstance(refusal, Refusal)
    assert refusal.status == status


@pytest.mark.parametrize("parting", ["eof", "reset"])
def test_a_client_gets_no_answer(parting: Any) -> None:
    async def script(listener: Listener) -> None:
        listener.reception = Reception(None, parting)
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(REQUEST)
        if parting == "reset":
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert await reader.read() == b""
        writer.close()

    trace = played(script)
    assert kinds(trace) == ["opening", "requested", "refused", "ended"]
    assert of(trace, "ended").content == Ended("local", parting)


def test_a_client_is_kept_waiting() -> None:
    async def script(listener: Listener) -> None:
        listener.reception = Reception(None)
        _, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(REQUEST)
        assert await listener.attempt(by=listener.after(0.2)) is not None
        assert await listener.attempt(by=listener.after(0.05)) is None
        assert await listener.connection(by=listener.after(0.2)) is None
        writer.close()
        assert not (await accepted(listener)).was_accepted

    trace = played(script)
    assert kinds(trace) == ["opening", "requested", "refused", "ended"]
    assert of(trace, "requested").content == "GET /room?7 HTTP/1.1"
    assert of(trace, "ended").content == Ended("eof")


def test_what_is_no_handshake_is_refused() -> None:
    async def script(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
        await reader.read()
        writer.close()
        assert len(listener.attempts) == 1

    refusal = of(played(script), "refused").content
    assert isinstance(refusal, Refusal)
    assert "no WebSocket handshake" in refusal.detail


def test_while_the_door_is_closed_the_port_stays_reserved() -> None:
    async def script(listener: Listener) -> None:
        listener.close_door()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(listener.host, listener.port)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((listener.host, listener.port))
        listener.open_door()
        async with visit(listener):
            assert (await accepted(listener)).was_accepted

    trace = played(script)
    assert [event.kind for event in trace.events if event.connection == 0] == [
        "closed_door", "opened_door", "silent",
    ]  # fmt: skip
    assert kinds(trace)[:3] == ["opening", "requested", "opened"]


def asks_at_once(listener: Listener) -> socket.socket:
    """A client that has connected and asked before anybody looks."""
    client = socket.create_connection((listener.host, listener.port))
    client.sendall(REQUEST)
    return client


def test_what_waited_in_a_connection_was_there_before_anybody_took_it_over() -> None:
    said: list[float] = []

    async def script(listener: Listener) -> None:
        with asks_at_once(listener):
            said.append(listener.now() - listener.recorder.origin)
            time.sleep(STALLED)  # noqa: ASYNC251 - nobody looks
            await accepted(listener)

    asked = of(played(script), "requested")
    assert asked.earliest <= said[0]
    assert asked.latest >= said[0] + STALLED


def test_a_refusal_is_timed_from_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was sent it may have read it long before wsbeat looks at the clock again."""
    write = Accepted._write

    def write_and_stall(connection: Accepted) -> None:
        write(connection)
        time.sleep(STALLED)

    async def script(listener: Listener) -> None:
        listener.reception = Reception(503)
        with asks_at_once(listener):
            await accepted(listener)

    monkeypatch.setattr(Accepted, "_write", write_and_stall)
    refused = of(played(script), "refused")
    assert refused.latest - refused.earliest >= STALLED


def test_silence_is_known_up_to_where_an_end_would_have_been_seen() -> None:
    """An end that lies behind the request is read a turn after it."""
    left: list[float] = []

    async def script(listener: Listener) -> None:
        with asks_at_once(listener) as client:
            client.shutdown(socket.SHUT_WR)
            left.append(listener.now() - listener.recorder.origin)
            time.sleep(STALLED)  # noqa: ASYNC251 - nobody looks
            await accepted(listener)

    silent = of(played(script), "silent")
    assert silent.earliest <= left[0]


def test_a_refusal_says_when_to_come_back() -> None:
    async def script(listener: Listener) -> None:
        listener.reception = Reception(503, retry_after="7")
        with pytest.raises(InvalidStatus) as refused:
            await visit(listener, proxy=None).__aenter__()
        assert refused.value.response.headers["Retry-After"] == "7"
        await accepted(listener)

    refusal = of(played(script), "refused").content
    assert isinstance(refusal, Refusal)
    assert refusing(503, refusal.detail) == Reception(503, retry_after="7")
    assert refusing(503, "HTTP 503 Service Unavailable") == Reception(503)


@pytest.mark.parametrize("nonsense", [NO_HTTP, OF_ANOTHER], ids=["no HTTP", "of another"])
def test_what_is_no_handshake_is_answered_with_what_is_none(nonsense: Nonsense) -> None:
    async def script(listener: Listener) -> None:
        listener.reception = Reception(None, "eof", nonsense=nonsense)
        with pytest.raises(InvalidHandshake):
            await visit(listener, proxy=None).__aenter__()
        await accepted(listener)

    assert of(played(script), "refused").content == Refusal(None, nonsense.told)


def test_a_text_is_said_on_a_connection_that_the_client_has_closed() -> None:
    heard: list[bytes] = []

    async def script(listener: Listener) -> None:
        client = await visit(listener).__aenter__()
        connection = await accepted(listener)
        connection.behaviour.mute = True
        await client.send(PING)
        assert await connection.has_pinged(1, by=listener.after(1))
        client.protocol.send_close(4000, "pong timeout")
        client.transport.write(b"".join(client.protocol.data_to_send()))
        assert await connection.ended(by=listener.after(1))
        assert not await connection.say("too late")
        connection.pong_late()
        heard.append(await client.recv(decode=False))
        connection.part("eof")
        await client.wait_closed()
        connection.pong_late()

    trace = played(script)
    assert heard == [PONG.encode()]
    assert [e.content for e in trace.events if e.kind == "sent"] == [PONG]


@pytest.mark.parametrize("nonsense", [NOT_UTF_8, NO_FRAME], ids=["no UTF-8", "no frame"])
def test_a_connection_ends_with_what_is_no_websocket(nonsense: Nonsense) -> None:
    async def script(listener: Listener) -> None:
        async with visit(listener, close_timeout=0.1) as client:
            connection = await accepted(listener)
            connection.part("eof", nonsense)
            with pytest.raises(ConnectionClosedError):
                await client.recv()
            assert client.protocol.close_sent is not None

    trace = played(script)
    assert of(trace, "note").content == f"{NO_WEBSOCKET}{nonsense.told}"
    assert of(trace, "ended").content == Ended("local", "eof")

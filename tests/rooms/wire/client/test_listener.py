"""What the listener does to clients that follow a script to the letter, and what it records."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, get_args

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from conformance.trace.event import Certificate, Close, Ended, Event, Refusal
from conformance.trace.trace import Capabilities, Trace
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Behaviour, Reception
from conformance.wire.client.certificates import contexts_for
from conformance.wire.client.listener import Listener
from conformance.wire.clock import LoopClock
from conformance.wire.recorder import Heading, Recorder
from spec.dialect.made import made
from spec.dialect.shipped import protocol
from tests.rooms.wire.server.test_dial import run
from tests.traces.notation import FAST

Script: TypeAlias = Callable[[Listener], Awaitable[None]]

PING, PONG = '{"type":"ping"}', '{"type":"pong"}'
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


REQUEST = (
    b"GET /room?7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


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


def test_what_breaks_rfc_6455_is_told() -> None:
    async def script(listener: Listener) -> None:
        client = await visit(listener)
        connection = await accepted(listener)
        client.transport.write(b"\xff\xff\xff\xff")
        assert await connection.ended(by=listener.after(1))

    trace = played(script)
    assert "the client broke RFC 6455" in str(of(trace, "broken").content)


@pytest.mark.parametrize("which", get_args(Certificate))
def test_a_certificate_is_presented(which: Certificate, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    context = contexts_for("127.0.0.1", [which], bundle)[which]
    trust = ssl.create_default_context(cafile=bundle)

    async def script(listener: Listener) -> None:
        assert listener.url.startswith("wss://")
        if which == "valid":
            async with visit(listener, ssl=trust) as client:
                await client.send(PING)
                assert await client.recv() == PONG
            return
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            await visit(listener, ssl=trust).__aenter__()
        assert WHY[which] in refused.value.verify_message
        assert not (await accepted(listener)).was_accepted

    trace = played(script, certificate=(which, context))
    assert trace.events[0].kind == "certificate"
    assert trace.events[0].content == which
    assert ("requested" in kinds(trace)) == (which == "valid")
    if which != "valid":
        assert kinds(trace) == ["opening", "refused", "ended"]
        assert "TLS" in str(of(trace, "refused").content)


WHY = {
    "expired": "expired",
    "self-signed": "self-signed",
    "wrong host": "IP address mismatch",
}


def test_a_careless_client_is_seen_to_ask(tmp_path: Path) -> None:
    context = contexts_for("127.0.0.1", ["self-signed"], tmp_path / "ca.pem")["self-signed"]
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE

    async def script(listener: Listener) -> None:
        async with visit(listener, ssl=careless):
            pass

    assert "requested" in kinds(played(script, certificate=("self-signed", context)))


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

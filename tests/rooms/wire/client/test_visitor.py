"""What comes to the listener and is no attempt to connect: spare sockets, plain HTTP, noise."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from asyncio import StreamWriter
from pathlib import Path

import pytest

from conformance.evidence.client.answer import REQUEST_AT_ONCE
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.told import noted
from conformance.rules import judge
from conformance.trace.note import ANSWERED_LATE, PLAIN_HTTP
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.certificates import contexts_for
from conformance.wire.client.listener import Listener
from conformance.wire.client.plain_http import Answer
from tests.rooms.wire.client.scripts import REQUEST, accepted, played, visit

GET = b"GET /health?token=abc HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "told", "answered"),
    [
        (GET, "GET /health", True),
        (b"POST /ticket HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "POST /ticket", True),
        (b"OPTIONS /ticket HTTP/1.1\r\nOrigin: http://x\r\n\r\n", "OPTIONS /ticket", True),
        (b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "GET /", True),
        (b"HELO there\r\n\r\n", "bytes that are no HTTP/1.1 (b'HELO there", False),
        (b"\x16\x03\x01\x02\x00", "bytes that are no HTTP/1.1 (", False),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bytes that are no HTTP/1.1 (", False),
    ],
)
def test_what_asks_for_no_upgrade_is_no_attempt(said: bytes, told: str, answered: bool) -> None:
    """It gets an answer, in whatever pieces it comes, and the client comes to its attempt."""

    async def script(listener: Listener) -> None:
        listener.reception = Reception(503)
        for pieces in ([said], [said[:7], said[7:]]):
            reader, writer = await asyncio.open_connection(listener.host, listener.port)
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.02)
            answer = await reader.read()
            writer.close()
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n") is answered
            assert (b"This is wsbeat" in answer) is answered
        assert not listener.attempts
        listener.reception = Reception()
        async with visit(listener):
            assert (await accepted(listener)).was_accepted

    trace = played(script)
    notes = [str(event.content) for event in trace.events if event.kind == "note"]
    assert all(note.startswith(f"{PLAIN_HTTP}{told}") for note in notes)
    assert [event.kind for event in trace.events if event.kind == "refused"] == []


def test_a_ticket_is_what_the_user_gave_for_one(tmp_path: Path) -> None:
    ticket = tmp_path / "ticket.json"
    ticket.write_text('{"ticket":"abc"}')

    async def script(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(b"POST /ticket HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        assert b"Content-Type: application/json\r\n" in head
        assert body == b'{"ticket":"abc"}'

    played(script, answer=Answer.from_file(str(ticket)))


def test_a_page_of_any_origin_gets_it_with_cookies_and_headers_of_its_own() -> None:
    beforehand = (
        b"OPTIONS /ticket HTTP/1.1\r\nHost: x\r\nOrigin: http://shop.example\r\n"
        b"Access-Control-Request-Method: PUT\r\n"
        b"Access-Control-Request-Headers: authorization,x-csrf\r\n\r\n"
    )

    async def script(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(beforehand)
        head, _, _ = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        said = head.decode().split("\r\n")
        assert "Access-Control-Allow-Origin: http://shop.example" in said
        assert "Access-Control-Allow-Credentials: true" in said
        assert "Access-Control-Allow-Methods: PUT" in said
        assert "Access-Control-Allow-Headers: authorization,x-csrf" in said

    played(script)


def test_who_asks_at_a_desk_that_is_shut_waits_until_all_are_served() -> None:
    """But for what a browser asks before it asks what the page wants; who leaves, gets nothing."""

    async def ask(listener: Listener, said: bytes) -> tuple[asyncio.Task[bytes], StreamWriter]:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(said)
        return asyncio.create_task(reader.read()), writer

    async def script(listener: Listener) -> None:
        listener.desk.planned = [False]
        listener.desk.is_shut = True
        before, one = await ask(listener, b"OPTIONS /ticket HTTP/1.1\r\nOrigin: http://x\r\n\r\n")
        at_once, other = await ask(listener, GET)
        assert all(b"200 OK" in said for said in await asyncio.gather(before, at_once))
        waits, third = await ask(listener, GET)
        _, leaving = await ask(listener, GET)
        await listener.desk.somebody_waits()
        await asyncio.sleep(0.02)
        assert not waits.done()
        leaving.close()
        await asyncio.sleep(0.02)
        listener.desk.serve_all()
        assert b"This is wsbeat" in await waits
        for writer in (one, other, third):
            writer.close()

    fetches = ClientEvidence(played(script)).asked_plainly
    late = [noted(each.events, ANSWERED_LATE) is not None for each in fetches]
    assert late == [False, False, True, False]


def test_a_tcp_connection_meets_with_what_holds_when_it_is_used() -> None:
    async def script(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        assert await listener.attempt(by=listener.after(2 * REQUEST_AT_ONCE)) is None
        listener.reception = Reception(503)
        writer.write(REQUEST)
        assert (await reader.read()).startswith(b"HTTP/1.1 503")
        writer.close()
        assert not (await accepted(listener)).was_accepted

    trace = played(script)
    (attempt,) = ClientEvidence(trace).attempts
    assert attempt.began.kind == "requested"


def test_a_tcp_connection_that_is_not_used_ends_with_the_server() -> None:
    async def script(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        await asyncio.sleep(0.02)
        listener.close_door()
        assert await reader.read() == b""
        writer.close()

    assert not ClientEvidence(played(script)).attempts


def test_who_comes_as_the_door_closes_finds_it_closed() -> None:
    """What asyncio has no transport for yet is ended as soon as it has one."""

    async def script(listener: Listener) -> None:
        sock = socket.create_connection((listener.host, listener.port))
        sock.sendall(REQUEST)
        listener.close_door()
        reader, writer = await asyncio.open_connection(sock=sock)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        assert not listener.attempts

    assert not ClientEvidence(played(script)).attempts


@pytest.mark.parametrize("said", [b"", b"not TLS"])
def test_over_tls_too_an_unused_connection_is_no_attempt(said: bytes, tmp_path: Path) -> None:
    """Whoever says something has made one: TLS has failed then, as it may for a client's wish."""
    contexts = contexts_for("127.0.0.1", {"expired"}, tmp_path / "ca.pem")

    async def script(listener: Listener) -> None:
        _, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(said)
        await asyncio.sleep(0.02)
        writer.close()
        await asyncio.sleep(0.02)
        assert len(listener.attempts) == bool(said)

    trace = played(script, certificate=("expired", contexts["expired"]))
    assert len(ClientEvidence(trace).attempts) == bool(said)


def test_plain_https_over_a_bad_certificate_is_a_request(tmp_path: Path) -> None:
    contexts = contexts_for("127.0.0.1", {"expired"}, tmp_path / "ca.pem")
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE

    async def script(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(listener.host, listener.port, ssl=careless)
        writer.write(GET)
        assert b"This is wsbeat" in await reader.read()
        writer.close()

    trace = played(script, certificate=("expired", contexts["expired"]))
    assert {name for name, each in judge(trace) if each.outcome == "violated"} == {"C-TLS-VERIFY"}

"""What the wire records of servers that do exactly what a script says, down to the byte."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from unittest.mock import Mock

import pytest
import trustme
from websockets.frames import Close as WireClose
from websockets.frames import Opcode

from conformance.trace.event import Close, Ended
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock
from conformance.wire.ends import framing
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial
from tests.rooms.wire.server.scripts import (
    LARGE,
    Script,
    answer_to,
    dial_to,
    frame,
    listen,
    of,
    run,
    saying,
    send_much,
    visited,
)
from tests.traces.notation import FAST

TEXT, BINARY, CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
BYE = frame(Opcode.CLOSE, WireClose(4999, "enough").serialize())


def test_fragments_are_one_message_and_control_frames_may_come_between() -> None:
    head, tail = "\u00e9".encode()[:1], "\u00e9".encode()[1:]
    parts = (frame(TEXT, head, fin=False), frame(Opcode.PING, b"why"), frame(CONT, tail))
    binary = (frame(BINARY, b"\x00", fin=False), frame(CONT, b"", fin=False), frame(CONT, b"\xff"))
    trace, *_ = visited(saying(*parts, *binary, BYE))
    assert [(event.kind, event.opcode, event.content) for event in trace.events[2:-1]] == [
        ("received", "ping", b"why"),
        ("sent", "pong", b"why"),
        ("received", "text", "\u00e9"),
        ("received", "binary", b"\x00\xff"),
        ("received", "close", Close(4999, "enough")),
        ("sent", "close", Close(4999, "enough")),
    ]


def test_a_control_ping_is_answered_on_the_wire() -> None:
    heard: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(frame(Opcode.PING, b"why"), then="eof")(reader, writer)
        pong = await reader.readexactly(9)
        heard.append(pong[:2] + bytes(a ^ b for a, b in zip(pong[6:], pong[2:], strict=False)))
        writer.write(BYE)
        await reader.read(1)

    visited(script)
    assert heard == [b"\x8a\x83why"]


@pytest.mark.parametrize("close", [Close(1001, "h\u00e9"), Close(4000), Close(None)])
def test_code_and_reason_of_a_close_are_recorded(close: Close) -> None:
    body = b"" if close.code is None else WireClose(close.code, close.reason).serialize()
    trace, *_ = visited(saying(frame(Opcode.CLOSE, body)))
    assert [event.content for event in of(trace, "received", "sent")] == [close, close]


@pytest.mark.parametrize("how", ["reset", "eof"])
def test_the_end_of_tcp_is_recorded(how: Literal["reset", "eof"]) -> None:
    trace, *_ = visited(saying(then=how))
    assert [event.kind for event in trace.events] == ["opening", "opened", "ended"]
    ended = trace.events[-1].content
    assert isinstance(ended, Ended)
    assert ended.how == how


def test_a_connection_that_the_system_made_in_time_is_none_that_did_not_come_about() -> None:
    """wsbeat did not get to run until the time for it was over."""

    async def was_late(dial: Dial) -> None:
        asyncio.get_running_loop().call_soon(time.sleep, dial.patience + 0.1)
        await listen(dial)

    trace, _, refusal = visited(saying(BYE), was_late)
    assert refusal is None
    assert [event.kind for event in trace.events][:2] == ["opening", "opened"]


def test_a_connection_that_wsbeat_gives_up_was_not_ended_by_the_server() -> None:
    """Here there is a TCP connection, and TLS never comes about."""
    context = ssl.create_default_context()

    async def gives_up(clock: LoopClock) -> Trace:
        with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
            dial = replace(dial_to(f"wss://127.0.0.1:{deaf.getsockname()[1]}/", clock), tls=context)
            with pytest.raises(HandshakeRefused, match="no TCP connection came about in time"):
                await dial.open()
            await asyncio.sleep(0)
            return dial.recorder.trace()

    events = [event for event in run(gives_up).events if event.kind != "late"]
    assert [event.kind for event in events] == ["refused"]


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\n"


@pytest.mark.parametrize(
    ("script", "status", "detail"),
    [
        (saying(NOT_FOUND + b"Content-Length: 0\r\n\r\n", shaken=False), 404, "HTTP 404 Not Found"),
        pytest.param(
            saying(NOT_FOUND + b"\r\nno such page", shaken=False, then="eof"),
            404,
            "HTTP 404 Not Found",
        ),
        (saying(b"SSH-2.0-OpenSSH_9.6\r\n", shaken=False), None, "did not answer in HTTP"),
        (saying(shaken=False), None, "not answered in time"),
        (saying(shaken=False, then="reset"), None, "reset before the handshake"),
    ],
    ids=["404", "404 up to the end", "garbage", "silence", "reset"],
)
def test_a_refusal_says_what_came_instead(script: Script, status: int | None, detail: str) -> None:
    begun = time.monotonic()
    trace, _, refusal = visited(script)
    assert time.monotonic() - begun < 3 * (FAST.reply_deadline + FAST.tolerance) + 1.0
    assert refusal is not None
    assert (refusal.status, detail in refusal.detail) == (status, True), refusal
    assert [event.content for event in of(trace, "refused", "opened")] == [refusal]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(TEXT, b"\xff"), id="invalid UTF-8"),
        pytest.param(frame(TEXT, b"\xff") + frame(TEXT, b"more"), id="and more"),
        pytest.param(b"\x83\x00" + frame(TEXT, b"more"), id="reserved opcode"),
        pytest.param(frame(TEXT, b"ping", mask=True), id="masked"),
    ],
)
def test_a_breach_of_the_framing_breaks_the_connection(data: bytes) -> None:
    trace, *_ = visited(saying(data))
    assert [event.kind for event in trace.events] == ["opening", "opened", "broken", "ended"]
    assert trace.events[-1].content == Ended("local")


UNSEEN = pytest.mark.xfail(reason="asyncio's TLS does not count what the socket has yet to take")


@pytest.mark.parametrize("secure", [False, pytest.param(True, marks=UNSEEN)])
def test_a_message_has_left_only_when_a_slow_server_took_it(secure: bool) -> None:
    resumed: list[float] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(then="eof")(reader, writer)
        await asyncio.sleep(0.3)  # how slow it is
        resumed.append(time.monotonic())
        await reader.readexactly(len(LARGE))

    tls = certified(trustme.CA()) if secure else None
    trace, origin, _ = visited(script, send_much, tls=tls, insecure=True)
    (sent,) = (event for event in of(trace, "sent") if event.opcode == "text")
    assert sent.earliest + origin < resumed[0] < sent.latest + origin


def test_what_is_done_to_a_connection_that_is_gone_does_nothing() -> None:
    async def come_too_late(dial: Dial) -> None:
        async with dial() as peer:
            assert await peer.dropped(by=dial.after(dial.patience))
            peer.go_deaf()
            peer.resume()
            peer.cut()
            assert not peer.pour("late")
            assert not await peer.ping()

    trace, _, _ = visited(saying(then="reset"), come_too_late)
    assert [event.kind for event in trace.events] == ["opening", "opened", "ended"]


def test_a_server_that_has_ceased_to_read_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(framing, "STALLED", 0.3)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(then="eof")(reader, writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await left.wait()

    async def send_in_vain(dial: Dial) -> None:
        await send_much(dial)
        left.set()

    left = asyncio.Event()
    trace, _, _ = visited(script, send_in_vain)
    sent = next(event for event in of(trace, "sent") if event.opcode == "text")
    assert framing.STALLED <= sent.latest - sent.earliest < framing.SENDING / 2


@pytest.mark.parametrize("data", [b"", NOT_FOUND + b"Content-Length: 0\r\n\r\n"])
def test_secrets_reach_the_wire_and_not_the_trace(data: bytes) -> None:
    requests: list[str] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        requests.append(request.decode())
        writer.write(data or answer_to(request))

    trace, *_ = visited(script, user="ann:hunter2@", headers={"X-Key": "t0ken"})
    coded = base64.b64encode(b"ann:hunter2").decode()
    assert all(secret in requests[0] for secret in (coded, "t0ken"))
    lines = "\n".join(trace.to_lines())
    assert not [secret for secret in (coded, "t0ken", "hunter2", "ann") if secret in lines]


def test_the_number_in_a_header_is_another_on_each_connection() -> None:
    requests: list[str] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        requests.append(request.decode())
        writer.write(answer_to(request))

    async def stops_the_clock(dial: Dial) -> None:
        """As virtual time does, while connections are opened in one instant."""
        moment = dial.clock.now()
        still = replace(dial, clock=Mock(wraps=dial.clock, now=lambda: moment))
        for _ in range(3):
            (await still.open()).abort()

    visited(script, stops_the_clock, headers={"X-User": "check-{n}"})
    users = [re.findall(r"X-User: check-(\d+)\r", each) for each in requests]
    assert len({user for [user] in users}) == 3


def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("trust", ["cafile", "insecure", "nothing"])
def test_tls_is_trusted_as_far_as_the_target_says(trust: str, tmp_path: Path) -> None:
    authority, cafile = trustme.CA(), str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(cafile)
    offered: dict[str, dict[str, Any]] = {"cafile": {"cafile": cafile}, "nothing": {}}
    told = offered.get(trust, {"insecure": True})
    trace, _, refusal = visited(saying(BYE), tls=certified(authority), **told)
    assert (refusal is None, of(trace, "opened") != []) == (trust != "nothing",) * 2
    assert refusal is None or "TLS failed" in refusal.detail

"""Targets as they are in the field: over IPv6, Unix sockets and TLS, with names and passwords."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.http11 import Request

from conformance import __version__
from conformance.rules import judge
from conformance.rules.server.limits import size_is_handled_or_refused
from conformance.scenarios.server.limits import sends_a_text_beyond_the_limit
from conformance.targets.secrets import secrets
from conformance.targets.server import Target
from conformance.trace.event import Refusal
from conformance.trace.trace import Trace
from conformance.wire.clock import LoopClock
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial, tls_for
from spec.dialect.shipped import protocol
from tests.rooms.wire.server.scripts import run
from tests.traces.notation import FAST

MEBIBYTE = 1 << 20


async def converse(connection: ServerConnection) -> None:
    async for text in connection:
        assert isinstance(text, str)
        await connection.send(
            '{"type":"pong"}' if text == '{"type":"ping"}' else f'{{"type":"echo","data":{text}}}'
        )


async def ping(dial: Dial) -> None:
    async with dial() as peer:
        await peer.ping()
        assert await peer.hear_until(1, by=dial.after(dial.patience))


def visited(
    url: str,
    listening: Callable[..., Any] = serve,
    place: tuple[Any, ...] = ("127.0.0.1", 0),
    act: Callable[[Dial], Awaitable[None]] = ping,
    tls: ssl.SSLContext | None = None,
    limit: int = MEBIBYTE,
    **told: Any,
) -> tuple[Trace, list[Request], Refusal | None]:
    """What a visit to a real server records, and the requests that it got.

    In `url`, `{port}` is where it listens.
    """
    requests: list[Request] = []

    def note(_: ServerConnection, request: Request) -> None:
        requests.append(request)

    async def visit(clock: LoopClock) -> tuple[Trace, Refusal | None]:
        server: Server
        async with listening(
            converse, *place, ssl=tls, process_request=note, max_size=limit
        ) as server:
            name = next(iter(server.sockets)).getsockname()
            target = Target(url.format(port=name[1]), FAST, **told)
            heading = Heading("by_hand", "server", target.shown, FAST, target.capabilities)
            recorder = Recorder(heading, clock.now())
            dial = Dial(target, recorder, clock, clock.now(), tls_for(target))
            try:
                await act(dial)
            except HandshakeRefused as error:
                return recorder.trace(), error.refusal
            return recorder.trace(), None

    trace, refusal = run(visit)
    return trace, requests, refusal


def test_path_and_query_reach_the_server_as_they_are() -> None:
    _, (request,), _ = visited("ws://127.0.0.1:{port}/a%20b/ws?room=1&x=%2F")
    assert request.path == "/a%20b/ws?room=1&x=%2F"


def test_the_handshake_says_who_is_there() -> None:
    _, (request,), _ = visited("ws://127.0.0.1:{port}/", headers={"Cookie": "id=7; theme=dark"})
    assert request.headers["User-Agent"].split()[0] == f"wsbeat/{__version__}"
    assert request.headers["Cookie"] == "id=7; theme=dark"


def test_a_header_may_differ_from_connection_to_connection() -> None:
    told = {"X-User": "check-{n}@example.org", "X-Room": "{n}"}
    seen = set()
    for _ in range(3):
        _, (request,), _ = visited("ws://127.0.0.1:{port}/", headers=told)
        number = request.headers["X-Room"]
        assert number.isdecimal()
        assert request.headers["X-User"] == f"check-{number}@example.org"
        seen.add(number)
    assert len(seen) == 3


def test_what_stands_around_the_number_of_a_connection_is_as_secret_as_the_rest() -> None:
    known = secrets("ws://127.0.0.1/", {"Authorization": "Bearer t0ken-{n}-end"}, protocol())
    assert {"t0ken-", "-end"} <= set(known)
    assert "Bearer" not in known


def test_user_and_password_of_the_url_are_basic_authentication() -> None:
    trace, (request,), _ = visited("ws://ann:p%40ss@127.0.0.1:{port}/")
    assert request.headers["Authorization"] == f"Basic {base64.b64encode(b'ann:p@ss').decode()}"
    assert "ann" not in "".join(trace.to_lines())


def test_a_server_is_reached_over_ipv6() -> None:
    _, (request,), refusal = visited("ws://[::1]:{port}/ws", place=("::1", 0))
    assert refusal is None
    assert request.headers["Host"].startswith("[::1]:")


def test_a_server_is_reached_through_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "app.sock")
    _, (request,), refusal = visited(f"ws+unix:{path}:/ws?room=1", unix_serve, (path,))
    assert refusal is None
    assert (request.path, request.headers["Host"]) == ("/ws?room=1", "localhost")


def test_a_unix_socket_that_is_not_there_is_told(tmp_path: Path) -> None:
    _, _, refusal = visited(f"ws+unix:{tmp_path}/none.sock")
    assert refusal == Refusal(None, "No such file or directory")


@pytest.mark.parametrize("compression", [True, False])
def test_compression_is_offered_when_it_is_asked_for(compression: bool) -> None:
    trace, (request,), _ = visited("ws://127.0.0.1:{port}/", compression=compression)
    assert ("Sec-WebSocket-Extensions" in request.headers) is compression
    assert '{"type":"pong"}' in [event.content for event in trace.events]


@pytest.mark.parametrize("form", ["one file", "two files", "none"])
def test_a_client_certificate_is_presented(form: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    cafile, both, cert, key = (str(tmp_path / name) for name in ("ca", "both", "cert", "key"))
    authority.cert_pem.write_to_path(cafile)
    mine = authority.issue_cert("client@wsbeat.example")
    mine.private_key_and_cert_chain_pem.write_to_path(both)
    mine.cert_chain_pems[0].write_to_path(cert)
    mine.private_key_pem.write_to_path(key)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(theirs)
    theirs.verify_mode = ssl.CERT_REQUIRED
    given = {"one file": both, "two files": f"{cert},{key}", "none": None}[form]
    url = "wss://127.0.0.1:{port}/"
    _, requests, refusal = visited(url, tls=theirs, cafile=cafile, client_cert=given)
    assert (len(requests), refusal is None) == ((0, False) if form == "none" else (1, True))


@pytest.mark.parametrize(
    ("limit", "verdict"), [(MEBIBYTE, "satisfied"), (2 * MEBIBYTE, "violated")]
)
def test_a_declared_size_limit_is_held_against_the_server(limit: int, verdict: str) -> None:
    def act(dial: Dial) -> Awaitable[None]:
        assert sends_a_text_beyond_the_limit.act is not None
        return sends_a_text_beyond_the_limit.act(dial, FAST)

    declared = MEBIBYTE
    trace, *_ = visited("ws://127.0.0.1:{port}/", act=act, limit=limit, max_message=declared)
    trace = replace(trace, max_message=declared)
    said = [str(e.content) for e in trace.events if e.kind == "sent" and e.opcode == "text"]
    ping, *large = (len(text.encode()) for text in said)
    assert (ping, large) == (len(protocol().say_ping(0)), [declared + 1] * 2)
    found = [observation for _, observation in judge(trace, [size_is_handled_or_refused])]
    assert [observation.outcome for observation in found] == [verdict] * 2

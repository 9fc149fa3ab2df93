"""A server that refuses: what it was asked with besides, and what the user is told to add."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from conformance.run.server.probe import Unreachable
from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.wire.server.demands import origin_of
from spec import load_timing

Welcome = Callable[[Headers], bool]


def told(welcome: Welcome, status: int = 403) -> str:
    """What is said of a server that takes only some clients, and talks to none."""

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        return None if welcome(request.headers) else connection.respond(status, "no\n")

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        async with serve(
            talk, "127.0.0.1", 0, process_request=refuse, select_subprotocol=chat, compression=None
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            yield f"ws://127.0.0.1:{port}/ws"

    with pytest.raises(Unreachable) as raised:
        check_server_within(serving, lambda url: Target(url, load_timing("fast")), Options())
    return str(raised.value)


async def talk(connection: ServerConnection) -> None:
    async for _ in connection:
        pass


def chat(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name == "chat"), None)


def test_who_asks_for_an_origin_is_within_its_rights() -> None:
    assert "takes one that says Origin: http://127.0.0.1:" in told(lambda given: "Origin" in given)
    assert "add --origin http://127.0.0.1:" in told(lambda given: "Origin" in given, 401)


def test_who_speaks_a_subprotocol_of_its_own_names_it() -> None:
    said = told(lambda given: "chat" in given.get("Sec-WebSocket-Protocol", ""), 400)
    assert "HTTP 400" in said
    assert "add --subprotocol chat" in said


@pytest.mark.parametrize(("status", "asked"), [(403, True), (404, False), (503, False)])
def test_who_takes_nobody_is_told_with_what_it_was_asked(status: int, asked: bool) -> None:
    said = told(lambda _: False, status)
    assert f"HTTP {status}" in said
    assert ("takes none that offers a subprotocol or says Origin" in said) == asked
    assert ("the path of its WebSocket?" in said) == (status != 503)


def test_the_origin_is_that_of_a_page_from_there() -> None:
    assert origin_of("wss://user:secret@a.example:8443/ws?token=x") == "https://a.example:8443"
    assert origin_of("ws://[::1]:8000") == "http://[::1]:8000"

"""However a connection ends, nothing of it stays in the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect

from reference_server import Settings, create_app
from reference_server.serving import create_server, listen
from spec import load_timing
from tests.peers.rude_client import TEXT, dialled, frame, read_to_end, stuff

FAST = load_timing("fast")
PLAN_B = Settings.from_timing(FAST, server_ping=True)
# No clock runs out by itself: what is forgotten here is forgotten because the connection ended.
PATIENT = Settings("patient", 30, 3600, 3600)


@dataclass(frozen=True)
class Here:
    """A server that runs in the event loop of the test."""

    url: str
    app: FastAPI
    server: uvicorn.Server

    async def all_ended(self) -> None:
        """Wait until no connection is left in the server, then see that the clocks agree."""
        async with asyncio.timeout(20):
            while tasks := self.server.server_state.tasks:
                await asyncio.wait(tasks)
            while self.server.server_state.connections:  # noqa: ASYNC110 - uvicorn tells nobody
                await asyncio.sleep(0.01)
        assert len(self.app.state.heartbeats) == 0


@asynccontextmanager
async def here(settings: Settings) -> AsyncIterator[Here]:
    """Run a server in this event loop, end it afterwards."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    app = create_app(settings)
    server = create_server(app, settings.drop_after, ready.set_result)
    with listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield Here(await ready, app, server)
        finally:
            server.should_exit = True
            await serving


ENDS = {
    "nothing was sent": b"",
    "half a frame": b"\x81\xfe\x01",
    "one ping": frame(TEXT, b'{"type":"ping"}'),
    "a thousand pings": frame(TEXT, b'{"type":"ping"}') * 1000,
    "a thousand echoes": frame(TEXT, b'"' + b"a" * 1000 + b'"') * 1000,
    "an array": frame(TEXT, b"[]"),
    "not JSON": frame(TEXT, b"{"),
    "infinity": frame(TEXT, b"1e400"),
    "binary": frame(0x2, b"\x00"),
    "empty text": frame(TEXT),
    "deep": frame(TEXT, b"[" * 100_000),
    "not UTF-8": frame(TEXT, b"\xff"),
    "a frame that does not exist": frame(0xF),
    "too big": frame(TEXT, b"a" * 2**21),
    "a Close": frame(0x8, b"\x03\xe8"),
    "an invalid Close": frame(0x8, b"\x00"),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("settings", [PATIENT, PLAN_B], ids=["core", "plan B"])
async def test_a_connection_that_is_reset_is_forgotten(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    async with here(settings) as server:
        for said in ENDS.values():
            for _ in range(3):
                async with dialled(server.url) as sock:
                    await asyncio.get_running_loop().sock_sendall(sock, said)
        await server.all_ended()
    assert capfd.readouterr().err == ""


@pytest.mark.asyncio
async def test_crowds_that_are_reset_at_once_are_forgotten(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def come_and_go(url: str) -> None:
        async with dialled(url) as sock:
            await asyncio.get_running_loop().sock_sendall(sock, ENDS["one ping"] * 20)

    async with here(PATIENT) as server:
        await asyncio.gather(*(come_and_go(server.url) for _ in range(100)))
        await server.all_ended()
        async with connect(server.url) as peer:
            await peer.send('{"type":"ping"}')
            assert await peer.recv() == '{"type":"pong"}'
    assert capfd.readouterr().err == ""


@pytest.mark.asyncio
@pytest.mark.parametrize("reads", [True, False], ids=["reads all", "reads nothing"])
async def test_a_peer_that_does_not_answer_the_close_is_dropped(
    reads: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    async with here(Settings.from_timing(FAST)) as server, dialled(server.url, 4096) as sock:
        if reads:
            assert (await read_to_end(sock)).endswith(b"\x03\xe8heartbeat timeout")
        else:
            await stuff(sock, frame(TEXT, b'"' + b"a" * 65000 + b'"'), 160, 0.3)
        await server.all_ended()
    assert capfd.readouterr().err == ""


@pytest.mark.asyncio
async def test_a_shutdown_does_not_wait_for_the_dead(capfd: pytest.CaptureFixture[str]) -> None:
    async with here(PLAN_B) as server, dialled(server.url, 4096) as sock, dialled(server.url):
        await stuff(sock, frame(TEXT, b'"' + b"a" * 65000 + b'"'), 160, 0.3)
        server.server.should_exit = True
        await server.all_ended()
    assert capfd.readouterr().err == ""

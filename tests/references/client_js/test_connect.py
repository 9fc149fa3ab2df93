"""``heartbeat-connect.js``: the client as a process, on npm's ws and on Node's own WebSocket."""

import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from time import monotonic

import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

import spec
from tests.references.client_js.node import ROOT, node, package

pytestmark = pytest.mark.proof

CLIENT = ROOT / "reference_client"
FAST = spec.load_timing("fast")
WITHIN = 30.0  # seconds for a whole test, on a machine that is busy with others

Lives = asyncio.Queue[ServerConnection]


@pytest.fixture(params=["ws", "built-in"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The command of the client, on the WebSocket of npm's ws or on the one that Node has."""
    if request.param == "ws":
        folder = package("ws").parent
        return ["env", f"NODE_PATH={folder}", node(), str(CLIENT / "heartbeat-connect.js")]
    for source in (CLIENT, ROOT / "spec" / "timing"):  # where no ws can be found
        shutil.copytree(source, tmp_path / source.relative_to(ROOT), dirs_exist_ok=True)
    flags = ["--no-warnings", "--experimental-websocket"]  # Node 20 has it behind this flag
    script = tmp_path / "reference_client" / "heartbeat-connect.js"
    return ["env", "-u", "NODE_PATH", node(), *flags, str(script)]


@asynccontextmanager
async def connecting(
    command: list[str], url: str, **environ: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the client until it is told to end, or for as long as the test lasts."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "WSBEAT_URL": url, "WSBEAT_TIMING": "fast", **environ},
    )
    try:
        async with asyncio.timeout(WITHIN):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, beginning: str) -> str:
    """Return the next line of the client that begins with these words."""
    assert process.stdout is not None
    async for line in process.stdout:
        if line.decode().startswith(beginning):
            return line.decode().rstrip("\n")
    assert process.stderr is not None
    raise AssertionError(f"no {beginning!r}; stderr: {(await process.stderr.read()).decode()}")


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, Lives]]:
    """Serve on a free port; each connection is handed to the test, and lasts until it ends."""
    lives: Lives = asyncio.Queue()

    async def life(connection: ServerConnection) -> None:
        lives.put_nowait(connection)
        await connection.wait_closed()

    async with serve(life, "localhost", 0, ssl=tls) as server:
        yield next(iter(server.sockets)).getsockname()[1], lives


def url_of(port: int, scheme: str = "ws") -> str:
    return f"{scheme}://localhost:{port}/ws"


async def answer_one(connection: ServerConnection) -> None:
    assert json.loads(await connection.recv()) == {"type": "ping"}
    await connection.send('{"type":"pong"}')


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_closes_the_connection_in_order(
    command: list[str], number: signal.Signals
) -> None:
    async with listening() as (port, lives), connecting(command, url_of(port)) as process:
        connection = await lives.get()
        await answer_one(connection)
        await said(process, "pong after")
        process.send_signal(number)
        assert await said(process, "close") == 'close 1000 "", for good'
        assert await process.wait() == 0
        await connection.wait_closed()
        assert connection.close_code == CloseCode.NORMAL_CLOSURE


@pytest.mark.asyncio
async def test_a_signal_ends_it_while_it_waits_to_reconnect(command: list[str]) -> None:
    with socket.create_server(("localhost", 0)) as closed:
        port = closed.getsockname()[1]
    async with connecting(command, url_of(port)) as process:
        await said(process, "close 1006")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


@pytest.mark.asyncio
async def test_a_server_that_answers_no_close_holds_nobody_up(command: list[str]) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = ServerProtocol()
        while protocol.state is State.CONNECTING:
            protocol.receive_data(await reader.read(4096))
            for request in protocol.events_received():
                assert isinstance(request, Request)
                protocol.send_response(protocol.accept(request))
        writer.write(b"".join(protocol.data_to_send()))
        await reader.read()  # until the client is gone
        writer.close()

    async with await asyncio.start_server(mute, "localhost", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connecting(command, url_of(port)) as process:
            await said(process, "open")
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0


@pytest.mark.asyncio
async def test_it_comes_back_however_a_connection_ends(command: list[str]) -> None:
    async with listening() as (port, lives), connecting(command, url_of(port)) as process:
        ended = 0.0
        for end in ("1000", "1012", "reset", "end of TCP"):
            connection = await lives.get()
            await answer_one(connection)
            if ended:
                assert monotonic() - ended >= FAST.reconnect_delay
            ended = monotonic()
            if end.isdigit():
                await connection.close(int(end), "heartbeat timeout")
            elif end == "reset":
                connection.transport.abort()
            else:
                connection.transport.close()
            await said(process, "close " + (end if end.isdigit() else "1006"))
        await answer_one(await lives.get())


@pytest.mark.asyncio
async def test_a_refused_handshake_is_tried_again(command: list[str]) -> None:
    requests = 0

    def refuse(connection: ServerConnection, _: Request) -> Response | None:
        nonlocal requests
        requests += 1
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "") if requests < 3 else None

    async with serve(answer_one, "localhost", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connecting(command, url_of(port)) as process:
            await said(process, "open")
    assert requests == 3


@pytest.mark.asyncio
async def test_what_it_prints_obeys_nobody(command: list[str]) -> None:
    async with listening() as (port, lives), connecting(command, url_of(port)) as process:
        connection = await lives.get()
        await connection.send("\x1b[31mred\x9b\u202e")
        assert await said(process, "message") == r'message "\u001b[31mred??"'
        await connection.send(b"\x00\xff")
        assert await said(process, "message") == "message (binary)"
        await connection.send("x" * 70_000)
        assert len(await said(process, "message")) < 300
        await answer_one(connection)
        await said(process, "pong after")


@pytest.mark.asyncio
@pytest.mark.parametrize("valid", [True, False])
async def test_only_a_valid_certificate_will_do(
    command: list[str], tmp_path: Path, valid: bool
) -> None:
    """C-TLS-VERIFY: no HTTP request is sent where the host is not the one of the certificate."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost" if valid else "elsewhere.example").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    trust = {"NODE_EXTRA_CA_CERTS": str(tmp_path / "authority.pem")}
    async with (
        listening(tls) as (port, lives),
        connecting(command, url_of(port, "wss"), **trust) as process,
    ):
        if valid:
            await answer_one(await lives.get())
            await said(process, "pong after")
        else:
            for _ in range(2):
                await said(process, "close 1006")
            assert lives.empty()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "no URL. Usage"),
        (["not a URL"], "Invalid URL"),
        (["ws://localhost/", "no-such-file.json"], "no-such-file.json"),
        (["ws://localhost/", str(CLIENT / "package.json")], 'no timing called "private"'),
    ],
)
def test_bad_usage_is_one_sentence(
    command: list[str], arguments: list[str], complaint: str
) -> None:
    run = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=WITHIN, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    [line] = run.stderr.splitlines()
    assert complaint in line

"""The reference server as a process: how it is started, and how it ends."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from reference_server import Settings, announcement
from spec import load_timing
from tests.peers.process import running
from tests.peers.rude_client import TEXT, dialled, frame, stuff


def refused(*arguments: str, environ: dict[str, str] | None = None) -> str:
    """Run the server, which must refuse with exit code 2, and return its one line of reason."""
    ended = subprocess.run(
        [sys.executable, "-m", "reference_server", *arguments],
        capture_output=True,
        timeout=30,
        text=True,
        env=environ,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    [line] = ended.stderr.splitlines()
    return line


def test_one_line_says_where_it_listens() -> None:
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        assert server.url.startswith("ws://127.0.0.1:")
        assert server.url.endswith("/ws")


def test_the_line_says_where_the_page_is() -> None:
    settings = Settings.from_timing(load_timing("fast"))
    line = announcement("ws://[::1]:8765/ws", settings)
    assert "ws://[::1]:8765/ws (timing fast)" in line
    assert line.endswith("page http://[::1]:8765/")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
@pytest.mark.asyncio
async def test_an_ipv6_address_is_written_in_brackets() -> None:
    with running("reference_server", "--host=::1", "--port=0", "--timing=fast") as server:
        assert server.url.startswith("ws://[::1]:")
        async with connect(server.url) as peer:
            await peer.send('{"type":"ping"}')
            assert await peer.recv() == '{"type":"pong"}'


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("--port", str(port))
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use" in line
    assert "expected" in line


def test_an_unknown_host_and_a_port_out_of_range_are_one_sentence() -> None:
    assert "cannot listen on no.such.host.invalid port 0" in refused(
        "--host", "no.such.host.invalid", "--port", "0"
    )
    assert "cannot listen on 127.0.0.1 port 70000" in refused("--port", "70000")


def test_bad_timing_is_one_sentence(tmp_path: Path) -> None:
    assert "WSBEAT_TIMING" in refused("--timing", str(tmp_path / "missing.json"))
    assert "WSBEAT_CHECK_INTERVAL" in refused(environ={"WSBEAT_CHECK_INTERVAL": "soon"})


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_closes_with_1012_and_ends_in_order(number: signal.Signals) -> None:
    with running("reference_server", "--port=0", "--timing=fast") as server:
        async with connect(server.url) as peer, dialled(server.url, 4096) as reads_nothing:
            echo_me = frame(TEXT, b'"' + b"a" * 65000 + b'"')
            await stuff(reads_nothing, echo_me, 160, 0.3)
            assert await asyncio.to_thread(server.end, number) == 0
            await peer.wait_closed()
            assert peer.close_code == 1012
        assert server.complaints() == ""


@pytest.mark.asyncio
async def test_plain_uvicorn_runs_the_application_too() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        command = [sys.executable, "-m", "uvicorn", "reference_server:app", "--log-level=warning"]
        command += ["--fd", str(probe.fileno())]
        popen = await asyncio.create_subprocess_exec(*command, pass_fds=[probe.fileno()])
        try:
            url = "ws://{}:{}/ws".format(*probe.getsockname())
            async with asyncio.timeout(30), connect(url) as peer:
                await peer.send('{"type":"ping"}')
                assert await peer.recv() == '{"type":"pong"}'
        finally:
            popen.terminate()
            await popen.wait()

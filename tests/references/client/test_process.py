"""The client as a process: what it prints and reads, and how it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reference_client.terminal import LONGEST, plain
from tests.references.client.listener import PATIENCE, listening

MODULE = [sys.executable, "-m", "reference_client"]
COMMAND = [sys.executable, "-m", "conformance", "connect"]


@asynccontextmanager
async def running(
    *command: str, stdin: int = subprocess.DEVNULL, stdout: int = PIPE, **environ: str
) -> AsyncIterator[Process]:
    """Run a client with fast timing, and kill it if it has not ended."""
    environment = {**os.environ, "WSBEAT_TIMING": "fast", **environ}
    process = await asyncio.create_subprocess_exec(
        *command, stdin=stdin, stdout=stdout, stderr=PIPE, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return (await process.stdout.readline()).decode()


async def ended(process: Process) -> tuple[int, str]:
    """Wait for the end; return the exit code and what was complained of."""
    async with asyncio.timeout(PATIENCE):
        _, complaints = await process.communicate()
    assert process.returncode is not None
    return process.returncode, complaints.decode()


@pytest.mark.asyncio
@pytest.mark.parametrize("command", [MODULE, COMMAND], ids=["module", "command"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_closes_in_order(command: list[str], number: signal.Signals) -> None:
    """C-CLOSE-ON-EXIT."""
    async with listening() as on, running(*command, on.url) as process:
        visit = await on.accepted()
        await visit.ping()
        process.send_signal(number)
        assert await visit.closed() == (1000, "")
        assert await ended(process) == (0, "")
        assert await visit.event() is None
        assert on.visits.empty()


@pytest.mark.asyncio
async def test_a_signal_ends_it_while_it_is_not_connected() -> None:
    async with listening() as on, running(*MODULE, WSBEAT_URL=on.url) as process:
        visit = await on.visit()
        await visit.request()
        visit.reset()
        assert await line(process) == "connecting\n"
        assert (await line(process)).startswith("waiting ")
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == (0, "")


@pytest.mark.asyncio
async def test_every_event_is_one_plain_line() -> None:
    async with listening() as on, running(*COMMAND, WSBEAT_URL=on.url) as process:
        visit = await on.accepted()
        visit.send('{"type":"echo","data":"\\u001b[31m\u202e\\n"}')
        visit.send("not JSON")
        visit.send('"' + "a" * 65534 + '"')
        visit.send("[" * 500 + "]" * 500)
        visit.close(1011, "\x1b[2J\n\x07")
        said = [await line(process) for _ in range(6)]
        assert said[:2] == ["connecting\n", "open\n"]
        [waiting] = [each for each in said if each.startswith("waiting 0.")]
        assert waiting.endswith("1011 (internal error) \\x1b[2J\\n\\x07\n")
        said.remove(waiting)  # which may overtake what is still to be read
        assert said[2] == 'message {"type": "echo", "data": "\\u001b[31m\\u202e\\n"}\n'
        assert said[3] == f'message "{"a" * (LONGEST - 9)}... (65544 characters)\n'
        assert said[4].startswith("message [[[")
        await on.accepted()
        assert [await line(process) for _ in range(2)] == ["connecting\n", "open\n"]


@pytest.mark.asyncio
async def test_lines_that_are_json_are_sent_and_the_end_of_input_ends_nothing() -> None:
    async with listening() as on, running(*COMMAND, on.url, stdin=PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"order":17}\n\nnope\r\n{"type":"ping"}\n\xff\n[2]')
        process.stdin.close()
        visit = await on.accepted()
        sent: list[object] = []
        while len(sent) < 2:
            message = await visit.message()
            if message != {"type": "ping"}:
                sent.append(message)
        assert sent == [{"order": 17}, [2]]
        said = [await line(process) for _ in range(5)]
        assert said[:2] == ["connecting\n", "open\n"]
        assert all(it.startswith("not sent: ") for it in said[2:])
        for _ in range(2):
            visit.pong()
            await visit.ping()
        process.send_signal(signal.SIGTERM)
        assert (await visit.closed())[0] == 1000
        assert await ended(process) == (0, "")


@pytest.mark.asyncio
async def test_without_standard_input_it_goes_on() -> None:
    command = ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *MODULE]
    async with listening() as on, running(*command, on.url) as process:
        visit = await on.accepted()
        for _ in range(3):
            await visit.ping()
            visit.pong()
        process.send_signal(signal.SIGTERM)
        assert (await visit.closed())[0] == 1000
        assert await ended(process) == (0, "")


@pytest.mark.asyncio
async def test_the_heartbeat_goes_on_while_nobody_reads_the_output() -> None:
    reader, writer = os.pipe()
    try:
        async with listening() as on, running(*MODULE, on.url, stdout=writer) as process:
            visit = await on.accepted()
            for _ in range(200):  # more than a pipe holds, and than waits for a reader
                for _ in range(10):
                    visit.protocol.send_text(b'"' + b"a" * 1000 + b'"')
                visit.flush()
            for _ in range(5):
                await visit.ping()
                visit.pong()
            process.send_signal(signal.SIGTERM)
            assert await visit.closed() == (1000, "")
            assert await ended(process) == (0, "")
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.asyncio
async def test_it_closes_when_the_reader_of_its_output_has_gone() -> None:
    reader, writer = os.pipe()
    async with listening() as on, running(*COMMAND, on.url, stdout=writer) as process:
        os.close(writer)
        visit = await on.visit()
        request = await visit.request()
        os.close(reader)
        visit.answer(visit.protocol.accept(request))
        assert await visit.closed() == (1000, "")
        assert await ended(process) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["http://host/"], "no ws:// or wss:// address"),
        (["ws://127.0.0.1:9/", "--timing", "none"], "no timing set of that name"),
        (["wss://127.0.0.1:9/", "--cafile", "/no/such.pem"], "no certificates in PEM"),
        ([], "URL"),
    ],
)
@pytest.mark.parametrize("command", [MODULE, COMMAND], ids=["module", "command"])
def test_bad_usage_is_told_in_a_sentence(
    command: list[str], arguments: list[str], complaint: str
) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WSBEAT_")}
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=30, env=environ, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_printed_stands_on_one_line_and_controls_no_terminal() -> None:
    assert plain("é 💓") == "é 💓"
    assert plain("a\x1b[2J\r\n\u202e\ud800\x85") == "a\\x1b[2J\\r\\n\\u202e\\ud800\\x85"
    assert plain("a" * 5000) == "a" * LONGEST + "... (5000 characters)"

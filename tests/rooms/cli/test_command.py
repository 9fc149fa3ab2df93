"""`--command`: what is asked for, how the server is started, and what is said when it does not."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.config.error import ConfigError
from conformance.config.server import Given, requested
from conformance.run.check import check_server
from conformance.run.server import instances
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.targets.started.process import CannotStart, LaunchError, free_ports
from conformance.verdict.selection import UsageError
from tests.rooms.cli.by_command import (
    FAST,
    MUTANT,
    REFERENCE,
    URL,
    check,
    needs_libfaketime,
    python,
    verdicts,
)
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine

SERVE = "uvicorn app:app --port {port}"
AT_MOST = 90.0


# What is asked for.


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (None, URL),
        ("/", URL),
        ("/ws?room=1", "ws://127.0.0.1:{port}/ws?room=1"),
        ("ws://localhost:{port}/ws", "ws://localhost:{port}/ws"),
        ("wss://user:secret@[::1]:{port}/", "wss://user:secret@[::1]:{port}/"),
    ],
)
def test_the_url_is_where_the_server_will_listen(given: str | None, url: str) -> None:
    target, _ = requested(Given(url=given, command=SERVE), None)
    assert (target.url, target.command) == (url, SERVE)
    assert target.at(20001).address == url.replace("{port}", "20001")
    assert "secret" not in target.shown


def test_command_and_url_can_stand_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wsbeat.toml"
    file.write_text(f'command = "{SERVE}"\nurl = "ws://localhost:{{port}}/ws"')
    target, _ = requested(Given(), str(file))
    assert (target.url, target.command) == ("ws://localhost:{port}/ws", SERVE)
    target, _ = requested(Given(url="/other", command="serve {port}"), str(file))
    assert (target.url, target.command) == ("ws://127.0.0.1:{port}/other", "serve {port}")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Given(command="uvicorn app:app"), ["lacks {port}", "'uvicorn app:app --port {port}'"]),
        (Given(command=""), ["lacks {port}"]),
        (Given(command="serve '{port}"), ["No closing quotation", "quoted as in a shell"]),
        (Given(url="ws://127.0.0.1:8000/ws", command=SERVE),
         ["ws://127.0.0.1:8000/ws does not say {port}", "a path such as /ws"]),
        (Given(url="ws://u:hush@h:8000/ws", command=SERVE), ["ws://h:8000/ws does not say"]),
        (Given(url="http://127.0.0.1:{port}/", command=SERVE), ["Did you mean ws://"]),
        (Given(url="ws"), ["no scheme"]),
        (Given(url=URL), ["{port} stands for the port", "Give the --command"]),
        (Given(), ["No URL was given"]),
    ],
    ids=lambda value: repr(value.command) if isinstance(value, Given) else "",
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_words(given: Given, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        requested(given, None)
    for word in words:
        assert word in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_command_line_hands_it_over(wsbeat: Wsbeat, engine: Engine) -> None:
    outcome = wsbeat("server", "--command", SERVE, "/ws")
    assert outcome.exit_code == 0, outcome.output
    assert engine.target.command == SERVE
    assert f"production timing, started with {SERVE}" in " ".join(outcome.stderr.split())
    assert wsbeat("server", "--command", "serve").exit_code == 2


# How it is started.


def test_a_program_that_there_is_not_is_a_usage_error() -> None:
    with pytest.raises(CannotStart, match="no-such-server cannot be started: No such file"):
        check(["no-such-server", "{port}"], "S-PONG")


def test_a_server_that_ends_at_once_is_told_with_what_it_said() -> None:
    with pytest.raises(LaunchError, match="ended with code 3 before it was ready") as caught:
        check(python("import sys; print('no config'); sys.exit(3)"), "S-PONG")
    assert " It said:\n  no config" in str(caught.value)


def test_a_server_whose_port_is_in_use_is_told_with_what_it_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [port] = free_ports(1)
    monkeypatch.setattr(instances, "free_ports", lambda count: [port, *free_ports(count - 1)])
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(LaunchError, match="The server ended with code 1") as caught,
    ):
        check(MUTANT, "S-PONG")
    assert "address already in use" in str(caught.value).lower()


def test_a_server_that_is_never_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "HANDSHAKE_TIMEOUT", 0.5)
    with pytest.raises(LaunchError, match="was not ready after 0 s") as caught:
        check(python("import time; print('thinking'); time.sleep(60)"), "S-PONG")
    assert "Connection refused" in str(caught.value)
    assert "It said:\n  thinking" in str(caught.value)


def test_a_server_that_only_accepts_tcp_is_never_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "HANDSHAKE_TIMEOUT", 0.5)
    deaf = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1])))"
    with pytest.raises(LaunchError, match="the handshake was not answered in time"):
        check(python(f"{deaf}; time.sleep(60)"), "S-PONG")


def test_it_is_checked_and_ended() -> None:
    result = check(REFERENCE, "S-PONG", "S-GOING-AWAY", url="ws://localhost:{port}/ws")
    assert verdicts(result) == {"S-PONG": "passed", "S-GOING-AWAY": "passed"}
    assert result.notes == ()
    assert result.target.shown == "ws://localhost:{port}/ws"


def test_without_a_command_what_needs_one_is_not_applicable() -> None:
    with pytest.raises(UsageError, match="S-GOING-AWAY: wsbeat has not started the server itself"):
        check_server(Target("ws://127.0.0.1:1/", FAST), Options(select=("S-GOING-AWAY",)), print)


STUBBORN = """
import asyncio, signal, sys
import tests.mutants.__main__ as program
signal.signal(signal.SIGTERM, signal.SIG_IGN)
asyncio.AbstractEventLoop.add_signal_handler = None
import asyncio.unix_events as events
events._UnixSelectorEventLoop.add_signal_handler = lambda *_: None
sys.argv[1:] = ["--timing", "fast", "--port", sys.argv[1]]
program.main()
"""


@pytest.mark.proof
def test_one_that_ignores_being_asked_to_end_is_found_out_and_killed() -> None:
    begun = time.monotonic()
    result = check(python(STUBBORN), "S-GOING-AWAY")
    assert verdicts(result) == {"S-GOING-AWAY": "warned"}
    [finding] = next(
        each.findings for each in result.assessments if each.requirement.id == "S-GOING-AWAY"
    )
    assert finding.message == "A server that was asked to end left a connection open."
    assert shlex.split(finding.reproduce)[:4] == [
        "wsbeat", "server", "--command", shlex.join(python(STUBBORN)),
    ]  # fmt: skip
    assert time.monotonic() - begun < AT_MOST


DYING = """
import os, sys
import tests.mutants.__main__ as program
from tests.mutants.connection import Connection
served = 0
async def serve(self, serve=Connection.serve):
    global served
    served += 1
    if served == 10:
        print("out of memory", flush=True)
        os._exit(9)
    await serve(self)
Connection.serve = serve
sys.argv[1:] = ["--timing", "fast", "--port", sys.argv[1]]
program.main()
"""


@pytest.mark.proof
def test_one_that_ends_by_itself_meanwhile_is_told_of() -> None:
    result = check(python(DYING), "S-TIMEOUT-*", "S-REFRESH")
    all_ended, *_, note = result.notes
    assert all_ended.startswith("All connections that there were")
    assert note.startswith("The server ended with code 9 while it was checked. It said:\n")
    assert note.endswith("\n  out of memory")


DIES_OF_BINARY = """
import os, sys
from dataclasses import replace
import tests.mutants.__main__ as program
def find(name, find=program.find):
    return replace(find(name), change=lambda base: replace(base, binary=lambda _: os._exit(9)))
program.find = find
sys.argv[1:] = ["--timing", "fast", "--port", sys.argv[1]]
program.main()
"""


@pytest.mark.proof
@needs_libfaketime
def test_the_end_of_one_process_explains_that_of_its_connections_though_others_live_on() -> None:
    """What is open to the server whose wall clock is set has no part in it.

    Which message it was is seen where it is sent alone, to a server that was started again.
    """
    result = check(
        python(DIES_OF_BINARY), "S-BINARY", "S-MONOTONIC", "S-TIMEOUT-*", "S-REFRESH", "S-IGNORE-*"
    )
    failed = {name for name, verdict in verdicts(result).items() if verdict == "failed"}
    assert failed == {"S-BINARY"}
    refused, *_, ended = (note for note in result.notes if "handshake" in note or "code 9" in note)
    assert "Nobody listened at that time" in refused
    assert "ended with code 9 while it was checked, and was started again by wsbeat" in ended


# The whole command.


@pytest.mark.proof
def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    code = (
        "import os, sys; open(sys.argv[2], 'a').write(f'{os.getpid()}\\n'); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[3:]])"
    )
    command = [sys.executable, "-c", code, "{port}", str(file), *REFERENCE[1:]]
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "server", "--command", shlex.join(command), "/ws",
         "--timing", "production", "--json", str(tmp_path / "r.json"),
         "--select", "S-TIMEOUT-CODE", "--select", "S-GOING-AWAY", "--select", "S-MONOTONIC"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while "scenarios" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=AT_MOST)
    assert process.returncode == 3, errors
    assert "Traceback" not in errors
    assert json.loads((tmp_path / "r.json").read_text())["target"] == f"{URL}ws"
    for number in map(int, file.read_text().split()):
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)

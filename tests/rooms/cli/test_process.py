"""wsbeat as the process that a shell or a CI sees: exit codes, signals, pipes, start-up."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

WSBEAT = [sys.executable, "-m", "conformance"]
PATIENCE = 60.0

BROKEN = """
import conformance.run.check
def broken(*_):
    raise {error}
conformance.run.check.check_server = broken
from conformance.cli import main
main(["server", "ws://127.0.0.1:1/ws"])
"""

STUCK = """
import time
import conformance.run.check
def stuck(*_):
    print("stuck", flush=True)
    time.sleep(60)
conformance.run.check.check_server = stuck
from conformance.cli import main
main(["server", "ws://127.0.0.1:1/ws"])
"""

FINISHED = """
import conformance.run.check
from tests.rooms.report.samples import SECOND_PONG, result
conformance.run.check.check_server = lambda *_: result(SECOND_PONG)
from conformance.cli import main
main(["server", "ws://127.0.0.1:1/ws", "--json", "{file}"])
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WSBEAT, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_help_imports_next_to_nothing() -> None:
    traced = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "conformance", "--help"],
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in traced.stderr.splitlines()}
    packages = {name.partition(".")[0] for name in imported}
    assert {"click", "conformance"} <= packages
    assert not packages & {
        "rich", "hypothesis", "websockets", "spec", "asyncio", "jinja2", "jsonschema",
        "junitparser", "fastapi", "uvicorn", "reference_server", "tomllib", "json", "ssl",
    }  # fmt: skip
    own = {name for name in imported if name.startswith("conformance")}
    beside = {name for name in own if not name.startswith("conformance.cli")}
    few = {"conformance", "conformance.config", "conformance.config.cache"}
    assert beside == few, "each command is imported when it is asked for"
    assert not own & {"conformance.cli.check", "conformance.cli.contract"}


def test_a_fault_of_ours_is_told_as_ours_without_a_traceback(tmp_path: Path) -> None:
    done = python(BROKEN.format(error="ValueError('it broke \\x1b[31m')"), TMPDIR=str(tmp_path))
    assert done.returncode == 4
    assert "Traceback" not in done.stdout + done.stderr
    assert "wsbeat failed: ValueError: it broke <ESC>[31m" in done.stderr
    assert "a fault of wsbeat and not of the target" in done.stderr
    assert "the project's issue tracker" in done.stderr
    (file,) = tmp_path.glob("wsbeat-fault-*.txt")
    assert str(file) in done.stderr
    assert "Traceback (most recent call last)" in file.read_text()


def test_a_fault_is_told_even_where_nothing_can_be_saved() -> None:
    code = BROKEN.format(error="ValueError()").replace(
        "import conformance.run.check", "import conformance.run.check, tempfile\n"
        "def no_room(*_, **__): raise OSError(28, 'No space left on device')\n"
        "tempfile.NamedTemporaryFile = no_room", 1,
    )  # fmt: skip
    done = python(code)
    assert done.returncode == 4
    assert "could not be saved (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr.replace("Its traceback", "")


@pytest.mark.proof
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_before_there_is_a_result_is_one_line_and_exit_3(
    number: signal.Signals,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stuck\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert errors.strip() == "wsbeat: interrupted before there was anything to report."


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["explain", "S-PONG"]])
def test_a_reader_that_goes_away_is_no_fault(arguments: list[str]) -> None:
    process = subprocess.Popen(
        [*WSBEAT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(PATIENCE) == 0


def test_a_reader_that_goes_away_does_not_change_the_verdict(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    process = subprocess.Popen(
        [sys.executable, "-c", FINISHED.format(file=file)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(PATIENCE) == 1
    assert json.loads(file.read_text())["outcome"] == "violated"


def test_a_terminal_that_knows_only_ascii_is_no_fault(tmp_path: Path) -> None:
    code = FINISHED.replace("SECOND_PONG, result", "hostile")
    code = code.replace("result(SECOND_PONG)", "hostile(chr(0x65e5) + chr(0x1f600))")
    done = python(code.format(file=tmp_path / "r.json"), PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 1, done.stderr
    assert done.stdout.isascii()
    assert r"\u65e5\U0001f600" in done.stdout
    assert run("explain", "\u65e5", PYTHONIOENCODING="ascii:strict").returncode == 2


def test_a_server_that_is_not_there_is_one_sentence_and_exit_3() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        done = run("server", f"ws://127.0.0.1:{port}/ws", "--timing", "fast")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"wsbeat: No WebSocket connection to ws://127.0.0.1:{port}/ws")


CONFORMANT = """
import sys
import conformance.run.check
from tests.rooms.report.samples import passed, result
def checked(target, options, watch):
    from conformance.run.plan import Plan
    watch(Plan(1, 1, 1, 1.0))
    return result(passed("S-ACCEPT"))
conformance.run.check.check_server = checked
from conformance.cli import main
main(["server", "ws://127.0.0.1:1/ws"])
"""


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def buffering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on most machines, and as in many images, where what is said leaves at once."""
    monkeypatch.setenv("PYTHONUNBUFFERED", request.param)


@pytest.mark.usefixtures("buffering")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_has_gone_does_not_change_the_exit_code(stream: str) -> None:
    read, write = os.pipe()
    os.close(read)
    nowhere = subprocess.DEVNULL
    done = subprocess.run(
        [sys.executable, "-c", CONFORMANT], timeout=PATIENCE, check=False,
        stdout=write if stream == "stdout" else nowhere,
        stderr=write if stream == "stderr" else nowhere,
    )  # fmt: skip
    os.close(write)
    assert done.returncode == 0


@pytest.mark.usefixtures("buffering")
def test_a_full_disk_is_incomplete_and_not_a_fault() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", CONFORMANT], timeout=PATIENCE, check=False,
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 3
    assert "the report could not be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("buffering")
@pytest.mark.parametrize("command", ["list", "explain S-PONG", "--help"])
def test_what_has_no_room_on_a_full_disk_is_no_fault_of_wsbeat(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*WSBEAT, *command.split()], timeout=PATIENCE, check=False,
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr == (
        "wsbeat: what it has to say could not be written: No space left on device.\n"
    )


@pytest.mark.usefixtures("buffering")
def test_the_exit_code_is_the_same_where_nobody_can_be_told() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*WSBEAT, "server", "ws://127.0.0.1:1/ws"], timeout=PATIENCE, check=False,
            stdout=full, stderr=full,
        )  # fmt: skip
    assert done.returncode == 3

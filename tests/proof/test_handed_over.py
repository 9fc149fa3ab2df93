"""A finding handed over as a script, run by a Python that has `websockets` and nothing else.

The mutants are processes, and the script is what the command wrote. What waits for the clock is
shown as well as what is answered at once.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import websockets

from tests.peers.process import running

pytestmark = pytest.mark.proof

LONGEST = 60.0  # seconds; a run on one requirement at `fast` timing takes about ten

SERVERS = {
    "answers_every_ping_twice": "S-PONG",
    "echoes_true_as_1": "S-ECHO-DATA",
    "restarts_the_clock_with_business": "S-ONLY-PINGS",
    "closes_a_tenth_too_early": "S-TIMEOUT-EARLIEST",
}

CLIENTS = {"adds_the_time_to_its_pings": "C-PING-FORM", "comes_back_at_once": "C-RECONNECT-FLOOR"}


def wsbeat(role: str, *words: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "conformance", role, *words, "--timing", "fast", "--examples", "5"],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def alone(folder: Path, *words: str) -> int:
    """Run a script where nothing can be imported but `websockets`; return its exit code."""
    library = folder / "websockets"
    if not library.exists():
        library.symlink_to(Path(websockets.__file__).parent)
    run = subprocess.run(
        [sys.executable, "-S", "-s", *words],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert "Traceback" not in run.stderr, run.stderr
    assert ("It shows." in run.stdout) is (run.returncode == 1), run.stdout
    return run.returncode


def test_nothing_else_can_be_imported_there(tmp_path: Path) -> None:
    (tmp_path / "greedy.py").write_text("import click")
    run = subprocess.run(
        [sys.executable, "-S", "-s", "greedy.py"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=False,
    )  # fmt: skip
    assert b"ModuleNotFoundError" in run.stderr


@pytest.mark.parametrize(("name", "requirement"), SERVERS.items())
def test_a_script_and_a_replay_show_a_server(name: str, requirement: str, tmp_path: Path) -> None:
    script, traces = str(tmp_path / "show.py"), tmp_path / "traces"
    arguments = ("--port", "0", "--timing", "fast")
    with running("tests.mutants", name, *arguments) as server:
        page = wsbeat(
            "server", server.url, "--select", requirement,
            "--traces", str(traces), "--standalone", script,
        )  # fmt: skip
        [replay] = [line for line in _commands(page) if "--replay" in line]
        wsbeat(*shlex.split(replay)[1:])
        assert alone(tmp_path, "show.py", server.url) == 1
    with running("tests.mutants", "compliant", *arguments) as server:
        assert alone(tmp_path, "show.py", server.url) == 0
    assert alone(tmp_path, "show.py", "ws://127.0.0.1:9/") == 3  # Nobody listens there.


def _commands(page: str) -> list[str]:
    """The commands on a page, each on one line."""
    joined = page.replace("\\\n", " ")
    return [line[line.index("wsbeat ") :] for line in joined.splitlines() if "  wsbeat " in line]


@pytest.mark.parametrize(("name", "requirement"), CLIENTS.items())
def test_a_script_shows_a_client(name: str, requirement: str, tmp_path: Path) -> None:
    script = str(tmp_path / "show.py")

    def command(known: str) -> list[str]:
        # The client has what it needs, and only the script has not.
        words = f"exec {sys.executable} -m tests.mutants.clients {known} $0 --timing fast"
        return ["/bin/sh", "-c", f"cd {Path.cwd()}; unset PYTHONPATH; {words}", "{url}"]

    wsbeat("client", "--command", shlex.join(command(name)), "--select", requirement,
           "--standalone", script)  # fmt: skip
    assert alone(tmp_path, "show.py", *command(name)) == 1
    assert alone(tmp_path, "show.py", *command("compliant")) == 0

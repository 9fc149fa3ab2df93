"""The demo: a server process that is checked, and that never outlives the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.exceptions import Exit

from conformance.cli import demo
from conformance.cli.demo import DemoError, reference_server, running
from conformance.cli.showing.outcome import finish_both
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine
from tests.rooms.report.samples import SECOND_PONG, judged, passed, result

PATIENCE = 180.0

DEMO = [sys.executable, "-m", "conformance", "demo"]

READY = "import sys, time; print('ready at ws://127.0.0.1:9/ws now', flush=True); "
SAYS_ITS_NUMBER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); " + READY


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_url_of_the_ready_line_is_found_and_the_server_ended(tmp_path: Path) -> None:
    file = tmp_path / "number"
    with running(python(SAYS_ITS_NUMBER + "time.sleep(60)", str(file)), dict(os.environ)) as url:
        assert url == "ws://127.0.0.1:9/ws"
        assert is_alive(int(file.read_text()))
    assert not is_alive(int(file.read_text()))


def test_a_server_that_will_not_end_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "number"
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SAYS_ITS_NUMBER
    begun = time.monotonic()
    with running(python(stubborn + "time.sleep(60)", str(file)), dict(os.environ), end=0.3):
        pass
    assert not is_alive(int(file.read_text()))
    assert time.monotonic() - begun < 20


def test_it_is_ended_after_an_interrupt_too(tmp_path: Path) -> None:
    file = tmp_path / "number"
    command = python(SAYS_ITS_NUMBER + "time.sleep(60)", str(file))
    with pytest.raises(KeyboardInterrupt), running(command, dict(os.environ)):
        raise KeyboardInterrupt
    assert not is_alive(int(file.read_text()))


def test_a_server_that_dies_is_told_with_what_it_said() -> None:
    dying = "import sys; sys.stderr.write('no such\\x1b[31m module\\n'); sys.exit(7)"
    with (
        pytest.raises(DemoError, match="ended with code 7 before it was ready") as told,
        running(python(dying), dict(os.environ)),
    ):
        pass
    assert "  no such<ESC>[31m module" in str(told.value)


def test_a_server_that_is_never_ready_is_given_up() -> None:
    with (
        pytest.raises(DemoError, match="was not ready after"),
        running(python("import time; time.sleep(60)"), dict(os.environ), start=0.5),
    ):
        pass


def test_the_environment_of_the_caller_does_not_change_the_timing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WSBEAT_HEARTBEAT_TIMEOUT", "nonsense")
    with reference_server("fast") as url:
        assert url.startswith("ws://127.0.0.1:")


def test_it_checks_the_server_that_it_started(wsbeat: Wsbeat, engine: Engine) -> None:
    outcome = wsbeat("demo", "--json", "r.json")
    assert outcome.exit_code == 0, outcome.output
    assert engine.target.url.startswith("ws://127.0.0.1:")
    assert engine.target.timing.name == "fast"
    assert json.loads(Path("r.json").read_text())["outcome"] == "conformant"


def test_it_checks_the_client_too_and_reports_beside(wsbeat: Wsbeat, engine: Engine) -> None:
    assert wsbeat("demo", "--json", "r.json", "--html", "out.html").exit_code == 0
    target, _ = engine.clients[-1]
    assert "-m reference_client" in target.given
    assert target.timing.name == "fast"
    assert json.loads(Path("r-client.json").read_text())["outcome"] == "conformant"
    assert Path("out-client.html").is_file()


@pytest.mark.parametrize(
    ("server", "client", "code"), [(0, 1, 1), (1, 3, 1), (3, 0, 3), (0, 3, 3), (0, 0, 0)]
)
def test_the_worse_of_both_outcomes_counts(server: int, client: int, code: int) -> None:
    outcomes = {
        0: passed("S-PONG"),
        1: SECOND_PONG,
        3: judged("S-PONG", "inconclusive", "It was late."),
    }
    with pytest.raises(Exit) as ended:
        finish_both(result(outcomes[server]), result(outcomes[client]), [])
    assert ended.value.exit_code == code


def test_the_timing_is_that_of_both_sides(wsbeat: Wsbeat, engine: Engine) -> None:
    assert wsbeat("demo", "--timing", "production").exit_code == 0
    assert engine.target.timing.name == "production"


def test_in_virtual_time_both_live_here_at_production_timing(
    wsbeat: Wsbeat, engine: Engine
) -> None:
    assert wsbeat("demo", "--virtual").exit_code == 0
    assert engine.target.within == "asgi:reference_server:app/ws"
    assert engine.target.timing.name == "production"
    client, _ = engine.clients[-1]
    assert (client.given, client.timing.name) == ("py:reference_client:live", "production")


@pytest.mark.proof
def test_both_are_conformant_in_virtual_time_whatever_the_environment_says() -> None:
    environment = os.environ | {"WSBEAT_HEARTBEAT_TIMEOUT": "nonsense"}
    done = subprocess.run(
        [*DEMO, "--virtual"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("conformant (exit code 0)") == 2
    assert "note:" not in done.stdout


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_without_the_reference_server_one_sentence_says_how_to_get_it(
    command: str, wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda name: None if name == "fastapi" else object())
    outcome = wsbeat(command)
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        "wsbeat: The reference server needs fastapi. "
        'Install it with: pip install "wsbeat[reference]"\n'
    )


def test_a_start_that_fails_is_incomplete(wsbeat: Wsbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "READY_TIMEOUT", 0.01)
    monkeypatch.setattr(demo, "_url", _never)
    outcome = wsbeat("demo")
    assert outcome.exit_code == 3
    assert "was not ready" in outcome.stderr


def _never(*_: object) -> str:
    raise DemoError("The reference server was not ready after 20 s.")


@pytest.mark.long
def test_no_fault_is_found_in_both_references(tmp_path: Path) -> None:
    """What is left open is put down to this machine, which other tests keep busy."""
    command = [*DEMO, "--json", str(tmp_path / "r.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    reports = [json.loads((tmp_path / name).read_text()) for name in ("r.json", "r-client.json")]
    told = [each for report in reports for each in report["requirements"]]
    open_for = [each["because"] for each in told if each["verdict"] == "inconclusive"]
    assert {each["verdict"] for each in told} <= {"passed", "not_applicable", "inconclusive"}
    busy = ("wsbeat itself was late", "wsbeat was late", "for a processor")
    assert all(any(each in why for each in busy) for why in open_for), open_for
    assert done.returncode == (3 if open_for else 0), done.stdout + done.stderr
    says = "incomplete" if reports[1]["outcome"] == "incomplete" else "conformant"
    assert done.stdout.splitlines()[-1].startswith(says)


@pytest.mark.proof
def test_an_interrupted_demo_reports_what_it_has() -> None:
    process = subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("checking ws://")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    report, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, report + errors
    assert "incomplete (interrupted, exit code 3)" in report
    assert "Traceback" not in report + errors


def test_serve_says_where_and_ends_in_order() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "serve", "--port", "0", "--timing", "fast",
         "--server-ping"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "ws://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors == ""

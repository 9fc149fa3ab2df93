"""`--update-known-failing` writes the list after the run, and says what is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.config.known_failing import read_known_failing
from conformance.targets.options import Options
from tests.rooms.cli.conftest import Wsbeat
from tests.rooms.cli.engine import Engine
from tests.rooms.report.samples import failed, passed, result

URL = "ws://127.0.0.1:8765/ws"
UPDATE = ("--known-failing", "known.toml", "--update-known-failing")


def found(*, path: str = "known.toml", interrupted: bool = False) -> Engine:
    options = Options(known_failing_file=path, updates_known_failing=True)
    made = result(passed("S-ACCEPT"), failed("S-PONG"), options=options, interrupted=interrupted)
    return Engine(made)


def test_the_list_is_written_and_the_exit_code_is_that_of_the_run(
    wsbeat: Wsbeat, engine: Engine
) -> None:
    engine.answer = found().answer
    outcome = wsbeat("server", URL, *UPDATE)
    assert outcome.exit_code == 1
    assert "wsbeat: known.toml has 1 entry now. Write a reason into 1 of them." in outcome.output
    assert [each.requirement for each in read_known_failing("known.toml")] == ["S-PONG"]


def test_a_run_that_was_interrupted_leaves_it_alone(wsbeat: Wsbeat, engine: Engine) -> None:
    engine.answer = found(interrupted=True).answer
    outcome = wsbeat("server", URL, *UPDATE)
    assert outcome.exit_code == 3
    assert "known.toml was left as it is" in outcome.output
    assert not Path("known.toml").exists()


def test_a_list_that_cannot_be_written_is_an_exit_code_of_its_own(
    wsbeat: Wsbeat, engine: Engine
) -> None:
    Path("there").mkdir()
    engine.answer = found(path="there").answer
    outcome = wsbeat("server", URL, *UPDATE)
    assert outcome.exit_code == 3
    assert "there could not be written" in outcome.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--update-known-failing",), "Give its file with --known-failing."),
        (("--known-failing", "missing.toml"), "missing.toml: no such file."),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], sentence: str, wsbeat: Wsbeat) -> None:
    outcome = wsbeat("server", URL, *words)
    assert outcome.exit_code == 2
    assert sentence in outcome.output

"""The walk through a dialect of one's own is as the manual has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import cli
from conformance.pytest_fixture import Wsbeat
from conformance.verdict.result import Result
from spec.dialect.file import read_dialect
from spec.dialect.shipped import names
from tests.peers.dialects.numbered_beats import app
from tests.peers.dialects.numbered_client import main as client

PAGE = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text("utf-8")
FAULTS = {
    "is impatient": "S-TIMEOUT-EARLIEST",
    "closes with 1001": "S-TIMEOUT-CODE",
    "counts everything": "S-ONLY-PINGS",
    "ignores case": "S-PING-FORM",
    "counts itself": "S-PONG",
    "answers otherwise": "S-PONG",
    "answers twice": "S-PONG",
}
"""What the application can have wrong, and which requirement tells."""


def block(mark: str) -> str:
    (found,) = re.findall(rf"<!-- {mark} -->\n```\w+\n(.*?)\n```", PAGE, re.S)
    return str(found)


def broken(result: Result) -> dict[str, str]:
    """What a run found to be violated, and how that is called."""
    found = {each.requirement.id: each.verdict for each in result.assessments}
    return {id: said for id, said in found.items() if said in ("failed", "warned")}


@pytest.fixture
def heartbeat(tmp_path: Path) -> Path:
    file = tmp_path / "heartbeat.toml"
    file.write_text(block("walk") + "\n")
    return file


def test_it_takes_at_most_fifteen_lines() -> None:
    assert len([line for line in block("walk").splitlines() if line]) <= 15


def test_its_lines_are_those_of_the_file_to_start_from(tmp_path: Path, heartbeat: Path) -> None:
    begun = tmp_path / "new.toml"
    done = CliRunner().invoke(cli, ["dialect", "new", str(begun)])
    assert done.exit_code == 0
    ours, theirs = read_dialect(str(heartbeat)), read_dialect(str(begun))
    without = {name: value for name, value in theirs.document.items() if name != "source"}
    assert without == ours.document


def test_what_was_understood_is_what_is_printed(heartbeat: Path) -> None:
    done = CliRunner().invoke(cli, ["dialect", "check", str(heartbeat)], terminal_width=100)
    assert done.exit_code == 0
    printed = " ".join(done.output.split())
    for line in block("understood").splitlines():
        assert " ".join(line.split()) in printed


def test_the_application_conforms_to_it(heartbeat: Path) -> None:
    Wsbeat().server(app, path="/ws", dialect=str(heartbeat)).assert_conformant()


@pytest.mark.proof
@pytest.mark.parametrize(("fault", "requirement"), FAULTS.items())
def test_what_is_wrong_with_it_is_found(
    fault: str, requirement: str, heartbeat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAKS", fault)
    result = Wsbeat().server(app, path="/ws", dialect=str(heartbeat)).result
    assert broken(result) == {requirement: "failed"}


CLIENT_FAULTS = {
    "beats in capitals": "C-PING-FORM",
    "beats twice as often": "C-PING-CADENCE",
    "takes any number": "C-PONG-MISSING",
    "gives up with 1000": "C-PONG-MISSING",
    "dies of text": "C-TOLERATE",
    "comes back too soon": "C-RECONNECT-FLOOR",
    "comes back for good": "C-RECONNECT",
}
"""What its client can have wrong, and which requirement tells."""


@pytest.fixture
def of_a_client(tmp_path: Path) -> Path:
    file = tmp_path / "heartbeat.toml"
    file.write_text(f"{block('walk').partition('[timing]')[0]}\n{block('walk of a client')}\n")
    return file


def test_its_client_conforms_to_it(of_a_client: Path) -> None:
    checked = Wsbeat().client(client, dialect=str(of_a_client), examples=5)
    checked.assert_conformant()
    checked.requirement("C-PONG-MISSING")


@pytest.mark.proof
@pytest.mark.parametrize(("fault", "requirement"), CLIENT_FAULTS.items())
def test_what_is_wrong_with_its_client_is_found(
    fault: str, requirement: str, of_a_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAKS", fault)
    result = Wsbeat().client(client, dialect=str(of_a_client), examples=5).result
    verdict = "warned" if requirement == "C-PONG-MISSING" else "failed"
    assert broken(result) == {requirement: verdict}


def test_the_page_has_every_dialect_that_comes_with_wsbeat() -> None:
    assert re.findall(r"^\| `([\w.-]+)` \| [^\[`]", PAGE, re.M)
    for name in names():
        assert f"\n| `{name}` |" in PAGE

"""A command line whose engine does nothing, so that only the command line is tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import conformance.run.check
import conformance.run.rejudge
import conformance.run.server.crowd.check
import conformance.run.within.check
from conformance.cli import cli
from tests.rooms.cli.engine import Engine

Wsbeat = Callable[..., Result]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The stand-in that every run of this test gets for an engine."""
    stand_in = Engine()
    monkeypatch.setattr(conformance.run.check, "check_server", stand_in.check_server)
    monkeypatch.setattr(conformance.run.check, "check_client", stand_in.check_client)
    monkeypatch.setattr(conformance.run.within.check, "check_server_here", stand_in.check_server)
    monkeypatch.setattr(conformance.run.within.check, "check_client_here", stand_in.check_client)
    monkeypatch.setattr(conformance.run.server.crowd.check, "check_crowd", stand_in.check_server)
    monkeypatch.setattr(conformance.run.rejudge, "judge_traces", stand_in.judge_traces)
    return stand_in


@pytest.fixture
def wsbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Wsbeat:
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *arguments: CliRunner().invoke(cli, arguments)

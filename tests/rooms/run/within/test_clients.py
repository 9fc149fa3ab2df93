"""Clients in virtual time get the verdict that they would get at production timing."""

from __future__ import annotations

import os

import pytest

from conformance.config.client import ClientGiven, requested_client
from conformance.config.error import ConfigError
from conformance.run.client.run import NoClient
from conformance.run.within import patience
from conformance.run.within.check import check_client_here
from conformance.targets.options import Options
from conformance.targets.reproduce import command_to_see
from conformance.verdict.result import Result

HERE = "tests.rooms.run.within.clients"


def given(name: str, *select: str) -> ClientGiven:
    return ClientGiven(named=f"py:{HERE}:{name}", virtual=True, select=select, examples=1)


def checked(name: str, *select: str) -> Result:
    return check_client_here(*requested_client(given(name, *select)), lambda _: None)


def test_a_client_is_requested_by_its_name() -> None:
    target, _ = requested_client(given("reference"))
    assert target.timing.name == "production"
    assert "asked to end by cancelling it" in target.shown
    assert command_to_see("C-STAY", target, Options(), None) == (
        f"wsbeat client py:{HERE}:reference --virtual --timing production --select C-STAY"
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (ClientGiven(named="py:shop:main"), "Expected both its name and --virtual"),
        (ClientGiven(virtual=True), "Expected both its name and --virtual"),
        (ClientGiven(named="asgi:shop:main", virtual=True), "is an application"),
        (ClientGiven(named="shop", virtual=True), "names nothing that can be checked"),
        (ClientGiven({"command": "x {url}"}, named="py:a:b", virtual=True), "More than one client"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: ClientGiven, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        requested_client(asked)


def test_one_that_raises_is_told_of_with_what_it_printed() -> None:
    with pytest.raises(NoClient, match=r"(?s)it raised RuntimeError: no configuration, at clients"):
        checked("raises", "C-STAY")


def test_one_that_is_not_there_is_told_of() -> None:
    with pytest.raises(NoClient, match=r"has no nobody"):
        checked("nobody", "C-STAY")


def test_one_that_calls_exit_ends_no_run() -> None:
    """wsbeat and the client are one process: its exit code is none of wsbeat's."""
    with pytest.raises(NoClient, match="it raised SystemExit: 0, at clients"):
        checked("exits", "C-STAY")
    named = requested_client(ClientGiven(named="py:tests.rooms.run.within.leaving:x", virtual=True))
    with pytest.raises(NoClient, match="could not be loaded: SystemExit: 0, at leaving"):
        check_client_here(*named, lambda _: None)
    result = checked("exits_when_it_is_closed", "C-RECONNECT")
    assert result.outcome == "violated"


def test_one_that_never_yields_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST", 1.0)
    result = checked("never_yields", "C-STAY")
    assert result.outcome == "incomplete"
    assert any("never_yields" in note for note in result.notes)


@pytest.mark.proof
def test_the_reference_is_conformant() -> None:
    before = dict(os.environ)
    result = checked("reference")
    assert result.outcome == "conformant", result.notes
    assert not result.notes
    assert os.environ == before


@pytest.mark.proof
def test_pings_that_are_an_eighth_too_late_are_seen() -> None:
    result = checked("late", "C-PING-*")
    assert result.outcome == "violated"
    failed = [each.requirement.id for each in result.assessments if each.verdict == "failed"]
    assert failed == ["C-PING-CADENCE"]

"""`--command`: the wall clock of the server is set where that can be done, and else not judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.targets.started import wall_clock
from conformance.verdict.selection import UsageError
from tests.rooms.cli.by_command import (
    MUTANT,
    REFERENCE,
    URL,
    because,
    check,
    needs_libfaketime,
    verdicts,
)


@pytest.mark.proof
@needs_libfaketime
@pytest.mark.parametrize("command", [REFERENCE, MUTANT], ids=["date", "no date"])
def test_the_wall_clock_of_the_server_is_set(command: list[str]) -> None:
    assert verdicts(check(command, "S-MONOTONIC", url=f"{URL}ws")) == {"S-MONOTONIC": "passed"}


@pytest.mark.proof
@needs_libfaketime
def test_nothing_of_the_library_is_left_behind() -> None:
    before = set(Path("/dev/shm").glob("*faketime*"))
    check(REFERENCE, "S-MONOTONIC", url=f"{URL}ws")
    assert set(Path("/dev/shm").glob("*faketime*")) <= before


@pytest.mark.proof
@needs_libfaketime
def test_one_that_does_not_see_the_wall_clock_is_not_judged_by_it() -> None:
    """As a program that is linked statically: here it is started without the library."""
    command = ["env", "-u", "LD_PRELOAD", *REFERENCE]
    with pytest.raises(UsageError, match="does not see the wall clock that libfaketime would"):
        check(command, "S-MONOTONIC", url=f"{URL}ws")
    result = check(command, "S-MONOTONIC", "S-PONG", url=f"{URL}ws")
    assert verdicts(result) == {"S-PONG": "passed", "S-MONOTONIC": "not_applicable"}
    assert "does not see the wall clock" in str(because(result, "S-MONOTONIC"))


def test_where_the_library_is_not_it_is_not_applicable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall_clock, "library", lambda: None)
    result = check(REFERENCE, "S-MONOTONIC", "S-PONG", url=f"{URL}ws")
    assert verdicts(result) == {"S-PONG": "passed", "S-MONOTONIC": "not_applicable"}
    assert "libfaketime" in str(because(result, "S-MONOTONIC"))

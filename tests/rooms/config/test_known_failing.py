"""A list of known failures is read, or refused in a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.config.error import ConfigError
from conformance.config.known_failing import known, read_known_failing
from conformance.targets.options import KnownFailure

TODAY = date(2026, 6, 1)
WHOLE = """
[[known_failing]]
requirement = "S-DEPTH"
reason = "Our parser."
expires = {}
scenario = "talks_*"
message = "*deep*"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known-failing.toml"


@pytest.mark.parametrize(
    ("day", "is_expired"),
    [("2026-06-01", False), ("2026-05-31", True), ('"2026-06-02"', False)],
)
def test_every_member_is_read_and_the_last_day_counts(
    file: Path, day: str, is_expired: bool
) -> None:
    file.write_text(WHOLE.format(day))
    [found] = read_known_failing(str(file), today=TODAY)
    expires = date.fromisoformat(day.strip('"'))
    assert found == KnownFailure(
        "S-DEPTH", "Our parser.", expires, "talks_*", "*deep*", is_expired=is_expired
    )
    assert found.holds is not is_expired
    assert found.covers("talks_on", "So deep.")
    assert not found.covers("talks_on", "Flat.")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("x =", ["is not TOML"]),
        ("[[known_failing]]\nrequirement = 'S-PONG'", ['a member "expires"']),
        ("[[known_failing]]\nexpires = 2026-01-01", ['a member "requirement"']),
        ("[[known_failing]]\nrequirement = 'S-PONG'\nexpires = 2026-01-01\nreasno = ''",
         ['"reasno"', "reason"]),
        ("[[known_failing]]\nrequirement = 'S-PONK'\nexpires = 2026-01-01", ["S-PONK", "S-PONG"]),
        ("[[known_failing]]\nrequirement = 'S-PONG'\nexpires = '2026-02-30'",
         ["2026-02-30 is no day"]),
        ("[[known_failing]]\nrequirement = 'S-PONG'\nexpires = 2026-01-01T00:00:00",
         ["expires", "T00:00:00"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(file: Path, content: str, parts: list[str]) -> None:
    file.write_text(content)
    with pytest.raises(ConfigError) as refused:
        read_known_failing(str(file))
    assert str(file) in str(refused.value)
    for part in parts:
        assert part in str(refused.value)


def test_a_list_that_is_missing_is_an_error_unless_it_is_to_be_written(file: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        known(str(file), updates=False)
    assert known(str(file), updates=True)["known_failing"] == ()
    assert known(None, updates=False)["known_failing_file"] is None
    with pytest.raises(ConfigError, match="--known-failing"):
        known(None, updates=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        known(str(file.parent), updates=False)

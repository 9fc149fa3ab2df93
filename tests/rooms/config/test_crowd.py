"""A crowd is asked for in full, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.config.error import ConfigError
from conformance.config.server import Given, requested

HERE = "ws://127.0.0.1:8765/ws"
ELSEWHERE = "wss://example.org/ws"


def refusal(given: Given) -> str:
    with pytest.raises(ConfigError) as caught:
        requested(given, None)
    return str(caught.value)


@pytest.mark.parametrize("text", ["", "many", "15", "100,", "100;200", "-100", "1e3"])
def test_sizes_are_numbers_that_make_a_crowd(text: str) -> None:
    assert "at least 16" in refusal(Given(HERE, crowd=text))


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (Given(HERE, lasting=9.0), "--for"),
        (Given(HERE, ramp=0.0), "--ramp"),
        (Given(HERE, mix="mix.toml"), "--mix"),
        (Given(HERE, workers=2), "--workers"),
        (Given(HERE, scheduler="tcp://a:1"), "--scheduler"),
    ],
)
def test_what_says_something_of_a_crowd_needs_one(given: Given, option: str) -> None:
    assert refusal(given).startswith(f"{option} is for a crowd")


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (Given(HERE, crowd="100", traces="kept"), "--traces"),
        (Given(HERE, crowd="100", examples=5), "--examples"),
        (Given(HERE, crowd="100", fail_fast=True), "--fail-fast"),
        (Given(HERE, crowd="100", time_limit=5.0), "--time-limit"),
        (Given(HERE, crowd="100", known_failing="known.toml"), "--known-failing"),
        (Given(HERE, crowd="100", replay="seen.jsonl"), "--replay"),
    ],
)
def test_what_a_crowd_does_not_heed_is_refused(given: Given, option: str) -> None:
    assert refusal(given).startswith(f"{option} says nothing to a crowd")


def test_another_dialect_is_refused() -> None:
    assert "the protocol's own" in refusal(Given(HERE, crowd="100", dialect="plain-text"))


def test_plan_b_is_refused() -> None:
    assert "Plan B" in refusal(Given(HERE, crowd="100", server_ping=True))


@pytest.mark.parametrize(("most", "rate"), [(None, None), (1000, None), (None, 50.0)])
def test_another_host_is_burdened_only_by_who_says_how_much(
    most: int | None, rate: float | None
) -> None:
    given = Given(ELSEWHERE, crowd="100", max_connections=most, rate=rate)
    assert "--max-connections and --rate" in refusal(given)


def test_who_says_how_much_may() -> None:
    given = Given(ELSEWHERE, crowd="100", max_connections=100, rate=50.0)
    _, options = requested(given, None)
    assert options.crowd is not None


def test_a_crowd_is_no_larger_than_is_allowed() -> None:
    assert "more than" in refusal(Given(HERE, crowd="100,200", max_connections=150))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pings = ", "not TOML"),
        ("walks = 3", "'walks' was found"),
        ("pings = -1", "pings is -1"),
        ("pings = true", "pings is True"),
        ("pings = 0", "nobody lives"),
        ("pings = inf", "pings is inf"),
    ],
)
def test_a_mix_is_numbers_for_manners(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "mix.toml"
    path.write_text(text)
    assert why in refusal(Given(HERE, crowd="100", mix=str(path)))


def test_a_mix_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(Given(HERE, crowd="100", mix=str(tmp_path / "no.toml")))

"""Timing sets: the shipped ones, and why each bad one is refused."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec

FAST = spec.load_timing("fast").to_json()


def refusal(source: str | Path | Mapping[str, object]) -> str:
    with pytest.raises(spec.TimingError) as caught:
        spec.load_timing(source)
    return str(caught.value)


@pytest.mark.parametrize("name", ["production", "fast"])
def test_a_shipped_set_is_found_by_name(name: str) -> None:
    timing = spec.load_timing(name)
    assert timing.name == name
    assert spec.validate("timing", timing.to_json()) == []
    assert spec.load_timing(timing.to_json()) == timing


def test_production_is_the_table_of_constants() -> None:
    production = spec.load_timing("production").to_json()
    assert {each.name: each.value for each in spec.constants()} == {
        name: value for name, value in production.items() if name != "name"
    }


def test_what_follows_from_production() -> None:
    timing = spec.load_timing("production")
    assert timing.latest_close == 100
    assert timing.longest_wait == 130
    assert timing.shortest_gap == pytest.approx(27)
    assert timing.longest_gap == pytest.approx(33)


def test_a_file_is_found_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(json.dumps({**FAST, "name": "ours"}), "utf-8")
    assert spec.load_timing(file) == spec.load_timing(str(file))
    assert spec.load_timing(file).name == "ours"


BROKEN_RULES = [
    (
        {"heartbeat_timeout": 1.0},
        "timing: heartbeat_timeout must exceed 2 x heartbeat_interval (1.2 s), because one lost "
        "ping must be harmless; it is 1 s",
    ),
    ({"heartbeat_timeout": 1.2}, "heartbeat_timeout must exceed 2 x heartbeat_interval"),
    ({"pong_timeout": 0.6}, "pong_timeout must be less than heartbeat_interval (0.6 s)"),
    ({"tolerance": 0.3}, "tolerance must be less than check_interval / 2 (0.3 s)"),
    ({"reply_deadline": 0.41}, "reply_deadline must not exceed pong_timeout (0.4 s)"),
    (
        {"reconnect_cap": 0.4},
        "reconnect_cap must be at least reconnect_delay + reconnect_jitter (0.5 s)",
    ),
]


@pytest.mark.parametrize(("changed", "expected"), BROKEN_RULES)
def test_a_broken_rule_is_named(changed: dict[str, object], expected: str) -> None:
    assert expected in refusal({**FAST, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"heartbeat_timeout": 1.21},
        {"pong_timeout": 0.59},
        {"tolerance": 0.29},
        {"reply_deadline": 0.4},
        {"reconnect_cap": 0.5},
        {"reconnect_jitter": 0},
    ],
)
def test_a_set_on_the_right_side_of_a_rule_is_taken(changed: dict[str, object]) -> None:
    spec.load_timing({**FAST, **changed})


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"check_interval": 0},
            "check_interval must be a number of seconds greater than 0; it is 0",
        ),
        ({"check_interval": -1}, "check_interval must be a number of seconds greater than 0"),
        ({"reconnect_jitter": -0.1}, "reconnect_jitter must be a number of seconds, 0 or greater"),
        ({"interval_tolerance": 0.5}, "interval_tolerance must be a fraction greater than 0 and"),
        ({"interval_tolerance": 0}, "interval_tolerance must be a fraction greater than 0 and"),
        ({"tolerance": True}, "tolerance must be a number of seconds greater than 0; it is True"),
        ({"tolerance": "1"}, "tolerance must be a number of seconds greater than 0; it is '1'"),
        ({"tolerance": math.nan}, "tolerance must be a number of seconds greater than 0"),
        ({"tolerance": math.inf}, "tolerance must be a number of seconds greater than 0"),
        ({"tolerance": 10**400}, "tolerance must be a number of seconds greater than 0"),
        ({"name": ""}, "name must be a string that is not empty"),
        ({"heartbeat_timout": 2}, 'unknown member "heartbeat_timout"; did you mean "heartbeat_'),
    ],
)
def test_a_bad_member_is_named(changed: dict[str, object], expected: str) -> None:
    assert expected in refusal({**FAST, **changed})


def test_every_missing_member_is_named() -> None:
    for member in FAST:
        short = {name: value for name, value in FAST.items() if name != member}
        assert f'member "{member}" is missing' in refusal(short)


def test_all_faults_are_told_at_once() -> None:
    assert len(refusal({**FAST, "tolerance": -1, "surplus": 1}).splitlines()) == 2


def test_a_mistyped_name_is_suggested() -> None:
    assert 'did you mean "production"?' in refusal("prodution")


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"name": NaN}', "[" * 100_000])
def test_a_file_that_holds_no_set_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content, "utf-8")
    assert refusal(file).startswith(f"{file}: ")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(b"\xff\xfe")
    assert refusal(file).startswith(f"{file}: cannot be read")
    assert refusal(tmp_path).startswith(f"{tmp_path}: cannot be read")


anything: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
)


@given(st.sampled_from([*FAST, "surplus"]), anything)
def test_the_loader_and_the_schema_refuse_the_same_shapes(member: str, value: object) -> None:
    document = {**FAST, member: value}
    try:
        spec.load_timing(document)
    except spec.TimingError as error:
        broken_rule = " because " in str(error)
        assert bool(spec.validate("timing", document)) is not broken_rule
    else:
        assert spec.validate("timing", document) == []

"""What the strategies draw is what their names say, by opinions other than the strategies' own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import spec
from conformance.messages.from_client import Business, Ping
from conformance.messages.json_text import BeyondIJson
from conformance.scenarios import message_strategies as strategies
from tests.spec import strict_json
from tests.spoken import message

EXAMPLES = 200
drawn = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

KINDS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int,
    "fraction": lambda value: isinstance(value, float) and not value.is_integer(),
    "string": lambda value: isinstance(value, str),
    "string beyond ASCII": lambda value: isinstance(value, str) and not value.isascii(),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "array in an array": lambda value: isinstance(value, list) and _holds(value, list),
    "object in an array": lambda value: isinstance(value, list) and _holds(value, dict),
    "array in an object": lambda value: isinstance(value, dict) and _holds([*value.values()], list),
}


def _holds(values: list[Any], kind: type) -> bool:
    return any(isinstance(value, kind) for value in values)


def everything_of(strategy: SearchStrategy[Any]) -> list[Any]:
    """All that a strategy draws in one run of Hypothesis."""
    found = []

    @drawn
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return found


@drawn
@given(strategies.pings())
def test_pings_are_pings(text: str) -> None:
    assert strict_json.is_json(text)
    assert strict_json.is_i_json(text)
    assert isinstance(message(text), Ping)
    assert spec.validate("ping", json.loads(text)) == []


def test_pings_have_further_members_before_and_after_their_type() -> None:
    members = [[*json.loads(text)] for text in everything_of(strategies.pings())]
    assert any(names == ["type"] for names in members)
    assert any(names[0] == "type" and len(names) > 1 for names in members)
    assert any(names[-1] == "type" and len(names) > 1 for names in members)


@drawn
@given(strategies.near_pings())
def test_near_pings_are_business(text: str) -> None:
    assert strict_json.is_json(text)
    assert strict_json.is_i_json(text)
    assert isinstance(message(text), Business)
    assert spec.validate("ping", json.loads(text)) != []


@drawn
@given(strategies.texts_that_are_not_json())
def test_texts_that_are_not_json_are_refused_by_an_independent_parser(text: str) -> None:
    assert not strict_json.is_json(text)


def test_texts_that_are_not_json_are_often_nearly_json() -> None:
    texts = everything_of(strategies.texts_that_are_not_json())
    nearly = [text for text in texts if text.lstrip()[:1] in ("{", "[", '"')]
    assert len(nearly) > len(texts) // 20


@drawn
@given(strategies.spellings(strategies.values()))
def test_spelled_values_are_business_or_pings(text: str) -> None:
    assert strict_json.is_json(text)
    assert strict_json.is_i_json(text)
    assert isinstance(message(text), Business | Ping)


@drawn
@given(st.data())
def test_a_spelling_is_the_value_that_was_spelled(data: st.DataObject) -> None:
    value = data.draw(strategies.values())
    text = data.draw(strategies.spellings(st.just(value)))
    assert strict_json.same(json.loads(text), value)


def test_spellings_differ_in_space_and_in_escapes() -> None:
    texts = everything_of(strategies.spellings(st.just(["\u00e9", 1])))
    assert len(set(texts)) == 6
    assert any("\\u00e9" in text for text in texts)
    assert any(",\n" in text for text in texts)


@drawn
@given(strategies.texts_beyond_i_json())
def test_texts_beyond_i_json_are_json_and_beyond_i_json(text: str) -> None:
    assert strict_json.is_json(text)
    assert not strict_json.is_i_json(text)
    assert isinstance(message(text), BeyondIJson)


@drawn
@given(strategies.binaries())
def test_binaries_are_bytes(data: bytes) -> None:
    assert type(data) is bytes


def test_some_binaries_would_be_pings_as_texts() -> None:
    drawn_data = everything_of(strategies.binaries())
    assert any(b"ping" in data for data in drawn_data)
    assert any(b"\xff" in data for data in drawn_data)


@drawn
@given(strategies.values())
def test_values_nest_no_deeper_than_they_are_said_to(value: Any) -> None:
    assert strict_json.depth(json.dumps(value)) <= strategies.NESTED


@pytest.fixture(scope="module")
def some_values() -> list[Any]:
    return everything_of(strategies.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_turns_up_among_values(some_values: list[Any], kind: str) -> None:
    assert any(KINDS[kind](value) for value in some_values)

"""Texts may be nested as deep as the contract has it, and no depth makes the reader fail."""

from __future__ import annotations

import json
import sys
from itertools import chain
from typing import Any

import pytest
from hypothesis import given

from conformance.messages.from_client import Business, Large
from conformance.messages.from_server import Echo, Foreign
from conformance.messages.json_text import BeyondIJson, Deep, NotJson, nesting, same_json
from conformance.messages.limits import SIZE
from conformance.scenarios import message_strategies as strategies
from tests.spec import strict_json
from tests.spoken import answer, message
from tests.traces.effort import examples


@pytest.mark.parametrize("opens", ["[", '{"a":'])
def test_a_nesting_of_64_is_handled_and_one_of_65_is_deep(opens: str) -> None:
    closes = "]" if opens == "[" else "}"
    assert isinstance(message(opens * 64 + "1" + closes * 64), Business)
    assert message(opens * 65 + "1" + closes * 65) == Deep(65)


def test_the_object_of_an_echo_does_not_count_as_depth() -> None:
    value = "[" * 64 + "]" * 64
    read = message(value)
    assert isinstance(read, Business)
    echoed = answer(f'{{"type":"echo","data":{value}}}')
    assert isinstance(echoed, Echo)
    assert same_json(echoed.data, read.value)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "[" * 100_000 + "1e400" + "]" * 100_000,
    ],
)
def test_a_nesting_of_100_000_is_survived(text: str) -> None:
    assert isinstance(message(text), Deep)
    assert isinstance(answer(f'{{"type":"echo","data":{text}}}'), Deep)


def test_an_echo_may_be_deeper_by_its_own_object_and_no_more() -> None:
    assert answer(f'{{"type":"echo","data":{"[" * 65}{"]" * 65}}}') == Deep(66)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("[" * 65, Deep(65)),
        ("{[" * 33, Deep(66)),
        ("[" * 64 + "]" * 64 + "[", NotJson),
        ("[" * 64, NotJson),
        ("[" * 40 + "]" * 40 + "[" * 40, NotJson),
        ("[]" * 70, NotJson),
        ("[[]" * 63, NotJson),
        ("[[]" * 64, Deep(65)),
    ],
)
def test_what_is_not_json_is_as_deep_as_its_brackets_lie(text: str, read: object) -> None:
    """A server may have given up before it came to what is wrong."""
    assert message(text) == read if isinstance(read, Deep) else isinstance(message(text), NotJson)


@pytest.mark.parametrize(
    ("inside", "read"), [("1e400", BeyondIJson), ("1", Business), ('"\\ud800"', BeyondIJson)]
)
def test_beyond_i_json_is_deep_where_anything_is(inside: str, read: type) -> None:
    assert isinstance(message("[" * 64 + inside + "]" * 64), read)
    assert message("[" * 65 + inside + "]" * 65) == Deep(65)
    assert isinstance(message("[" * 64 + f"{inside},[]" + "]" * 64), Deep)
    assert isinstance(message("[" * 63 + f"{inside},[],[]" + "]" * 63), read)


def test_a_bottomless_nesting_behind_a_number_is_deep() -> None:
    assert isinstance(message("[1e400," + "[" * 30_000 + "]" * 30_001), Deep)


def test_what_is_large_may_be_deep_besides() -> None:
    brackets = 70
    assert message(f'"{"[" * 64}{"x" * SIZE}"') == Large(SIZE + 66)
    assert message(f'"{"[" * brackets}{"x" * SIZE}"') == Deep(brackets)


@pytest.mark.parametrize(
    ("value", "depth"), [(1, 0), ([], 1), ({}, 1), ([[], {}], 2), ([1, [[]]], 3), ({"a": {}}, 2)]
)
def test_an_empty_container_is_a_container(value: Any, depth: int) -> None:
    assert nesting(value) == depth


def test_deep_text_that_is_cut_short_is_deep_or_not_json() -> None:
    assert isinstance(message("[" * 100_000), Deep | NotJson)
    assert isinstance(answer("[" * 100_000), Deep | Foreign)


INSIDE = ('"\\u0041"', "1e400", '"\\ud800"', '{"a":1,"a":1}', "")


@pytest.mark.parametrize(
    "inside", ["1", *(pytest.param(each, marks=pytest.mark.virtual) for each in INSIDE)]
)
@pytest.mark.parametrize("opens", ["[", '{"a":'])
def test_no_depth_makes_the_reader_fail(opens: str, inside: str) -> None:
    limit = sys.getrecursionlimit()
    closes = "]" if opens == "[" else "}"
    depths = (
        range(60, 70),
        range(limit // 3 - 60, limit // 3 + 60),
        range(limit - 200, limit + 50),
    )
    for depth in chain(*depths):
        text = opens * depth + inside + closes * depth
        message(text)
        answer(text)
        answer(f'{{"type":"echo","data":{text}}}')


def test_brackets_in_strings_are_not_depth() -> None:
    assert message(json.dumps("[" * 1000)) == Business("[" * 1000)


@examples(100)
@given(strategies.values())
def test_depth_is_counted_in_containers(value: Any) -> None:
    text = json.dumps(value)
    assert nesting(value) == strict_json.depth(text)
    assert nesting([value]) == nesting(value) + 1

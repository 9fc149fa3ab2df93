"""Texts are read as the contract has it, and the reader survives whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spec
from conformance.messages.from_client import Binary, Business, Large, Ping
from conformance.messages.from_server import Echo, Foreign, Pong, ServerPing
from conformance.messages.json_text import BeyondIJson, Deep, NotJson, holds, same_json
from conformance.messages.limits import SIZE
from conformance.scenarios import message_strategies as strategies
from tests.spec import strict_json
from tests.spoken import answer, is_pong, message, server_ping
from tests.traces.effort import examples

each_vector = pytest.mark.parametrize("vector", spec.vectors(), ids=lambda vector: vector.name)

TOKENS = [
    *'[]{},:" \n',
    *("1", "-0", "01", "1.5", "1e400", "9007199254740993", "-", "true", "nul", "null", "NaN"),
    *('"a"', '"type"', '"ping"', '"\\ud800"', '"\\ud83d\\udc93"', '"\x01"', '"\\x"', "'a'"),
    *("Infinity", "//", "\ufeff", "\u00a0", "a" * 70, "1" * 400, '"[{"', "[" * 70, "]" * 70),
]


@each_vector
def test_a_vector_is_read_as_its_reply_has_it(vector: spec.Vector) -> None:
    read = message(vector.message)
    if vector.reply is None:
        assert isinstance(read, NotJson)
    elif vector.reply is spec.UNSPECIFIED:
        assert isinstance(read, BeyondIJson)
    elif vector.reply == {"type": "pong"}:
        assert isinstance(read, Ping)
        assert read.plain == (vector.message == '{"type":"ping"}')
    else:
        assert isinstance(read, Business)
        assert strict_json.same(read.value, vector.reply["data"])


@each_vector
def test_the_reply_of_a_vector_is_read_as_it_stands(vector: spec.Vector) -> None:
    if not isinstance(vector.reply, dict):
        return
    read = answer(json.dumps(vector.reply))
    if vector.reply == {"type": "pong"}:
        assert read == Pong()
    else:
        assert isinstance(read, Echo)
        assert not read.fault
        assert strict_json.same(read.data, vector.reply["data"])


@examples(400)
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_what_is_json_is_what_the_grammar_says(text: str) -> None:
    read = message(text)
    if isinstance(read, Deep):
        return
    assert strict_json.is_json(text) == (not isinstance(read, NotJson))
    if isinstance(read, Ping | Business):
        assert strict_json.is_i_json(text)
        assert strict_json.depth(text) <= 64


@examples(200)
@given(strategies.values(), st.booleans())
def test_a_value_comes_back_from_its_text(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    read = message(text)
    assert isinstance(read, Business | Ping)
    assert strict_json.same(read.value, value)
    echoed = answer(json.dumps({"data": value, "type": "echo"}, ensure_ascii=escaped))
    assert isinstance(echoed, Echo)
    assert strict_json.same(echoed.data, value)


@examples(100)
@given(st.binary())
def test_binary_is_neither_json_nor_a_reply(data: bytes) -> None:
    assert message(data) == Binary(data)
    assert answer(data) == Foreign("it is a binary message", is_json=False)


@examples(200)
@given(strategies.values())
def test_equality_is_reflexive_and_ignores_the_order_of_members(value: Any) -> None:
    assert same_json(value, value)
    assert same_json(value, json.loads(json.dumps(value)))
    assert same_json(_reversed(value), value)


@examples(300)
@given(strategies.values(2), strategies.values(2))
def test_equality_agrees_with_a_second_opinion(one: Any, other: Any) -> None:
    assert same_json(one, other) == same_json(other, one) == strict_json.same(one, other)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (-0.0, 0, True),
        (1e20, 100000000000000000000, True),
        (True, 1, False),
        (True, 1.0, False),
        (False, 0, False),
        (False, None, False),
        (True, True, True),
        (None, None, True),
        (None, 0, False),
        ("1", 1, False),
        ([], {}, False),
        ([], "", False),
        ([1], [1, 1], False),
        ([True], [1], False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1.0}, True),
        ({"a": [False]}, {"a": [0]}, False),
        ("\u00e9", "e\u0301", False),
        (2**53 - 1, 2**53, False),
        (0.1, 0.1000000000000001, False),
    ],
)
def test_equality_is_that_of_json(one: Any, other: Any, equal: bool) -> None:
    assert same_json(one, other) is equal
    assert same_json(other, one) is equal


@pytest.mark.parametrize(
    "text",
    [
        *("1" * 5000, "-" + "9" * 5000, "1e400", "-1e400", "0.100000000000000005"),
        *(str(2**53), str(-(2**53)), "1" + "0" * 17, "1" + "0" * 18),
        *('"\uffff"', '["\\ufdd0"]', '{"\U0010fffe":1}', '"\\ud83f\\udfff"'),
        *('"\\ud800"', '{"\\udc00":1}', '[{"a":1,"a":1}]'),
    ],
)
def test_json_that_no_two_parsers_agree_on_is_beyond_i_json(text: str) -> None:
    assert isinstance(message(text), BeyondIJson)
    assert isinstance(answer(f'{{"type":"echo","data":{text}}}'), Echo)
    assert answer(f'{{"type":"pong","data":{text}}}') == Pong("it has the further members data")
    assert isinstance(answer(text), Foreign)


@pytest.mark.parametrize("start", ["1e400", "1" * 5000, '{"a":1,"a":2}', '"\\ud800"', "[1e400,"])
def test_beyond_i_json_and_then_garbage_is_not_json(start: str) -> None:
    assert isinstance(message(f"{start} x"), NotJson)
    assert isinstance(message(f"[{start}"), NotJson)
    assert isinstance(answer(f"{start} x"), Foreign)


def test_halves_of_a_pair_that_belong_together_are_i_json() -> None:
    assert message('"\\ud83d\\udc93"') == Business("\U0001f493")


@pytest.mark.parametrize("text", ["\ufeff{}", '\ufeff{"type":"ping"}', "{}\ufeff", "\ufeff"])
def test_a_byte_order_mark_is_not_json(text: str) -> None:
    assert isinstance(message(text), NotJson)


def test_what_is_long_is_cut_to_forty_characters() -> None:
    fits, is_long = "x" * 38, "x" * 39
    assert answer(json.dumps({"type": fits})) == Foreign(f'its `type` is "{fits}"')
    assert answer(json.dumps({"type": is_long})) == Foreign(f'its `type` is "{"x" * 36}...')


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"type":"pong"}', Pong()),
        (' { "type" : "pong" } ', Pong()),
        ('{"type":"pong","id":1,"at":2}', Pong("it has the further members id, at")),
        ('{"type":"pong","data":1}', Pong("it has the further members data")),
        ('{"data":[1],"type":"echo"}', Echo([1])),
        ('{"type":"echo","data":null}', Echo(None)),
        ('{"type":"echo"}', Echo(None, "it lacks the member `data`")),
        ('{"type":"echo","data":1,"id":2}', Echo(1, "it has the further members id")),
    ],
)
def test_frames_are_read_with_their_faults(text: str, read: object) -> None:
    assert answer(text) == read


@pytest.mark.parametrize(
    "text",
    [
        *("", "pong", "[]", '"pong"', "null", "{}", "\ufeff{}", '{"type":null}', '{"type":"Pong"}'),
        *('{"type":["pong"]}', '{"type":"ping"}', '{"type":"notice","data":1}'),
        '{"type":"echo","data":NaN}',
    ],
)
def test_whatever_else_is_foreign_and_says_why(text: str) -> None:
    read = answer(text)
    assert isinstance(read, Foreign)
    assert read.why.startswith("it")


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(value)}
    return [_reversed(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"type":"ping"}', ServerPing()),
        ('{"type": "p\\u0069ng"}', ServerPing()),
        ('{"type":"ping","id":1}', ServerPing("it has the further members id")),
        ('{"type":"pong"}', None),
        ('["ping"]', None),
        ('"ping"', None),
        ('{"type":"echo","data":"ping"}', None),
        ('{"type":"ping"', None),
        (b'{"type":"ping"}', None),
    ],
)
def test_a_ping_of_the_server_is_known_by_its_type(
    text: str | bytes, read: ServerPing | None
) -> None:
    assert server_ping(text) == read


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"pong"}',
        '{"type": "p\\u006fng"}',
        '{"type":"pong","n":1}',
        '{"type":"echo","data":"pong"}',
        '{"type":"echo","data":"p\\u006fng"}',
        '["pong"]',
        '{"type":"pong"',
        "",
    ],
)
def test_what_is_passed_over_quickly_is_no_pong(text: str) -> None:
    assert is_pong(text) == isinstance(answer(text), Pong)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("in ab12 the open", True),
        ("in \\ ab12 text that is not JSON", True),
        ('{"type":"echo","data":"ab12"}', True),
        ('["\\u0061b12"]', True),
        ('["\\u0061b1"]', False),
        ('["ab1"]', False),
        ("\\ that is not JSON", False),
        ('"\\u0061b12', False),
    ],
)
def test_a_token_is_found_however_it_is_spelled(text: str, held: bool) -> None:
    assert holds(text, "ab12") is held


def test_a_token_is_not_looked_for_in_the_spelling() -> None:
    assert not holds('"\u00e9"', "u00e9")


def test_a_token_is_not_found_in_what_is_too_deep_to_be_read() -> None:
    assert not holds("[" * 100_000 + r'"\u0061b12"', "ab12")


@pytest.mark.parametrize("character", ["x", "\u00e4", "\U0001f493"])
def test_size_is_counted_in_bytes(character: str) -> None:
    """A server has to handle so many of them; one more may be over its limit (S-SIZE)."""
    most = (SIZE - 2) // len(character.encode())
    assert isinstance(message(f'"{character * most}"'), Business)
    assert message(f'"{character * (most + 1)}"') == Large(most + 3)

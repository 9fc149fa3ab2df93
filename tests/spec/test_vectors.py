"""The vectors agree with the schemas, with the requirements, and with a second JSON grammar."""

import json
import re
from collections import Counter

import pytest

import spec
from tests.spec.strict_json import depth, is_i_json, is_json, same

VECTORS = spec.vectors()
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def of(*files: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS if vector.file in files]
    return pytest.mark.parametrize("vector", chosen, ids=lambda vector: vector.name)


def test_there_are_vectors_of_every_kind() -> None:
    files = Counter(vector.file for vector in VECTORS)
    assert files.keys() == {"pings", "near-pings", "values", "not-json", "beyond-i-json"}
    assert min(files.values()) >= 15


@pytest.mark.parametrize("member", ["name", "message"])
def test_no_two_vectors_share(member: str) -> None:
    counted = Counter(getattr(vector, member) for vector in VECTORS)
    assert [value for value, times in counted.items() if times > 1] == []


@each_vector
def test_it_is_complete(vector: spec.Vector) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", vector.name)
    assert vector.why.endswith(".")
    vector.message.encode("utf-8")
    assert "server" in spec.requirement(vector.requirement).roles


@of("pings")
def test_a_ping_is_one(vector: spec.Vector) -> None:
    assert is_json(vector.message)
    assert is_i_json(vector.message)
    assert spec.validate("ping", json.loads(vector.message)) == []
    assert vector.reply == {"type": "pong"}
    assert spec.validate("pong", vector.reply) == []


@of("near-pings", "values")
def test_a_business_message_is_none_and_is_echoed(vector: spec.Vector) -> None:
    assert is_json(vector.message)
    assert is_i_json(vector.message)
    assert depth(vector.message) <= 64
    value = json.loads(vector.message)
    assert spec.validate("ping", value) != []
    assert isinstance(vector.reply, dict)
    assert spec.validate("echo", vector.reply) == []
    assert same(vector.reply["data"], value)


@of("not-json")
def test_what_is_not_json_is_not_and_gets_nothing(vector: spec.Vector) -> None:
    assert not is_json(vector.message)
    assert vector.reply is None


@of("beyond-i-json")
def test_what_is_beyond_i_json_is_json_and_unspecified(vector: spec.Vector) -> None:
    assert is_json(vector.message)
    assert not is_i_json(vector.message)
    assert vector.reply is spec.UNSPECIFIED
    if '"type"' in vector.message:
        assert "ping" not in vector.message, "a ping beyond I-JSON is undefined"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(1, 1.0, True), (True, 1, False), ([0], [False], False), ({"a": 1}, {"a": "1"}, False)],
)
def test_equality_is_that_of_json(one: object, other: object, equal: bool) -> None:
    assert same(one, other) is equal


@pytest.mark.parametrize("text", ["[1,[2,{}]]", ' {"a" : "\\u00e9"} ', "-0.5e+3", '"x"'])
def test_the_second_grammar_takes_json(text: str) -> None:
    assert is_json(text)


@pytest.mark.parametrize("text", ["[1 2]", '{"a":1,}', "01", "1 2", '"a""b"', "\ufeff1", "NaN"])
def test_the_second_grammar_refuses_the_rest(text: str) -> None:
    assert not is_json(text)

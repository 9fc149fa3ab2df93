"""Templates: what is said is recognised, and what is meant is told from what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.dialect.model import TemplateError
from spec.dialect.template import NO_VALUE, Template


def value_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return NO_VALUE


SAID = (
    "ping",
    "2",
    "0${any}",
    '{"event":"hb","n":${id}}',
    '{"event":"hb","n":"${id}"}',
    '[null,"${id}","phoenix","heartbeat",{}]',
    '{"d":{"op":1,"id":${id}},"...":0}',
    '{"text":"a \\"quoted\\" ${id} and ${now}"}',
    "{}",
    "",
)


@pytest.mark.parametrize("text", [text for text in SAID if "..." not in text])
@given(number=st.integers(0, 2**53 - 1))
def test_what_is_said_is_recognised_with_what_is_in_its_holes(text: str, number: int) -> None:
    template = Template(text)
    said = template.say(lambda name: number)
    found = template.read(said, value_of(said))
    assert found is not None
    assert {str(each) for each in found.values()} <= {str(number)}
    assert template.resembles(said, value_of(said)) is not None


def read(text: str, said: str, **flags: bool) -> object:
    return Template(text, **flags).read(said, value_of(said))


def resembles(text: str, said: str) -> bool:
    return Template(text).resembles(said, value_of(said)) is not None


def test_json_is_compared_by_value_and_text_as_it_is() -> None:
    assert read('{"a":"x","n":${id}}', ' {"n" : 7, "a":"\\u0078"}') == {"id": 7}
    assert read("ping", "ping") == {}
    assert read("ping", " ping") is None
    assert read("ping", "Ping") is None
    assert read('{"a":1}', '{"a": 1}', is_exact=True) is None
    assert read("2", " 2") is None


def test_one_is_not_true() -> None:
    assert read('{"a":1}', '{"a":true}') is None
    assert read('{"a":1}', '{"a":1.0}') == {}


def test_further_members_are_allowed_where_it_says_so() -> None:
    assert read('{"a":"x"}', '{"a":"x","b":1}') is None
    assert read('{"a":"x"}', '{"a":"x","b":1}', is_open=True) == {}
    assert read('{"a":"x","...":0}', '{"a":"x","b":1}') == {}
    assert read('{"d":{"...":0},"a":"x"}', '{"a":"x","d":{"q":1}}') == {}
    assert read('{"d":{"...":0},"a":"x"}', '{"a":"x","d":{},"b":1}') is None


def test_the_same_hole_twice_holds_the_same() -> None:
    assert read("[${id},${id}]", "[1,1]") == {"id": 1}
    assert read("[${id},${id}]", "[1,2]") is None
    assert read("[${any},${any}]", "[1,2]") == {}


@pytest.mark.parametrize(
    ("said", "is_meant"),
    [
        ('{"event":"ack","n":7}', True),
        ('{"event":"ack"}', True),
        ('{"event":"ack","n":7,"more":1}', True),
        ('{"event":"ACK","n":7}', False),
        ('{"n":7}', False),
        ('["ack"]', False),
    ],
)
def test_what_is_fixed_tells_what_is_meant(said: str, is_meant: bool) -> None:
    assert resembles('{"event":"ack","n":${id}}', said) == is_meant


def test_a_part_that_is_no_hole_is_not_left_out() -> None:
    pong = '{"jsonrpc":"2.0","id":${id},"result":{}}'
    assert resembles(pong, '{"jsonrpc":"2.0","result":{}}')
    assert not resembles(pong, '{"jsonrpc":"2.0","id":1,"error":{}}')
    assert not resembles(pong, '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}')


def test_where_nothing_is_fixed_the_members_tell() -> None:
    assert resembles('{"pong":${id}}', '{"pong":1}')
    assert not resembles('{"pong":${id}}', '{"other":1}')
    assert resembles("{}", "{}")
    assert not resembles("{}", '{"a":1}')


def test_an_array_is_known_by_its_length_and_what_is_fixed() -> None:
    pong = '[3,"${id}",{"currentTime":"${any}"}]'
    assert resembles(pong, '[3,"1",{"currentTime":""}]')
    assert not resembles(pong, '[3,"1",{}]')
    assert not resembles(pong, '[4,"1",{"currentTime":""}]')
    assert not resembles(pong, '[3,"1"]')


def test_what_is_wrong_with_it_can_be_told() -> None:
    template = Template('{"type":"pong","n":${id}}')
    assert template.surplus({"type": "pong", "n": 1, "x": 2}) == ("x",)
    assert template.lacking({"type": "pong"}) == ("n",)


@pytest.mark.parametrize("name", ["", " ", "a b", "env:", "x-y"])
def test_a_hole_has_a_name(name: str) -> None:
    with pytest.raises(TemplateError, match="hole"):
        Template(f"ping ${{{name}}}")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_is_too_odd_to_be_compared(text: str, said: str) -> None:
    try:
        template = Template(text)
    except TemplateError:
        return
    template.read(said, value_of(said))
    template.resembles(said, value_of(said))

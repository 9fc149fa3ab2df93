"""Numbers that have to rise on a connection: none is said twice, or after a higher one."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.messages.numbers import Numbers
from conformance.scenarios.near_pings import near_pings
from spec.dialect.made import made

RISING: dict[str, Any] = {
    "dialect": 1,
    "name": "rising",
    "batches": True,
    "ping": {"by": "client", "text": '{"id":${id},"type":"ping"}', "rising": True},
    "pong": {"text": '{"id":${id},"type":"pong"}'},
    "business": {"say": '{"id":${id},"type":"ask"}', "hear": '{"id":${id},"type":"told"}'},
}


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ('{"id":1,"type":"ping"}', '{"id":2,"type":"ping"}', '{"id":2,"type":"ping"}'),
        ('{"id":2,"type":"ping"}', '{"id":2,"type":"ping"}', '{"id":3,"type":"ping"}'),
        ('{"id":900,"type":"ping"}', '{ "id" : 7, "type":"ping"}', '{ "id" : 901, "type":"ping"}'),
        ('{"id":900,"type":"ping"}', '{"id":3,"type":"ask"}', '{"id":901,"type":"ask"}'),
        ('{"id":9000,"type":"ping"}', '{"id":4711,"type":"PING"}', '{"id":9001,"type":"PING"}'),
        ('{"id":900,"type":"ping"}', '{"type":"ping", "id":3}', '{"type":"ping", "id":901}'),
        ('{"id":900,"type":"ping"}', '{"other":3}', '{"other":3}'),
        ('{"id":900,"type":"ping"}', "ping", "ping"),
    ],
)
def test_a_number_that_is_past_becomes_the_next(first: str, then: str, said: str) -> None:
    numbers = Numbers(made(RISING))
    assert numbers.risen(first) == first
    assert numbers.risen(then) == said


def test_digits_that_are_no_number_of_the_message_stay() -> None:
    say = '{"at":"3 h","id":${id},"type":"ask 3"}'
    numbers = Numbers(made({**RISING, "business": {"say": say, "hear": say}}))
    numbers.risen('{"id":900,"type":"ping"}')
    assert numbers.risen('{"at":"3 h","id":3,"type":"ask 3"}') == (
        '{"at":"3 h","id":901,"type":"ask 3"}'
    )


def test_a_binary_message_has_a_number_that_rises_as_well() -> None:
    """A server that reads it as a text would hear no ping after it whose number is lower."""
    numbers = Numbers(made(RISING))
    numbers.risen('{"id":9,"type":"ping"}')
    assert numbers.risen(b'{"id":1,"type":"ping"}') == b'{"id":10,"type":"ping"}'
    assert numbers.risen(b'{"id":4711,"type":"ping"}') == b'{"id":4711,"type":"ping"}'
    assert numbers.risen('{"id":11,"type":"ping"}') == '{"id":4712,"type":"ping"}'
    assert numbers.risen(b"\xff1") == b"\xff1"


def test_an_array_of_a_ping_is_nearly_one_only_where_it_does_not_stand_for_it() -> None:
    known = near_pings(made(RISING))
    others = near_pings(made({**RISING, "batches": False}))
    assert not any(text.startswith("[") for text in known)
    assert '[{"id":4711,"type":"ping"}]' in others

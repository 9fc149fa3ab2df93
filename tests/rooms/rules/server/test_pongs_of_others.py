"""Pongs that carry ids, and pings that are lost among many: which requirement explains them."""

from __future__ import annotations

import pytest

from conformance.config.dialect import said_capabilities
from conformance.trace.trace import Trace
from spec.dialect.made import made
from tests.traces.notation import trace_of, violations

NUMBERED = made(
    {
        "dialect": 1,
        "name": "numbered",
        "ping": {"by": "client", "text": '{"hb":${id}}'},
        "pong": {"text": '{"ack":${id}}'},
        "timing": {"heartbeat_interval": 1, "reply_deadline": 1},
    }
)
OPENS = "0.00 opening\n0.01 opened\n"


def seen(*lines: str) -> Trace:
    told = said_capabilities(NUMBERED)
    return trace_of(OPENS + "\n".join(lines), capabilities=told, dialect=NUMBERED)


def explained(trace: Trace, requirement: str) -> set[frozenset[str]]:
    return {each.among for each in violations(trace)[requirement]}


def test_a_pong_with_an_id_that_no_message_had_is_the_server_s_own() -> None:
    trace = seen('0.1 > {"hb":1}', '0.11 < {"ack":7}', '0.2 > {"hb":2}', '0.21 < {"ack":2}')
    assert explained(trace, "S-PONG") == {frozenset()}


def test_a_pong_with_the_id_of_what_is_no_ping_may_be_for_that() -> None:
    near = '0.09 > {"HB":4711}'
    trace = seen(
        near, '0.1 > {"hb":1}', '0.11 < {"ack":4711}', '0.2 > {"hb":2}', '0.21 < {"ack":2}'
    )
    assert explained(trace, "S-PONG") == {frozenset({"S-PING-FORM"})}


@pytest.mark.parametrize(
    "other",
    [
        '{"HB":47110}',
        '{"HB":"4711"}',
        '{"HB":[14711]}',
        '{"x":"no 4711"}',
        "4711x",
        '{"HB":1.4711}',
    ],
)
def test_an_id_is_none_that_stands_within_another(other: str) -> None:
    pongs = ('0.1 > {"hb":1}', '0.11 < {"ack":4711}', '0.2 > {"hb":2}', '0.21 < {"ack":2}')
    assert explained(seen(f"0.09 > {other}", *pongs), "S-PONG") == {frozenset()}


@pytest.mark.parametrize("other", ['{"HB":[{"n":4711.0}]}', "[4711"])
def test_an_id_may_stand_anywhere_in_a_message(other: str) -> None:
    pongs = ('0.1 > {"hb":1}', '0.11 < {"ack":4711}', '0.2 > {"hb":2}', '0.21 < {"ack":2}')
    found = explained(seen(f"0.09 > {other}", *pongs), "S-PONG")
    assert found == {frozenset({"S-PING-FORM"})}


@pytest.mark.parametrize(
    ("other", "copied"),
    [
        ("HB 7", True),
        ('{"n":7}', True),
        ('"HB-7"', True),
        ("HB 17", False),
        ("HB 1.7", False),
        ('"HB 70"', False),
    ],
)
def test_in_a_dialect_of_texts_an_id_is_a_word(other: str, *, copied: bool) -> None:
    texts = made(
        {
            "dialect": 1,
            "name": "texts",
            "ping": {"by": "client", "text": "hb ${id}"},
            "pong": {"text": "ack ${id}"},
            "timing": {"heartbeat_interval": 1, "reply_deadline": 1},
        }
    )
    story = f"0.09 > {other}\n0.1 > hb 1\n0.11 < ack 7\n0.2 > hb 2\n0.21 < ack 2"
    trace = trace_of(OPENS + story, capabilities=said_capabilities(texts), dialect=texts)
    expected = frozenset({"S-PING-FORM"} if copied else ())
    assert explained(trace, "S-PONG") == {expected}


def test_one_ping_is_lost_for_its_own_sake_and_one_of_fifty_may_be_for_their_number() -> None:
    def lost(others: int) -> Trace:
        before = [f'0.1 > {{"hb":{n}}}' for n in range(others)]
        answers = [f'0.11 < {{"ack":{n}}}' for n in range(others)]
        return seen(*before, '0.1 > {"hb":900}', *answers, '0.2 > {"hb":901}', '0.21 < {"ack":901}')

    assert explained(lost(1), "S-PONG") == {frozenset()}
    assert explained(lost(50), "S-PONG") == {frozenset({"S-BURST"})}


@pytest.mark.parametrize(
    ("other", "requirement"), [("hello", "S-IGNORE-NOT-JSON"), ("binary 00", "S-BINARY")]
)
@pytest.mark.parametrize(
    ("before", "read", "explains"),
    [
        ("0.1 > {}\n", "0.11 < echo {}\n0.12 < pong\n", {"S-PING-FORM"}),
        ("", "0.12 < pong\n", set()),
    ],
)
def test_a_pong_right_behind_an_echo_may_be_for_what_was_echoed(
    other: str, requirement: str, before: str, read: str, explains: set[str]
) -> None:
    told = trace_of(f"{OPENS}{before}0.1 > {other}\n0.1 > []\n{read}0.14 < echo []")
    assert explained(told, requirement) == {frozenset(explains)}

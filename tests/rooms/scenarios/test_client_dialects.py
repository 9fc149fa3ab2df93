"""What scenarios for clients say and do in other dialects than the protocol's."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.messages.from_server import is_pong, pong_holes, server_ping
from conformance.messages.json_text import NotJson, parse
from conformance.scenarios import client_scenarios
from conformance.scenarios.client.common import ends, noise
from conformance.scenarios.near_pings import near_pongs
from conformance.trace.event import Close
from spec.dialect.dialect import Dialect
from spec.dialect.made import made
from spec.dialect.shipped import names, protocol, shipped

OURS = {
    "dialect": 1,
    "name": "ours",
    "ping": {"by": "client", "text": '{"hb":${id}}'},
    "pong": {"text": '{"ack":${id}}'},
    "timing": {"heartbeat_interval": 1, "pong_timeout": 1, "reconnect_delay": 1},
}
KINDS = ("json", "not_json", "binary", "pongs")


def ours(**said: Any) -> Dialect:
    return made({**OURS, **said})


def kind_of(message: str | bytes, dialect: Dialect) -> str:
    if isinstance(message, bytes):
        return "binary"
    if is_pong(message, dialect):
        return "pongs"
    return "not_json" if isinstance(parse(message), NotJson) else "json"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_that_a_client_need_not_bear(kind: str) -> None:
    dialect = ours(client={"bears": [kind]})
    said = noise.everything(dialect)
    assert said
    assert {kind_of(each, dialect) for each in said} == {kind}
    for each in (*noise.of_no_use(dialect), *noise.talk_of(dialect)):
        assert kind_of(each, dialect) == kind


def test_all_that_it_has_to_bear_is_said() -> None:
    dialect = ours(client={"bears": [*KINDS]})
    assert {kind_of(each, dialect) for each in noise.everything(dialect)} == {*KINDS}
    assert not noise.everything(ours())


def test_where_both_ping_no_ping_is_noise() -> None:
    dialect = ours(ping={"by": "both", "text": '{"hb":${id}}'}, client={"bears": ["json"]})
    said = noise.everything(dialect)
    assert not any(server_ping(each, dialect) for each in said)


@pytest.mark.parametrize("name", names())
def test_what_is_nearly_a_pong_is_none(name: str) -> None:
    dialect = shipped(name)
    assert len(near_pongs(dialect)) > 10
    assert not any(is_pong(each, dialect) for each in near_pongs(dialect))


def test_an_unasked_pong_is_one_to_no_ping() -> None:
    assert pong_holes(noise.unasked_pong(ours()), ours()) == {"id": 4711}


@pytest.mark.parametrize(
    ("timeout", "end"),
    [
        ({"close": [4008]}, Close(4008)),
        ({"close": ["empty"]}, Close(None)),
        ({"close": ["abort"]}, "reset"),
        ({"close": ["1015-3001", 1000], "reason": "silence"}, Close(3000, "silence")),
    ],
)
def test_silence_is_ended_as_the_dialect_has_it(timeout: dict[str, Any], end: ends.End) -> None:
    timing = {**OURS["timing"], "heartbeat_timeout": 3}  # type: ignore[dict-item]
    assert ends.for_silence(ours(timeout=timeout, timing=timing)) == end


def test_what_a_client_is_to_come_back_from_is_no_end_for_good() -> None:
    assert ends.passing(protocol()) == Close(1000, "heartbeat timeout")
    assert ends.passing(ours(client={"stays_away": ["1000-1003"]})) == Close(1011)
    assert ends.passing(ours(client={"stays_away": ["1000-4999"]})) == "reset"
    assert ends.passing(ours(client={"stays_away": [1001]}), Close(1001)) == Close(1000)


def test_what_a_client_may_take_for_final_is_not_tried() -> None:
    dialect = ours(client={"may_stay_away": ["1000-1003", "4300-4999"]})
    assert ends.passing(dialect) == Close(1011)
    assert "closes_for_good" not in performed(dialect)
    assert "goes_away" not in performed(dialect)


def performed(dialect: Dialect) -> set[str]:
    return {each.name for each in client_scenarios(dialect)}


def test_what_has_no_sense_in_a_dialect_is_not_done() -> None:
    everywhere = performed(protocol())
    assert "closes_for_good" not in everywhere
    plain = performed(ours())
    assert plain < everywhere
    assert not plain & {"answers_404", "says_what_cannot_be_used", "closes_for_want_of_heartbeats"}
    bearing = performed(ours(client={"bears": ["json"], "stays_away": [1001, 4000]}))
    assert {"says_what_cannot_be_used", "closes_for_good"} <= bearing
    assert not bearing & {"goes_away", "closes_with_a_private_code"}
    assert "closes_for_good_with_another_code" in bearing

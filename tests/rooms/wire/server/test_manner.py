"""Manners of asking for a connection, and what a trace, a page and a replay make of them."""

from __future__ import annotations

import json

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from conformance.report.failure.transcript import lines
from conformance.trace.event import Event
from conformance.wire.ends.candid import CandidProtocol
from conformance.wire.server.manner import (
    AS_FIREFOX,
    BEHIND_A_PROXY,
    COMPRESSING,
    MANNERS,
    PLAINLY,
    Manner,
)

each_manner = pytest.mark.parametrize("manner", MANNERS.values(), ids=lambda each: each.told)


def asked(manner: Manner, **own: str) -> Request:
    """What a client asks for in a manner, with a target's own header fields."""
    protocol = CandidProtocol(parse_uri("ws://localhost/ws"))
    return manner.asks(protocol.connect(), own)


@each_manner
def test_a_server_that_knows_http_accepts_it(manner: Manner) -> None:
    server = ServerProtocol()
    response = server.accept(asked(manner))
    assert response.status_code == 101, server.handshake_exc


def test_connection_is_a_list_as_firefox_has_it_beside_the_cookies_of_a_site() -> None:
    request = asked(AS_FIREFOX)
    assert request.headers.get_all("Connection") == ["keep-alive, Upgrade"]
    assert AS_FIREFOX.cut < len(request.serialize()) < 4096


def test_behind_a_proxy_all_names_are_in_lower_case() -> None:
    assert all(name == name.lower() for name in dict(asked(BEHIND_A_PROXY).headers.raw_items()))
    assert any(name != name.lower() for name in dict(asked(PLAINLY).headers.raw_items()))


@each_manner
def test_what_a_target_demands_stays(manner: Manner) -> None:
    request = asked(manner, Cookie="session=1", Authorization="Bearer x")
    assert request.headers.get_all("Cookie") == ["session=1"]
    assert request.headers.get_all("Authorization") == ["Bearer x"]


@each_manner
def test_a_trace_has_it_and_a_page_tells_it(manner: Manner) -> None:
    event = Event(0, 1, 0.0, 0.0, "opening", manner=manner.told)
    assert Event.from_json(json.loads(json.dumps(event.to_json()))) == event
    assert ("manner" in event.to_json()) is (manner is not PLAINLY)
    [line] = lines((event,))
    assert line.said == f"({' '.join(filter(None, ('connecting', manner.told)))})"


def test_only_one_offers_compression() -> None:
    assert [each for each in MANNERS.values() if each.compresses] == [COMPRESSING]

"""A dialect's secrets are said where they have to be, and in nothing that is made of a message."""

from __future__ import annotations

import json

import pytest

from conformance.scenarios.near_pings import near_pings, near_pongs
from conformance.scenarios.server.neighbours.resets import _reset
from conformance.scenarios.spellings import spellings
from spec.dialect.dialect import Dialect
from spec.dialect.made import made

TOKEN = "OpenSesameAndCloseIt"
PART = 8
PINGS = {
    "an object": '{"token":"${env:SAID_TOKEN}","type":"hb","n":${id}}',
    "a list": '["${env:SAID_TOKEN}","hb",${id},{"x":1}]',
    "a text": "PING ${env:SAID_TOKEN} ${id}",
}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAID_TOKEN", TOKEN)


def speaking(ping: str, **further: object) -> Dialect:
    pong = {"text": ping.replace("hb", "ack").replace("PING", "PONG")}
    told = {"by": "client", "text": ping}
    return made({"dialect": 1, "name": "ours", "ping": told, "pong": pong, **further})


def parts() -> set[str]:
    known = TOKEN.casefold()
    return {known[place : place + PART] for place in range(len(known) - PART)}


@pytest.mark.parametrize("ping", PINGS.values(), ids=PINGS)
def test_what_resembles_a_heartbeat_has_no_part_of_a_secret(ping: str) -> None:
    dialect = speaking(ping)
    made_of_it = [*near_pings(dialect, is_last=True), *near_pongs(dialect)]
    assert made_of_it
    for text in made_of_it:
        assert not any(each in text.casefold() for each in parts()), text


@pytest.mark.parametrize("ping", PINGS.values(), ids=PINGS)
def test_other_spellings_of_a_ping_have_its_secret_whole(ping: str) -> None:
    """So it is found in what was said, and taken out."""
    dialect = speaking(ping)
    said = [spell(dialect.say_ping(7)) for spell in spellings(dialect.ping)]
    assert all(TOKEN in text for text in said)
    assert not dialect.ping.known.is_json or len({json.dumps(json.loads(t)) for t in said}) == 1


@pytest.mark.parametrize("ping", ["hb", '{"type":"hb"}'])
def test_a_list_with_room_in_an_object_is_spelled_as_a_list(ping: str) -> None:
    form = speaking('[1,"hb",{"...":0}]' if ping == "hb" else ping).ping
    assert [spell(form.say(lambda _: 1)) for spell in spellings(form)]


class Poured(list[object]):
    """What a peer pours that stands for any."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.is_cut = False

    def pour(self, said: object) -> None:
        self.append(said)

    def a_ping(self) -> str:
        return self.dialect.say_ping(1)

    def a_pong(self) -> str:
        return self.dialect.say_pong({})

    def say_goodbye(self) -> None:
        self.append("goodbye")

    def cut(self) -> None:
        self.is_cut = True


def test_a_connection_is_reset_in_dialects_in_which_a_client_has_nothing_to_say() -> None:
    beaten = made(
        {
            "dialect": 1,
            "name": "beaten",
            "ping": {"by": "server", "text": "beat"},
            "alive": {"by": "messages"},
        }
    )
    for manner in range(4):
        peer = Poured(beaten)
        _reset(manner, peer)  # type: ignore[arg-type]
        assert peer.is_cut

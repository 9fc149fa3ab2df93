"""The dialects that the clients of the matrix speak besides, some of them made for it."""

from __future__ import annotations

from dataclasses import replace

from spec.dialect.made import made
from spec.dialect.shipped import names, shipped
from tests.mutants.clients.behaviour import Behaviour
from tests.mutants.clients.from_file import client_tongue_of
from tests.mutants.clients.tongue import (
    GIVES_UP,
    PING,
    PONG,
    ClientTongue,
    Numbered,
    no_number,
    parsed,
)

FOREVER = 1e6

NUMBERED = made(
    {
        "dialect": 1,
        "name": "numbered",
        "ping": {"by": "client", "text": '{"event":"hb","n":${id}}'},
        "pong": {"text": '{"event":"ack","n":${id}}'},
        "timeout": {"close": [4008]},
        "client": {
            "gives_up": [4001],
            "stays_away": [4100, "4102-4110"],
            "bears": ["json", "not_json", "binary", "pongs"],
        },
        "timing": {
            "heartbeat_interval": 20,
            "heartbeat_timeout": 45,
            "check_interval": 5,
            "pong_timeout": 10,
            "reconnect_delay": 1,
            "reconnect_jitter": 2,
            "reconnect_cap": 30,
        },
    }
)

ASKING = made(
    {
        **NUMBERED.document,
        "name": "asking",
        "ping": {"by": "server", "text": '{"event":"hb","n":${id}}'},
        "alive": {"by": "pongs"},
        "client": {"bears": ["json", "not_json", "binary"]},
    }
)

MUTUAL = made(
    {
        **NUMBERED.document,
        "name": "mutual",
        "ping": {"by": "both", "text": '{"event":"hb","n":${id}}'},
        "alive": {"by": "pings"},
    }
)

INTRODUCED = made(
    {
        **NUMBERED.document,
        "name": "introduced",
        "prelude": [
            {"by": "server", "text": '{"event":"welcome"}'},
            {"by": "client", "text": '{"event":"login","id":${id}}'},
            {"by": "client", "text": '{"event":"features"}', "optional": True},
            {"by": "server", "text": '{"event":"granted","id":${id}}'},
        ],
    }
)

ONE_WAY = made(
    {
        **{name: each for name, each in NUMBERED.document.items() if name != "pong"},
        "name": "one-way",
        "client": {
            "stays_away": [4100, "4102-4110"],
            "bears": ["json", "not_json", "binary"],
        },
    }
)

AFTER_PONG = made(
    {
        **NUMBERED.document,
        "name": "after-pong",
        "client": {**NUMBERED.document["client"], "next": "pong"},
    }
)


def _number_of(event: str) -> Numbered:
    def number(text: str) -> int | None:
        value = parsed(text)
        if not isinstance(value, dict) or value.get("event") != event or len(value) > 2:
            return None
        found = value.get("n")
        return found if isinstance(found, int) else None

    return number


def _is(pong: str) -> Numbered:
    """Pongs without a number answer the ping that every connection has said first."""
    return lambda text: 1 if text == pong else None


def _json_type(text: str) -> int | None:
    value = parsed(text)
    return 1 if isinstance(value, dict) and value.get("type") == "pong" else None


def _json_rpc(text: str) -> int | None:
    value = parsed(text)
    if not isinstance(value, dict) or value.get("result") != {} or len(value) != 3:
        return None
    return value["id"] if isinstance(value.get("id"), int) else None


def _home_assistant(text: str) -> int | None:
    value = parsed(text)
    if not isinstance(value, dict) or value.get("type") != "pong" or len(value) != 2:
        return None
    return value["id"] if isinstance(value.get("id"), int) else None


def _pusher(event: str) -> Numbered:
    def number(text: str) -> int | None:
        value = parsed(text)
        return 1 if isinstance(value, dict) and value.get("event") == event else None

    return number


def _ocpp(text: str) -> int | None:
    value = parsed(text)
    is_result = isinstance(value, list) and len(value) == 3 and value[0] == 3
    return int(value[1]) if is_result and str(value[1]).isdigit() else None


def _pings_after_pongs(client: Behaviour) -> Behaviour:
    return replace(client, beats_on_pongs=True)


def _leaves_pings_to_the_server(client: Behaviour) -> Behaviour:
    return replace(client, first=lambda _: None)


def _logs_in(client: Behaviour) -> Behaviour:
    return replace(client, greets=lambda _: ['{"event":"login","id":7}'])


def _expects_no_pong(client: Behaviour) -> Behaviour:
    return replace(client, pong_timeout=lambda _: FOREVER)


def _opens(client: Behaviour) -> Behaviour:
    return replace(client, greets=lambda _: ['{"type":"connection_init"}'])


def _joins(client: Behaviour) -> Behaviour:
    return replace(_leaves_pings_to_the_server(client), greets=lambda _: ["40"])


def _authorises(client: Behaviour) -> Behaviour:
    return replace(client, greets=lambda _: ['{"type":"auth","access_token":"of its own"}'])


def _pings_after_silence(client: Behaviour) -> Behaviour:
    return replace(client, restarts=lambda _: True)


NUMBERED_TONGUE = ClientTongue(
    NUMBERED,
    lambda n: f'{{"event":"hb","n":{n}}}',
    lambda n: f'{{"event":"ack","n":{n}}}',
    _number_of("ack"),
    gives_up=4001,
    final=(4100, *range(4102, 4111)),
)

BY_HAND = {
    "numbered": NUMBERED_TONGUE,
    "after-pong": replace(NUMBERED_TONGUE, dialect=AFTER_PONG, habits=_pings_after_pongs),
    "asking": ClientTongue(
        ASKING,
        NUMBERED_TONGUE.ping,
        NUMBERED_TONGUE.pong,
        no_number,
        habits=_leaves_pings_to_the_server,
        asks=_number_of("hb"),
    ),
    "mutual": replace(NUMBERED_TONGUE, dialect=MUTUAL, asks=_number_of("hb")),
    "introduced": replace(NUMBERED_TONGUE, dialect=INTRODUCED, habits=_logs_in),
    "one-way": replace(
        NUMBERED_TONGUE,
        dialect=ONE_WAY,
        number=no_number,
        gives_up=GIVES_UP,
        habits=_expects_no_pong,
    ),
    "plain-text": ClientTongue(
        shipped("plain-text"), lambda _: "ping", lambda _: "pong", _is("pong"), 1000
    ),
    "json-type": ClientTongue(
        shipped("json-type"), lambda _: PING, lambda _: PONG, _json_type, None
    ),
    "trpc": ClientTongue(
        shipped("trpc"),
        lambda _: "PING",
        lambda _: "PONG",
        _is("PONG"),
        None,
        habits=_pings_after_silence,
    ),
    "json-rpc": ClientTongue(
        shipped("json-rpc"),
        lambda n: f'{{"jsonrpc":"2.0","id":{n},"method":"ping"}}',
        lambda n: f'{{"jsonrpc":"2.0","id":{n},"result":{{}}}}',
        _json_rpc,
    ),
    "graphql-transport-ws": ClientTongue(
        shipped("graphql-transport-ws"),
        lambda _: PING,
        lambda _: PONG,
        _json_type,
        final=(1002, 1003, *range(1007, 1012), 4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500),
        habits=lambda client: _pings_after_pongs(_opens(_expects_no_pong(client))),
        asks=_is(PING),
    ),
    "socket.io-5": ClientTongue(
        shipped("socket.io-5"),
        lambda _: "2",
        lambda _: "3",
        no_number,
        habits=_joins,
        asks=_is("2"),
    ),
    "home-assistant": ClientTongue(
        shipped("home-assistant"),
        lambda n: f'{{"id":{n},"type":"ping"}}',
        lambda n: f'{{"id":{n},"type":"pong"}}',
        _home_assistant,
        habits=lambda client: _authorises(_expects_no_pong(client)),
    ),
    "pusher-7": ClientTongue(
        shipped("pusher-7"),
        lambda _: '{"event":"pusher:ping","data":{}}',
        lambda _: '{"event":"pusher:pong","data":{}}',
        _pusher("pusher:pong"),
        gives_up=1000,
        final=range(4000, 4100),
        habits=_pings_after_silence,
        asks=_pusher("pusher:ping"),
    ),
    "ocpp-1.6": ClientTongue(
        shipped("ocpp-1.6"),
        lambda n: f'[2,"{n}","Heartbeat",{{}}]',
        lambda n: f'[3,"{n}",{{"currentTime":"wsbeat"}}]',
        _ocpp,
    ),
}
"""Those whose words are written here: some made for the matrix, and shipped ones."""

CLIENT_TONGUES = BY_HAND | {
    name: client_tongue_of(name) for name in names()[1:] if name not in BY_HAND
}
"""The dialects that the clients of the matrix speak besides, all that are shipped among them."""

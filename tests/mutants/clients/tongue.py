"""Clients of the protocol that speak another dialect: each message is translated on the wire.

What a mutant does is not changed by that: what it says is said as the dialect has it, and a pong in
the dialect reaches it as one of the protocol. The translation knows the words of a dialect and not
its templates, so that both cannot be wrong in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.typing import Subprotocol

from spec.dialect.dialect import Dialect
from spec.dialect.made import made
from spec.dialect.shipped import shipped
from tests.mutants.clients.behaviour import Behaviour

PONG = '{"type":"pong"}'
PING = '{"type":"ping"}'
SPACED = '{"type": "pong"}'
GIVES_UP = 4000
FOREVER = 1e6

Words: TypeAlias = Callable[[int], str]
"""A message of a dialect with a number in it."""

Numbered: TypeAlias = Callable[[str], int | None]
"""The number in a pong of the dialect; None for any other text."""


def _none(_: str) -> None:
    return None


def _usual(behaviour: Behaviour) -> Behaviour:
    return behaviour


@dataclass(frozen=True)
class ClientTongue:
    """A dialect, and how what a client says and hears in it becomes that of the protocol.

    ``ping`` and ``pong`` are what is said with a number; ``number`` finds it in a pong, ``asks`` in
    a ping of the server. ``gives_up`` is the Close that stands for 4000, and ``final`` are the
    codes after which the client stays away. ``habits`` changes what mutants derive from. One that
    is ``trusting`` takes any pong for the pong to its ping.
    """

    dialect: Dialect
    ping: Words
    pong: Words
    number: Numbered
    gives_up: int | None = GIVES_UP
    final: Collection[int] = ()
    habits: Callable[[Behaviour], Behaviour] = _usual
    trusting: bool = False
    asks: Numbered = _none

    @property
    def subprotocols(self) -> Sequence[Subprotocol] | None:
        """What it offers."""
        return [Subprotocol(each) for each in self.dialect.subprotocols] or None

    def said(self, text: str, counted: int, asked: int) -> str:
        """A text of the protocol as the dialect has it: pings are counted, and pongs asked for."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            return text
        if kind.lower() == "ping" and self.dialect.client_pings:
            return self._spelled(self.ping(counted), kind, value)
        if kind.lower() == "pong" and self.dialect.server_pings:
            return self._spelled(self.pong(asked), kind, value)
        return text

    def _spelled(self, ping: str, kind: str, value: dict[str, Any]) -> str:
        """A ping with what is wrong with it: its case, and members that it ought not to have."""
        further = {name: each for name, each in value.items() if name != "type"}
        if kind.isupper():
            ping = ping.swapcase()
        try:
            known = json.loads(ping)
        except ValueError:
            return f"{ping} {json.dumps(further)}" if further else ping
        if not further:
            return ping
        if isinstance(known, dict):
            return json.dumps({**known, **further})
        return json.dumps([*known, further])

    def heard(self, text: str, numbers: Collection[int]) -> str:
        """A text of the dialect as the protocol has it; a pong only to a ping with its number."""
        asked, number = self.number_asked(text), None
        if asked is not None:
            return PING if text == self.ping(asked) else SPACED.replace("pong", "ping")
        if self.dialect.client_pings:
            number = self.number(text)
        if number is None:
            return '{"kind":"pong"}' if text in (PONG, PING) else text
        if number not in numbers and not self.trusting:
            return '{"kind":"stale"}'
        return PONG if text == self.pong(number) else SPACED

    def number_asked(self, text: str) -> int | None:
        """The number in a ping of the server; None where servers do not ping, or this is none."""
        return self.asks(text) if self.dialect.server_pings else None


def speaking(tongue: ClientTongue) -> type[ClientConnection]:
    """A connection that speaks a dialect."""

    class Speaking(ClientConnection):
        def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
            super().__init__(protocol, **options)
            _translate(protocol, tongue)

    return Speaking


def _translate(protocol: ClientProtocol, tongue: ClientTongue) -> None:
    send, receive = protocol.send_frame, protocol.recv_frame
    numbers: list[int] = []
    # The number that was answered last, and those that wait for an answer.
    asked: list[int] = [0]

    def said(frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            text = bytes(frame.data).decode()
            counted = len(numbers) + 1
            if "pong" in text.lower() and len(asked) > 1:
                asked[0] = asked.pop(1)
            translated = tongue.said(text, counted, asked[0])
            if translated != text or text == PING:
                numbers.append(counted)
            send(replace(frame, data=translated.encode()))
        elif frame.opcode is Opcode.CLOSE and frame.data:
            send(Frame(Opcode.CLOSE, _close(bytes(frame.data), tongue)))
        else:
            send(frame)

    def heard(frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and frame.fin:
            text = bytes(frame.data).decode()
            if (number := tongue.number_asked(text)) is not None:
                asked.append(number)
            receive(replace(frame, data=tongue.heard(text, numbers).encode()))
        else:
            receive(frame)

    protocol.send_frame = said  # type: ignore[method-assign]
    protocol.recv_frame = heard  # type: ignore[method-assign]


def _close(data: bytes, tongue: ClientTongue) -> bytes:
    close = Close.parse(data)
    if close.code != GIVES_UP:
        return data
    return b"" if tongue.gives_up is None else Close(tongue.gives_up, "").serialize()


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
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict) or value.get("event") != event or len(value) > 2:
            return None
        found = value.get("n")
        return found if isinstance(found, int) else None

    return number


def _is(pong: str) -> Numbered:
    """Pongs without a number answer the ping that every connection has said first."""
    return lambda text: 1 if text == pong else None


def _json_type(text: str) -> int | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return 1 if isinstance(value, dict) and value.get("type") == "pong" else None


def _json_rpc(text: str) -> int | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get("result") != {} or len(value) != 3:
        return None
    return value["id"] if isinstance(value.get("id"), int) else None


def _home_assistant(text: str) -> int | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get("type") != "pong" or len(value) != 2:
        return None
    return value["id"] if isinstance(value.get("id"), int) else None


def _pusher(event: str) -> Numbered:
    def number(text: str) -> int | None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return 1 if isinstance(value, dict) and value.get("event") == event else None

    return number


def _ocpp(text: str) -> int | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
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

CLIENT_TONGUES = {
    "numbered": NUMBERED_TONGUE,
    "after-pong": replace(NUMBERED_TONGUE, dialect=AFTER_PONG, habits=_pings_after_pongs),
    "asking": ClientTongue(
        ASKING,
        NUMBERED_TONGUE.ping,
        NUMBERED_TONGUE.pong,
        _none,
        habits=_leaves_pings_to_the_server,
        asks=_number_of("hb"),
    ),
    "mutual": replace(NUMBERED_TONGUE, dialect=MUTUAL, asks=_number_of("hb")),
    "introduced": replace(NUMBERED_TONGUE, dialect=INTRODUCED, habits=_logs_in),
    "one-way": replace(
        NUMBERED_TONGUE,
        dialect=ONE_WAY,
        number=_none,
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
        shipped("socket.io-5"), lambda _: "2", lambda _: "3", _none, habits=_joins, asks=_is("2")
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
"""The dialects that the clients of the matrix speak besides: two made for it, and shipped ones."""

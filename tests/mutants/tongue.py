"""Servers of the protocol that speak another dialect: each message is translated on the wire.

What a mutant does is not changed by that: a ping in the dialect reaches it as one of the protocol,
what is nearly a ping as what is nearly one there, and what it says and how it ends a connection is
said as the dialect has it. The translation knows the words of a dialect and not its templates, so
that both cannot be wrong in the same way.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ProtocolError
from websockets.frames import Close, Frame, Opcode

from spec.dialect.dialect import Dialect
from spec.dialect.made import made
from tests.mutants.behaviour import Behaviour
from tests.mutants.clients.tongue import parsed

REASON = "heartbeat timeout"

Hear: TypeAlias = Callable[[str], tuple[str, Any]]
"""Makes a text of a client one of the protocol, and tells the number in it."""

Say: TypeAlias = Callable[[str, Any], str]
"""Makes a text of the protocol one of the dialect, with the number of what it answers."""

ANSWERED: ContextVar[Any] = ContextVar("ANSWERED", default=0)
"""The number in the message that is being answered: also by a task that is begun for that."""


def _usual(behaviour: Behaviour) -> Behaviour:
    return behaviour


@dataclass(frozen=True)
class Tongue:
    """A dialect, and how its messages become those of the protocol and the reverse."""

    dialect: Dialect
    hear: Hear
    say: Say
    code: int | None
    """The code of the Close for silence; None where the connection is aborted."""
    first: Callable[[ServerConnection], Awaitable[None]] | None = None
    """What is said, and heard, before heartbeats count."""
    declares: tuple[str, ...] = ()
    """The capabilities that servers have which speak it."""
    habits: Callable[[Behaviour], Behaviour] = _usual
    """What it changes in what mutants derive from."""
    begins: Callable[[], Hear] | None = None
    """Makes what hears on one connection, where that depends on what came there before."""


def translate(socket: ServerConnection, tongue: Tongue) -> None:
    """Let a connection speak a dialect."""
    protocol, take = socket.protocol, socket.recv
    send, receive = protocol.send_frame, protocol.recv_frame
    hear = tongue.hear if tongue.begins is None else tongue.begins()
    numbers: deque[Any] = deque()

    async def taken(*given: Any, **options: Any) -> Any:
        message = await take(*given, **options)
        ANSWERED.set(numbers.popleft())
        return message

    def meant(text: str) -> str:
        text, number = hear(text)
        numbers.append(number)
        return text

    amid: list[bytes] = []

    def heard(frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and frame.fin:
            receive(_with(frame, meant(bytes(frame.data).decode())))
            return
        if frame.opcode is Opcode.BINARY:
            text = meant(bytes(frame.data).decode("latin-1"))
            receive(replace(frame, data=text.encode("latin-1", "replace")))
            return
        if frame.opcode is Opcode.TEXT:
            amid[:] = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT and amid:
            amid.append(bytes(frame.data))
            if frame.fin:
                text = meant(b"".join(amid).decode())
                amid.clear()
                receive(Frame(Opcode.CONT, text.encode()))
                return
        else:
            receive(frame)
            return
        # What began is heard when it is whole; that it began is heard now.
        receive(Frame(frame.opcode, b"", fin=False))

    def said(frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and frame.fin:
            send(_with(frame, tongue.say(bytes(frame.data).decode(), ANSWERED.get())))
        elif frame.opcode is Opcode.CLOSE and frame.data:
            try:
                close = Close.parse(frame.data)
            except (ProtocolError, UnicodeDecodeError):  # one that nobody can read
                send(frame)
                return
            if close.reason == REASON and close.code == 1000:
                if tongue.code is None:
                    socket.transport.abort()
                    return
                close = Close(tongue.code, "")
            send(Frame(Opcode.CLOSE, close.serialize()))
        else:
            send(frame)

    socket.recv = taken  # type: ignore[method-assign]
    protocol.send_frame = said  # type: ignore[method-assign]
    protocol.recv_frame = heard  # type: ignore[method-assign]


def _with(frame: Frame, text: str) -> Frame:
    return Frame(frame.opcode, text.encode(), frame.fin)


NUMBERED = made(
    {
        "dialect": 1,
        "name": "numbered",
        "ping": {"by": "client", "text": '{"event":"hb","n":${id}}'},
        "pong": {"text": '{"event":"ack","n":${id}}'},
        "timeout": {"close": [4008]},
        "others": {"not_json": ["ignore"], "binary": ["ignore", 1003]},
        "order": "in order",
    }
)

WORDS = (("event", "type"), ("hb", "ping"), ("ack", "pong"))


def _meant(text: str) -> str:
    for word, meant in WORDS:
        for change in (str, str.upper, str.title):
            text = text.replace(change(word), change(meant))
    return text


def _all_meant(value: Any) -> Any:
    if isinstance(value, dict):
        return {_meant(name): _all_meant(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_all_meant(inner) for inner in value]
    return _meant(value) if isinstance(value, str) else value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


NUMBER = re.compile(r',\s*"n"\s*:\s*\d+')


def _hears_numbered(text: str) -> tuple[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _meant(text), 0
    number = _number_in(value)
    if isinstance(value, dict) and value.get("event") == "hb":
        text = NUMBER.sub("", text)
        value.pop("n", None)
    spelled, meant = _meant(text), _all_meant(value)
    if json.loads(spelled) == meant:
        return spelled, number
    written = json.dumps(meant, separators=(",", ":"))
    return (written.replace('"ping"', '"\\u0070ing"') if "\\u" in text else written), number


def _number_in(value: Any) -> Any:
    """The first number called `n` in a value: what is copied by whoever takes it for a ping."""
    if isinstance(value, dict) and "n" in value:
        return value["n"]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for each in inner if (found := _number_in(each)) is not None), None)


def _says_numbered(text: str, number: Any) -> str:
    value = parsed(text)
    if not isinstance(value, dict) or value.get("type") != "pong":
        return text
    del value["type"]
    return json.dumps({"event": "ack", "n": number, **value})


PLAIN = made(
    {
        "dialect": 1,
        "name": "plain",
        "ping": {"by": "client", "text": "ping"},
        "pong": {"text": "pong"},
        "timeout": {"close": [4000, 4001]},
    }
)


def _hears_plain(text: str) -> tuple[str, Any]:
    try:
        return json.dumps({"json": json.loads(text)}), 0
    except (ValueError, RecursionError):
        return json.dumps({"type": text}), 0


def _says_plain(text: str, _: Any) -> str:
    return "pong" if text == '{"type":"pong"}' else text


INTRODUCED = made(
    {
        **NUMBERED.document,
        "name": "introduced",
        "prelude": [
            {"by": "server", "text": '{"event":"hello","as":"${any}"}'},
            {"by": "client", "text": '{"event":"login","n":${id}}'},
            {"by": "server", "text": '{"event":"welcome","n":${id}}'},
        ],
    }
)


BEATEN = made(
    {
        **NUMBERED.document,
        "name": "beaten",
        "ping": {"by": "server", "text": '{"event":"hb","n":${id}}'},
        "pong": {"text": '{"event":"ack","n":${id}}', "unasked": True},
        "order": "by id",
    }
)


def _hears_beaten(text: str) -> tuple[str, Any]:
    """What a client answers, without its number: any will do."""
    text, number = _hears_numbered(text)
    value = parsed(text)
    if isinstance(value, dict) and value.get("type") == "pong":
        text = NUMBER.sub("", text)
    return text, number


def _says_beaten(text: str, number: Any) -> str:
    """A ping has a number of its own, which is the time."""
    value = parsed(text)
    if isinstance(value, dict) and value.get("type") == "ping":
        del value["type"]
        return json.dumps({"event": "hb", "n": time.monotonic_ns(), **value})
    return _says_numbered(text, number)


async def introduce(socket: ServerConnection) -> None:
    """Greet a client, and welcome it when it has said who it is."""
    await socket.send('{"event":"hello","as":"7"}')
    login = json.loads(await socket.recv())
    await socket.send(json.dumps({"event": "welcome", "n": login["n"]}))


ONE_WAY = made(
    {name: each for name, each in NUMBERED.document.items() if name not in ("pong", "order")}
    | {"name": "one-way"}
)
"""Its pings are not answered: `unanswered` in the tests makes servers that do not."""


SHARED = made(
    {
        **PLAIN.document,
        "name": "shared",
        "ping": {"by": "both", "text": "ping"},
        "alive": {"by": "messages"},
    }
)


def _says_shared(text: str, _: Any) -> str:
    return {'{"type":"pong"}': "pong", '{"type":"ping"}': "ping"}.get(text, text)


TONGUES = {
    "numbered": Tongue(NUMBERED, _hears_numbered, _says_numbered, 4008),
    "plain": Tongue(PLAIN, _hears_plain, _says_plain, 4001),
    "introduced": Tongue(INTRODUCED, _hears_numbered, _says_numbered, 4008, introduce),
    "beaten": Tongue(BEATEN, _hears_beaten, _says_beaten, 4008, declares=("server_ping",)),
    "shared": Tongue(
        SHARED, _hears_plain, _says_shared, 4001, declares=("server_ping", "inbound_liveness")
    ),
}
"""The dialects that the servers of the matrix speak besides."""

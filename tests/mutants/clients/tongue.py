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
from tests.mutants.clients.behaviour import Behaviour

PONG = '{"type":"pong"}'
PING = '{"type":"ping"}'
SPACED = '{"type": "pong"}'
GIVES_UP = 4000

Words: TypeAlias = Callable[[int], str]
"""A message of a dialect with a number in it."""

Numbered: TypeAlias = Callable[[str], int | None]
"""The number in a pong of the dialect; None for any other text."""


def parsed(text: str) -> Any:
    """The value of a JSON text; None for any other."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def no_number(_: str) -> None:
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
    asks: Numbered = no_number

    @property
    def subprotocols(self) -> Sequence[Subprotocol] | None:
        """What it offers."""
        return [Subprotocol(each) for each in self.dialect.subprotocols] or None

    def said(self, text: str, counted: int, asked: int) -> str:
        """A text of the protocol as the dialect has it: pings are counted, and pongs asked for."""
        value = parsed(text)
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
        known = parsed(ping)
        if not further:
            return ping
        if isinstance(known, dict):
            return json.dumps({**known, **further})
        is_list = isinstance(known, list)
        return json.dumps([*known, further]) if is_list else f"{ping} {json.dumps(further)}"

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
    # The frames of a text that has not ended.
    parts: list[Frame] = []

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
        if not (frame.opcode is Opcode.TEXT or (frame.opcode is Opcode.CONT and parts)):
            receive(frame)
            return
        parts.append(frame)
        if not frame.fin:
            return
        text = b"".join(bytes(part.data) for part in parts).decode()
        if (number := tongue.number_asked(text)) is not None:
            asked.append(number)
        data = tongue.heard(text, numbers).encode()
        for part in parts[:-1]:
            receive(replace(part, data=data[: len(part.data)]))
            data = data[len(part.data) :]
        parts.clear()
        receive(replace(frame, data=data))

    protocol.send_frame = said  # type: ignore[method-assign]
    protocol.recv_frame = heard  # type: ignore[method-assign]


def _close(data: bytes, tongue: ClientTongue) -> bytes:
    close = Close.parse(data)
    if close.code != GIVES_UP:
        return data
    return b"" if tongue.gives_up is None else Close(tongue.gives_up, "").serialize()

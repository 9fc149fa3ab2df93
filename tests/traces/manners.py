"""How clients and servers behave on a connection, as the model draws it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.traces.notation import FAST
from tests.traces.story import PING

SPELLINGS = ('{"type": "ping"}', '{"id":7,"type":"ping"}', '{"type":"\\u0070ing"}')
BUSINESS = ('{"order":%d}', "[%d]", '"ping %d"', "%d", '{"type":"Ping","n":%d}', '{"type":"pong"}')
NOT_JSON = ("hello", "", "NaN", "{'type':'ping'}", '{"type":"ping",}', "\ufeff{}")
BEYOND = ("1e400", '"\\ud800"', '{"a":1,"a":2}', "[" * 66 + "]" * 66)
BINARY = (b"", b"\x00\xff", b'{"type":"ping"}')

Act = tuple[float, Sequence[str | bytes] | None]
"""At that many seconds: say these in one go; None is a control Ping."""


@dataclass(slots=True)
class Manner:
    """What the client does and when; what else happens on the connection.

    `leaves_after` is how long (seconds) after its last act the client stays; 0 for ever. Then it
    `resets` the connection, or does as others do. One may not answer the server's Close.
    """

    acts: list[Act] = field(default_factory=list)
    leaves_after: float = 0.0
    refused: bool = False
    shut_down: bool = False
    closes_on_binary: bool = False
    answers_close: bool = True
    resets: bool = False


def pings_once(random: Random) -> Manner:
    return Manner([(random.random() * FAST.check_interval, [PING])])


def never_pings(_: Random) -> Manner:
    return Manner()


def pings_often(random: Random) -> Manner:
    gap = FAST.heartbeat_interval * random.random() / 4
    return Manner([(number * gap, [PING]) for number in range(1, random.randint(3, 7))])


def pings_on(random: Random) -> Manner:
    gap = FAST.heartbeat_interval
    acts: list[Act] = [(number * gap, [PING]) for number in range(1, random.randint(3, 8))]
    return Manner(acts, leaves_after=gap / 2)


def talks_on(random: Random) -> Manner:
    said = random.choice([["0"], ["hello"], [b"\x00"], None, ["1", "x", "2"]])
    gap = FAST.heartbeat_interval * 0.3
    return Manner([(0.01, [PING]), *((number * gap, said) for number in range(1, 14))])


def chats(random: Random) -> Manner:
    """Messages of every kind in batches, then an end in order, or silence."""
    at = 0.0
    acts: list[Act] = []
    for _ in range(random.randint(1, 6)):
        at += random.choice([0.0, 0.01, 0.3])
        acts.append((at, [_anything(random) for _ in range(random.randint(1, 4))]))
    return Manner(acts, leaves_after=random.choice([0.0, 0.02, 0.7]))


def is_refused(_: Random) -> Manner:
    return Manner(refused=True)


def is_shut_down(_: Random) -> Manner:
    return Manner([(0.05, [PING, "0"]), (0.1, [PING])], shut_down=True)


def sends_binary(random: Random) -> Manner:
    said = [*(_anything(random) for _ in range(3)), random.choice(BINARY), PING, "1"]
    return Manner([(0.05, said)], closes_on_binary=random.random() < 0.7)


def lapses(random: Random) -> Manner:
    """Pings again at about the moment at which the server gives up."""
    about = FAST.heartbeat_timeout + random.random() * (FAST.check_interval + 0.1)
    return Manner([(0.01, [PING]), (about, [random.choice([PING, "0", "x"])])])


def answers_no_close(_: Random) -> Manner:
    return Manner([(0.01, [PING])], answers_close=False)


def is_reset(random: Random) -> Manner:
    said = random.choice([[PING], ["0"], ["hello"], [PING, "1", PING]])
    acts: list[Act] = [(0.01, said)] * random.randrange(2)
    return Manner(acts, leaves_after=0.001 + random.random(), resets=True)


CALM: list[Callable[[Random], Manner]] = [
    *(pings_once, pings_once, never_pings, pings_often, pings_on, talks_on, chats),
]
WILD: list[Callable[[Random], Manner]] = [
    *(is_refused, is_shut_down, sends_binary, lapses, answers_no_close, is_reset),
]


def _anything(random: Random) -> Any:
    kind = random.randrange(8)
    if kind < 2:
        return PING
    if kind == 2:
        return random.choice(SPELLINGS)
    if kind < 5:
        text = random.choice(BUSINESS)
        return text % random.randrange(3) if "%" in text else text
    return random.choice(NOT_JSON if kind < 7 else BEYOND)

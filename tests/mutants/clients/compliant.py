"""A small client that keeps every sentence of the contract, to be broken one by one."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence

from tests.mutants.clients.behaviour import Answer, Behaviour, Close, Ending, Life

PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'


def parse(message: str | bytes) -> object:
    """Return the value of a message; None for one that cannot be used."""
    if isinstance(message, bytes):
        return None
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def is_pong(value: object) -> bool:
    """Tell whether a message is a pong."""
    return isinstance(value, dict) and value.get("type") == "pong"


def is_ping(value: object) -> bool:
    """Tell whether a message is a ping of the server."""
    return isinstance(value, dict) and value.get("type") == "ping"


def answers(_: Life, value: object) -> Sequence[Answer]:
    """Answer the pings of a server, and nothing else."""
    return [PONG] if is_ping(value) else []


def delay(life: Life, _: Ending) -> float:
    """Wait for the first delay and a part of the jitter; longer after failures, to the cap."""
    timing = life.timing
    first = timing.reconnect_delay + timing.reconnect_jitter / 4
    return min(first * 1.5**life.failures, timing.reconnect_cap)


def remembers(life: Life, ending: Ending) -> int:
    """Forget the failures once a connection has lasted for an interval."""
    return 0 if ending.lasted >= life.timing.heartbeat_interval else life.failures


COMPLIANT = Behaviour(
    ping=lambda life: PING,
    first=lambda life: life.timing.heartbeat_interval / 2,
    gap=lambda life: life.timing.heartbeat_interval,
    restarts=lambda message: False,
    beats_on_pongs=False,
    skips=lambda life: False,
    stops_timers=True,
    reads=aiter,
    parse=parse,
    is_pong=is_pong,
    answers=answers,
    greets=lambda life: [],
    spare=None,
    warms_up=False,
    asks_first=None,
    largest=2**20,
    pong_timeout=lambda life: life.timing.pong_timeout + life.timing.tolerance / 5,
    gives_up=Close(4000, "pong timeout"),
    awaits_handshake=lambda _: None,
    leaves=lambda life: None,
    leaves_with=Close(1000),
    replaces=lambda life: None,
    returns=lambda life, ending: True,
    delay=delay,
    remembers=remembers,
    takes_in=lambda data: data,
    twins=lambda *_: (),
    impatience=lambda life: None,
    answer_timeout=lambda life: life.timing.reconnect_cap,
    keeps_pong_timer=False,
    minds_late_ends=False,
    minds_late_pongs=None,
    keeps_attempts=lambda life: False,
    ends=lambda life: Close(1001),
    lingers=0.0,
    dies=False,
    revives=lambda life: False,
    mourns=False,
    tls=lambda cafile: ssl.create_default_context(cafile=cafile),
)

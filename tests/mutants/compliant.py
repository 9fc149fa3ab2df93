"""A small server that keeps every sentence of the contract, to be broken one by one."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import NoReturn

from tests.mutants.behaviour import Behaviour, Close, Conversation, Reaction, Traffic

PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'
REASON = "heartbeat timeout"


def parse(text: str) -> object:
    """Return the value of a JSON text; raise ``ValueError`` for any other."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def is_ping(value: object, _: str = "") -> bool:
    """Tell whether a message is a ping, by its value alone."""
    return isinstance(value, dict) and value.get("type") == "ping"


def is_pong(value: object) -> bool:
    """Tell whether a message is the answer to a ping of the server."""
    return isinstance(value, dict) and value.get("type") == "pong"


def echo_text(data: object, **further: object) -> str:
    """Return the text of an echo, with further members that a compliant server has not."""
    return json.dumps({"type": "echo", "data": data, **further}, allow_nan=False)


def echo(_: Conversation, data: object) -> Reaction:
    """Echo; raise ``ValueError`` for a number that JSON cannot say."""
    return [echo_text(data)]


def deadline(conversation: Conversation) -> float | None:
    """Close early in the window, where a sign of life that was not heard shows best."""
    timing = conversation.timing
    return conversation.alive + timing.heartbeat_timeout + timing.check_interval / 10


def next_beat(conversation: Conversation) -> float | None:
    """Ping as late as may be, and then at the interval."""
    return conversation.beaten + conversation.timing.heartbeat_interval


def as_declared(conversation: Conversation, traffic: Traffic) -> bool:
    """Take nothing but pings for a sign of life, or but pongs, or whatever comes in messages."""
    if "inbound_liveness" in conversation.declared:
        return traffic in ("ping", "pong", "business", "not JSON", "binary")
    return traffic == ("pong" if "server_ping" in conversation.declared else "ping")


COMPLIANT = Behaviour(
    understands=lambda request: True,
    refuses=lambda offered: False,
    is_full=lambda house: False,
    subprotocol=lambda offered: None,
    extension=lambda offered: "",
    compresses=None,
    greeting=lambda conversation: [],
    parse=parse,
    is_ping=is_ping,
    is_pong=is_pong,
    pong=lambda conversation: [PONG],
    data=lambda value: value,
    echo=echo,
    not_json=lambda text: [],
    binary=lambda data: [],
    refreshes=as_declared,
    deadline=deadline,
    timeout=lambda conversation: [Close(1000, REASON)],
    turn=lambda conversation: nullcontext(),
    speech=lambda conversation: nullcontext(),
    next_beat=next_beat,
    beat=lambda conversation: [PING],
    after_pong=lambda conversation: [],
    answer=lambda frame: frame,
    frame=lambda frame: frame,
    after_end=lambda was_reset: [],
    behind=lambda frame: [],
    late=lambda frame: [],
    hears=lambda frame, amid: frame,
    torn=lambda segment: segment,
    goodbye=Close(1001),
    patience=1.0,
    lingers=lambda client_first: False,
    limit=2**20,
    keepalive=None,
    gives_up=None,
)

"""Clients that do anything at any time, on a stage that treats them in any way."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from conformance.trace.event import WHOLE_TRACE, Close, Content, Ended, Kind, Opcode, Refusal
from conformance.trace.trace import Capabilities, Trace
from tests.traces.chatter import RARELY, Told, numbered
from tests.traces.notation import FAST, trace_with
from tests.traces.story import PING, PONG

HEARD: Sequence[str | bytes] = (
    *(PING, PING, PING, PING, PONG, PONG, PONG, '{"type":"ping","id":1}', '{"type":"pong","id":1}'),
    *('{"type": "p\\u0069ng"}', "ping", "Pong", PING.encode(), PONG.encode(), '["pong"]'),
    *('{"type":"echo","data":{"type":"pong"}}', '{"type":"echo","data":1}', "1", "nope"),
    *(f'{{"pong":"{"x" * 120}"}}', '{"type":"pong","a":1e400}'),
)
TOLD: Sequence[str | bytes] = (
    *(PONG, PONG, PONG, PING, PING, "nope", "NaN", b"\x00", '{"type":"ping","id":1}'),
    *('{"type":"other"}', '{"type":"echo","data":1}', "Ping", "x" * 70_000, "[" * 70 + "]" * 70),
)
GAPS = (0.002, 0.05, 0.14, 0.2, 0.3, 0.3, 0.45, 0.6, 0.6, 0.6, 0.62, 0.75, 0.8, 1.3)
"""How long (seconds) it is until the next thing happens on a connection."""

PAUSES = (0.0, 0.1, 0.25, 0.3, 0.4, 0.5, 0.55, 0.7, 0.9, 1.5, 2.6, 3.1, 3.6)
"""How long (seconds) a client waits before it comes back."""

MOST = 8
"""How many things happen on a connection."""

ENDS: Sequence[Sequence[tuple[Kind, Opcode | None, Content]]] = (
    [("ended", None, Ended("local", "eof"))],
    [("ended", None, Ended("local", "reset"))],
    [("ended", None, Ended("eof"))],
    [("ended", None, Ended("reset"))],
    [("silent", None, None)],
    [],
    [
        ("received", "close", Close(1000)),
        ("sent", "close", Close(1000)),
        ("ended", None, Ended("local")),
    ],
    [("received", "close", Close(4000, "pong timeout")), ("ended", None, Ended("eof"))],
    [
        ("received", "close", Close(1001)),
        ("sent", "close", Close(1001)),
        ("ended", None, Ended("local")),
    ],
    [("sent", "close", Close(1000, "heartbeat timeout")), ("received", "close", Close(1000))],
    [
        ("sent", "close", Close(1012)),
        ("received", "close", Close(1012)),
        ("ended", None, Ended("local")),
    ],
    [("sent", "close", Close(1011)), ("ended", None, Ended("eof"))],
)
MEANWHILE: Sequence[tuple[Kind, Content]] = (
    ("asked", "SIGTERM"),
    ("closed_door", None),
    ("late", 0.2),
)
REFUSALS = (Refusal(404, "HTTP 404 Not Found"), Refusal(503, "HTTP 503 Service Unavailable"))


def client_chatter(random: Random) -> Trace:
    """Draw what a client does on a few connections, one after the other or side by side."""
    told: list[Told] = [(0.0, WHOLE_TRACE, "started", None, "command")]
    if random.random() < RARELY:
        certificate = random.choice(("expired", "self-signed", "wrong host", "valid"))
        told.append((0.001, WHOLE_TRACE, "certificate", None, certificate))
    at = random.choice((0.1, 0.2, 0.9))
    for number in range(1, random.randint(2, 5)):
        ended = _connection(random, told, number, at)
        beside = random.random() < RARELY
        at = (random.uniform(at, ended) if beside else ended) + random.choice(PAUSES)
    last = max(when for when, *_ in told)
    for kind, content in MEANWHILE:
        if random.random() < RARELY:
            told.append((random.uniform(0.0, last), WHOLE_TRACE, kind, None, content))
    if random.random() < RARELY:
        told.append((random.uniform(last / 2, last), WHOLE_TRACE, "exited", None, "exit code 0"))
    if random.random() < RARELY:
        told.append((random.uniform(0.0, last), WHOLE_TRACE, "opened_door", None, None))
    told.append((last + random.choice(PAUSES), WHOLE_TRACE, "silent", None, None))
    return trace_with(
        numbered(random, told),
        capabilities=Capabilities(server_ping=random.random() < 0.5),
        role="client",
        scenario="chatter",
    )


def _connection(random: Random, told: list[Told], number: int, at: float) -> float:
    """Add what happens on one connection from a moment on; return when it is over."""
    told.append((at, number, "opening", None, None))
    at += random.choice((0.002, 0.01))
    if random.random() < RARELY / 2:
        told.append((at, number, "ended", None, Ended("eof")))
        return at
    told.append((at, number, "requested", None, "GET / HTTP/1.1"))
    at += random.choice((0.0, 0.002, 0.3))
    if random.random() < RARELY:
        told.append((at, number, "refused", None, random.choice(REFUSALS)))
        told.append((at + 0.001, number, "ended", None, Ended("local", "eof")))
        return at + 0.001
    told.append((at, number, "opened", None, None))
    steady = random.random() < 0.5
    for _ in range(random.randint(0, MOST)):
        at += FAST.heartbeat_interval if steady else random.choice(GAPS)
        heard = PING if steady else random.choice(HEARD)
        if steady or random.random() < 0.6:
            told.append((at, number, "received", _opcode(heard), heard))
            at += 0.001
        if random.random() < 0.6:
            said = random.choice(TOLD[:5]) if steady else random.choice(TOLD)
            told.append((at, number, "sent", _opcode(said), said))
        if random.random() < RARELY / 4:
            told += [(at, number, "paused", None, None), (at + 0.4, number, "resumed", None, None)]
    at += random.choice(GAPS)
    for kind, opcode, content in random.choice(ENDS):
        told.append((at, number, kind, opcode, content))
        at += 0.001
    return at


def _opcode(said: str | bytes) -> Opcode:
    return "binary" if isinstance(said, bytes) else "text"

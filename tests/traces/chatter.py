"""Conversations with a server that makes many mistakes at once, drawn by chance.

What is to be blamed on what is a matter of judgement here: nobody says what is right. The corpus
keeps what is said of them, so that it does not change unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from conformance.trace.event import CUT, WHOLE_TRACE, Close, Content, Ended, Event, Kind, Opcode
from conformance.trace.trace import Capabilities, Trace
from tests.traces.notation import trace_with
from tests.traces.story import HEARTBEAT, PING, PONG

MOST_BYTES = 70_000
"""More than every server must take, and more than some of these servers declare."""

SAID: Sequence[str | bytes] = (
    *(PING, PING, PING, '{"type":"ping","id":1}', '{"type":"p\\u0069ng"}', PONG),
    *("0", "0", "0.0", "[]", '{"a":1}', '{"type":"Ping"}', '"ping"', "null"),
    *("nope", "", "NaN", b"\x01", b"", PING.encode()),
    *("1e400", '"\\ud800"', '{"a":1,"a":1}', f"{'[' * 65}{']' * 65}", f"{'[' * 70}"),
    *("[" * 30 + "]" * 30, f'"{"a" * 20_000}"', f'"{"a" * MOST_BYTES}"'),
)
FOREIGN = ("hello", "{}", '{"type":"notice"}', '{"type":"pong","id":1}', '{"type":"echo"}', "[1]")
GAPS = (0.001, 0.01, 0.04, 0.06, 0.2, 0.4, 0.8)
"""How long (seconds) a client waits before it goes on; some of it is longer than any patience."""

DELAYS = (0.0005, 0.002, 0.01, 0.1)
"""How long (seconds) after a message the replies to it are seen."""

LATE = 0.7
"""How much later a late reply is seen (seconds): later than is allowed."""

MOST = 5
"""How many series a client says, and how many messages there are in one."""

SILENCES = (1.3, 1.5, 1.9, 2.2, 2.7)
"""How long (seconds) it is silent at the end: for less than the timeout, and for long enough."""

RARELY = 0.2

WIDTHS = (0.0005, 0.0005, 0.03, 0.2, 0.5)
"""How long (seconds) the intervals are in which events are known to have been."""

Told: TypeAlias = tuple[float, int, Kind, Opcode | None, Content]
"""An event before it has its number: when, on which connection, and what."""

Fault: TypeAlias = Callable[[Random, str | bytes, list[str]], list[str]]
"""What a mistake makes of the replies to a message."""

FAULTS: Sequence[Fault] = (
    lambda random, said, replies: [],
    lambda random, said, replies: replies * 2,
    lambda random, said, replies: replies * 3,
    lambda random, said, replies: [PONG],
    lambda random, said, replies: [*replies, PONG],
    lambda random, said, replies: [_echo(said)],
    lambda random, said, replies: ['{"type":"echo","data":"other"}'],
    lambda random, said, replies: [random.choice(FOREIGN)],
    lambda random, said, replies: [*replies, random.choice(FOREIGN)],
    lambda random, said, replies: [random.choice(FOREIGN), *replies],
)

ENDS: Sequence[Sequence[tuple[Kind, Opcode | None, Content]]] = (
    [("silent", None, None)],
    [("received", "close", HEARTBEAT), ("sent", "close", HEARTBEAT)],
    [("received", "close", HEARTBEAT), ("ended", None, Ended("local", CUT))],
    [("received", "close", HEARTBEAT)],
    [("sent", "close", Close(1000)), ("received", "close", Close(1000))],
    [("received", "close", Close(1003)), ("sent", "close", Close(1003))],
    [("received", "close", Close(1007)), ("sent", "close", Close(1007))],
    [("received", "close", Close(1008)), ("sent", "close", Close(1008))],
    [("received", "close", Close(1009)), ("sent", "close", Close(1009))],
    [("received", "close", Close(1011)), ("sent", "close", Close(1011))],
    [("ended", None, Ended("eof"))],
    [("ended", None, Ended("reset"))],
)


def chatter(random: Random) -> Trace:
    """Draw what is said on one connection, or on two side by side."""
    told = [each for number in range(1, random.choice((2, 2, 3))) for each in _line(random, number)]
    last = max(when for when, *_ in told)
    if random.random() < RARELY:
        told.append((random.uniform(0.0, last), WHOLE_TRACE, "asked", None, "SIGTERM"))
    if random.random() < RARELY:
        told.append((random.uniform(0.0, last), WHOLE_TRACE, "late", None, random.choice(GAPS)))
    capabilities = Capabilities(
        echo=random.random() < 0.7,
        server_ping=random.random() < 0.2,
        inbound_liveness=random.random() < RARELY,
    )
    limit = MOST_BYTES if random.random() < RARELY else None
    return trace_with(
        numbered(random, told), capabilities=capabilities, scenario="chatter", max_message=limit
    )


def _line(random: Random, number: int) -> list[Told]:
    told: list[Told] = [(0.0, number, "opening", None, None), (0.002, number, "opened", None, None)]
    clumsiness, disorder, at = random.random() / 2, random.random() / 3, 0.01
    for _ in range(random.randint(1, MOST)):
        series = [random.choice(SAID) for _ in range(random.randint(1, MOST))]
        heard: list[tuple[float, str]] = []
        for said in series:
            opcode: Opcode = "binary" if isinstance(said, bytes) else "text"
            told.append((at, number, "sent", opcode, said))
            replies = _replies(said)
            if random.random() < clumsiness:
                replies = random.choice(FAULTS)(random, said, replies)
            late = LATE if random.random() < clumsiness / 5 else 0.0
            heard += [(at + late, reply) for reply in replies]
            at += 0.0001
        if random.random() < disorder:
            random.shuffle(heard)
        delay = random.choice(DELAYS)
        told += [(since + delay, number, "received", "text", reply) for since, reply in heard]
        at += random.choice(GAPS)
    if random.random() < clumsiness:
        greeting = random.choice((PING, PONG))
        told.append((random.uniform(0.003, at), number, "received", "text", greeting))
    if random.random() < RARELY:
        pause = sorted(random.uniform(0.0, 1.5 * at) for _ in range(2))
        told.append((pause[0], number, "paused", None, None))
        told += [(pause[1], number, "resumed", None, None)] * random.randint(0, 1)
    if random.random() < RARELY:
        told += _control_pings(random, number, at)
    if random.random() < RARELY:
        by = random.choice((-3600.0, -1.0, 0.0, 1.0, 3600.0))
        told.append((random.uniform(0.0, 2 * at), number, "jumped", None, by))
    last = max(at, *(when for when, *_ in told)) + random.choice((*GAPS, *SILENCES))
    return told + [(last + n / 1000, number, *e) for n, e in enumerate(random.choice(ENDS))]


def _control_pings(random: Random, number: int, by: float) -> list[Told]:
    """Some, each with an answer of its own, one of another, or none."""
    told: list[Told] = []
    for payload in (b"one", b"two", b"three")[: random.randint(1, 3)]:
        at = random.uniform(0.003, by)
        told.append((at, number, "sent", "ping", payload))
        answers = random.choice(([payload], [b""], [], [b"other", payload], [b"other", b"another"]))
        told += [(at + 0.002, number, "received", "pong", answer) for answer in answers]
    return told


def numbered(random: Random, told: Sequence[Told]) -> tuple[Event, ...]:
    """The events in their order; of some it is not known when exactly they were."""
    blurred = random.random() < RARELY
    ordered = sorted(told, key=lambda each: each[0])
    widths = [random.choice(WIDTHS) if blurred else WIDTHS[0] for _ in ordered]
    return tuple(
        Event(n, connection, max(0.0, at - width), at, kind, opcode, content)
        for n, (width, (at, connection, kind, opcode, content)) in enumerate(
            zip(widths, ordered, strict=True)
        )
    )


def _replies(said: str | bytes) -> list[str]:
    """What a compliant server that echoes answers, as far as it has to."""
    try:
        value = json.loads(said) if isinstance(said, str) and said != "NaN" else None
    except ValueError:
        return []
    if isinstance(said, bytes) or said == "NaN":
        return []
    is_ping = isinstance(value, dict) and value.get("type") == "ping"
    return [PONG if is_ping else _echo(said)]


def _echo(said: str | bytes) -> str:
    data = said if isinstance(said, str) else "binary"
    return f'{{"type":"echo","data":{data}}}'

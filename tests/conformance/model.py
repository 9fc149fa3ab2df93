"""A compliant server and its clients, as a model that makes traces without a network.

Everything that the contract leaves open is drawn: the phase of the server's check, how long replies
take within their deadline, the delays of the network, how narrowly the harness can stamp what it
sees, and stalls of the harness itself. No rule may find fault with any of these traces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Any

from conformance.messages import BeyondIJson, Business, Deep, Ping, message
from conformance.rules import judge
from conformance.trace import (
    WHOLE_TRACE,
    Capabilities,
    Close,
    Content,
    Ended,
    Event,
    Kind,
    Opcode,
    Refusal,
    Trace,
)
from tests.conformance.notation import FAST, trace_with

PING = '{"type":"ping"}'
PONG = '{"type":"pong"}'
SPELLINGS = ('{"type": "ping"}', '{"id":7,"type":"ping"}', '{"type":"\\u0070ing"}')
BUSINESS = ('{"order":%d}', "[%d]", '"ping %d"', "%d", '{"type":"Ping","n":%d}', '{"type":"pong"}')
NOT_JSON = ("hello", "", "NaN", "{'type':'ping'}", '{"type":"ping",}', "\ufeff{}")
BEYOND = ("1e400", '"\\ud800"', '{"a":1,"a":2}', "[" * 66 + "]" * 66)
BINARY = (b"", b"\x00\xff", b'{"type":"ping"}')
HEARTBEAT = Close(1000, "heartbeat timeout")
DELAY = 0.03
"""The longest that the network takes one way, in seconds."""
HESITATION = 0.1
"""How late a check of the server may come; less than `tolerance`, in seconds."""


@dataclass(slots=True, eq=False)
class Draft:
    """An event before it has its number; `stamp` is when it was recorded."""

    stamp: float
    connection: int
    earliest: float
    latest: float
    kind: Kind
    opcode: Opcode | None = None
    content: Content = None
    answers: Draft | None = None
    """What was said, where this is the reply to it."""

    @property
    def is_message(self) -> bool:
        return self.opcode in ("text", "binary")


@dataclass(slots=True)
class Story:
    """A trace as drafts, so that it can be altered before it is numbered."""

    drafts: list[Draft]
    capabilities: Capabilities
    manners: dict[int, str] = field(default_factory=dict)
    """How each connection behaves, by its number."""

    def trace(self) -> Trace:
        order = sorted(self.drafts, key=lambda draft: draft.stamp)
        events = tuple(
            Event(n, d.connection, d.earliest, d.latest, d.kind, d.opcode, d.content)
            for n, d in enumerate(order)
        )
        return trace_with(events, capabilities=self.capabilities, scenario="model")

    def of(self, connection: int) -> list[Draft]:
        found = [draft for draft in self.drafts if draft.connection == connection]
        return sorted(found, key=lambda draft: draft.stamp)


def story(random: Random, capabilities: Capabilities | None = None, *, calm: bool = False) -> Story:
    """Draw one; in a `calm` one the harness is never late and nothing ends but in order."""
    told = capabilities or Capabilities(
        echo=random.random() < 0.85, inbound_liveness=random.random() < 0.15
    )
    made = Story([], told)
    stalls = [] if calm or random.random() < 0.7 else [_stall(random)]
    for start, end in stalls:
        made.drafts.append(Draft(end, WHOLE_TRACE, start, end, "late", content=end - start))
    phase = random.random() * FAST.check_interval
    for number in range(1, random.randint(2, 5)):
        line = _Line(random, made, number, stalls, phase)
        manner = random.choice([*CALM, *([] if calm else WILD)])
        made.manners[number] = manner.__name__
        line.run(manner(line))
    return made


def rate(seconds: float = 1.0, seed: int = 0) -> dict[str, float]:
    """How many of these traces are made, and judged by all rules, in a second."""
    random = Random(seed)
    traces: list[Trace] = []
    start = perf_counter()
    while perf_counter() - start < seconds:
        traces.append(story(random).trace())
    made = len(traces) / (perf_counter() - start)
    judged, start = 0, perf_counter()
    for trace in traces:
        sum(1 for _ in judge(trace))
        judged += 1
        if perf_counter() - start > seconds:
            break
    return {"made": made, "judged": judged / (perf_counter() - start)}


def _stall(random: Random) -> tuple[float, float]:
    start = random.random() * 3
    return start, start + random.choice([0.03, 0.2, 1.0, 3.0]) * (0.5 + random.random())


Act = tuple[float, Sequence[str | bytes] | None]
"""At that many seconds: say these in one go; None is a control Ping."""


class _Line:
    """One connection: what the client does, what the server makes of it, what is recorded."""

    def __init__(
        self,
        random: Random,
        made: Story,
        number: int,
        stalls: list[tuple[float, float]],
        phase: float,
    ) -> None:
        self.random, self.made, self.number, self.stalls = random, made, number, stalls
        self.phase = phase
        self.tick = random.choice([0.0005, 0.002, 0.006])
        self.start = random.random() * 0.6
        self.patience_end = 0.0
        self.refuses = self.shuts_down = self.closes_on_binary = False
        self.slow = random.choice([0.001, 0.02, FAST.reply_deadline * 0.9])

    def run(self, acts: Sequence[Act]) -> None:
        at = self._awake(self.start)
        self._add(at, at, at + 0.0001, "opening")
        arrived = at + self._net()
        read = self._read(arrived + self._net())
        if self.refuses:
            self._add(read[1], *read, "refused", content=Refusal(503, "HTTP 503"))
            self._add(read[1], *read, "ended", content=Ended("eof"))
            return
        self._add(read[1], *read, "opened")
        self._converse(acts, arrived, read[1] + 0.00005)

    def _converse(self, acts: Sequence[Act], alive: float, at: float) -> None:
        closes, close = self._due(alive), HEARTBEAT
        arrived = replied = alive
        replies: list[tuple[float, Draft, Opcode, Content]] = []
        read_close = self._read(closes + DELAY)
        for moment, contents in acts:
            at = self._awake(max(at, self.start + moment))
            if at >= read_close[1]:
                break
            width = self.random.choice([0.00005, 0.00005, 0.004])
            for content in (None,) if contents is None else contents:
                said = self._said(at, width, content)
                arrived = max(arrived, at + self.random.random() * width + self._net())
                if arrived >= closes or close is not HEARTBEAT:
                    continue
                for text in self._answers(content):
                    replied = max(replied, arrived + self.random.random() * self.slow)
                    opcode: Opcode = "pong" if content is None else "text"
                    replies.append((replied, said, opcode, text))
                if content is not None and self._restarts(content):
                    closes = self._due(arrived)
                    alive = arrived
                if (code := self._offended(content)) is not None:
                    closes, close = max(replied, arrived), Close(code)
                read_close = self._read(closes + self._net())
        if self.shuts_down and max(at, replied) + 0.2 < alive + FAST.heartbeat_timeout:
            closes = max(at, replied) + 0.1
            close = Close(self.random.choice([1001, 1012]), "going away")
            read_close = self._read(closes + self._net())
        arrival = 0.0
        for leaves, said, opcode, text in replies:
            if leaves > closes:
                break
            arrival = max(arrival, leaves + self._net())
            seen = self._read(arrival)
            self._add(seen[1], *seen, "received", opcode, text, said)
        seen = self._read(max(arrival, closes + self._net()))
        ends = self._awake(at + self.patience_end)
        if self.patience_end and ends < seen[0]:
            self._leave(ends)
        else:
            self._add(seen[1], *seen, "received", "close", close)
            self._add(seen[1], seen[1], seen[1] + 0.0001, "sent", "close", close)
            gone = self._read(seen[1] + 2 * self._net())
            self._add(gone[1], *gone, "ended", content=Ended("eof"))

    def _leave(self, at: float) -> None:
        """Close in order, or drop the connection; what comes later was not seen."""
        self.made.drafts = [
            draft
            for draft in self.made.drafts
            if draft.connection != self.number or draft.stamp < at
        ]
        watched = at - self.tick - 0.0001
        if self.random.random() < 0.7:
            self._add(at, watched, at, "silent")
        if self.random.random() < 0.5:
            self._add(at, at, at + 0.0001, "sent", "close", Close(1000))
            seen = self._read(at + 2 * self._net() + 0.001)
            self._add(seen[1], *seen, "received", "close", Close(1000))
            self._add(seen[1], *seen, "ended", content=Ended("eof"))
        else:
            self._add(at, at, at, "ended", content=Ended("local"))

    def _due(self, alive: float) -> float:
        """When the server closes, if nothing restarts the clock: at its next look that is due."""
        limit, check = FAST.heartbeat_timeout, FAST.check_interval
        match self.random.randrange(4):
            case 0:
                return alive + limit
            case 1:
                return alive + limit + check + self.random.random() * HESITATION
        looks = -(-(alive + limit - self.phase) // check)
        return self.phase + looks * check + self.random.random() * HESITATION / 4

    def _answers(self, content: str | bytes | None) -> Sequence[Content]:
        if content is None:
            return [b"wsbeat"]
        match message(content):
            case Ping():
                return [PONG]
            case Business(value) if self.made.capabilities.echo:
                return [json.dumps({"type": "echo", "data": value})]
            case Business():
                return ['{"type":"order","state":1}', "[1]"][: self.random.randrange(3)]
            case BeyondIJson() | Deep() if self.made.capabilities.echo:
                return ['{"type":"echo","data":null}'][: self.random.randrange(2)]
        return []

    def _restarts(self, content: str | bytes) -> bool:
        return self.made.capabilities.inbound_liveness or isinstance(message(content), Ping)

    def _offended(self, content: str | bytes | None) -> int | None:
        if isinstance(content, bytes) and self.closes_on_binary:
            return 1003
        return None

    def _said(self, at: float, width: float, content: str | bytes | None) -> Draft:
        if content is None:
            return self._add(at, at, at + width, "sent", "ping", b"wsbeat")
        opcode: Opcode = "text" if isinstance(content, str) else "binary"
        return self._add(at, at, at + width, "sent", opcode, content)

    def _net(self) -> float:
        return self.random.choice([0.0001, 0.001, DELAY]) * (0.1 + 0.9 * self.random.random())

    def _awake(self, at: float) -> float:
        """When the harness gets to do what is due then."""
        return next((end + 0.0002 for start, end in self.stalls if start <= at < end), at)

    def _read(self, arrived: float) -> tuple[float, float]:
        """Between which moments the harness knows that something arrived."""
        earliest = arrived // self.tick * self.tick
        latest = max(arrived, earliest + self.tick)
        for start, end in self.stalls:
            if start <= latest <= end:
                return min(earliest, start), end + 0.0001
        return earliest, latest

    def _add(
        self,
        stamp: float,
        earliest: float,
        latest: float,
        kind: Kind,
        opcode: Opcode | None = None,
        content: Content = None,
        answers: Draft | None = None,
    ) -> Draft:
        draft = Draft(
            stamp, self.number, max(0.0, earliest), latest, kind, opcode, content, answers
        )
        self.made.drafts.append(draft)
        return draft


# How clients behave. Each returns what it does and when.


def pings_once(line: _Line) -> list[Act]:
    return [(line.random.random() * FAST.check_interval, [PING])]


def never_pings(_: _Line) -> list[Act]:
    return []


def pings_often(line: _Line) -> list[Act]:
    gap = FAST.heartbeat_interval * line.random.random() / 4
    return [(number * gap, [PING]) for number in range(1, line.random.randint(3, 7))]


def pings_on(line: _Line) -> list[Act]:
    line.patience_end = FAST.heartbeat_interval / 2
    gap = FAST.heartbeat_interval
    return [(number * gap, [PING]) for number in range(1, line.random.randint(3, 8))]


def talks_on(line: _Line) -> list[Act]:
    said = line.random.choice([["0"], ["hello"], [b"\x00"], None, ["1", "x", "2"]])
    gap = FAST.heartbeat_interval * 0.3
    return [(0.01, [PING]), *((number * gap, said) for number in range(1, 14))]


def chats(line: _Line) -> list[Act]:
    """Messages of every kind in batches, then an end in order, or silence."""
    line.patience_end = line.random.choice([0.0, 0.02, 0.7])
    at = 0.0
    acts: list[Act] = []
    for _ in range(line.random.randint(1, 6)):
        at += line.random.choice([0.0, 0.01, 0.3])
        acts.append((at, [_anything(line.random) for _ in range(line.random.randint(1, 4))]))
    return acts


def is_refused(line: _Line) -> list[Act]:
    line.refuses = True
    return []


def is_shut_down(line: _Line) -> list[Act]:
    line.shuts_down = True
    return [(0.05, [PING, "0"]), (0.1, [PING])]


def sends_binary(line: _Line) -> list[Act]:
    line.closes_on_binary = line.random.random() < 0.7
    before = [_anything(line.random) for _ in range(3)]
    return [(0.05, [*before, line.random.choice(BINARY), PING, "1"])]


def lapses(line: _Line) -> list[Act]:
    """Pings again at about the moment at which the server gives up."""
    about = FAST.heartbeat_timeout + line.random.random() * (FAST.check_interval + 0.1)
    return [(0.01, [PING]), (about, [line.random.choice([PING, "0", "x"])])]


CALM: list[Callable[[_Line], list[Act]]] = [
    *(pings_once, pings_once, never_pings, pings_often, pings_on, talks_on, chats),
]
WILD: list[Callable[[_Line], list[Act]]] = [is_refused, is_shut_down, sends_binary, lapses]


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


if __name__ == "__main__":
    print({name: round(figure) for name, figure in rate().items()})

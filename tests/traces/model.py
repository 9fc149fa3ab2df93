"""A compliant server and its clients, as a model that makes traces without a network.

Everything that the contract leaves open is drawn: the phase of the server's check, how long replies
take within their deadline, the delays of the network, how narrowly the harness can stamp what it
sees, and stalls of the harness itself. No rule may find fault with any of these traces.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from time import perf_counter

from conformance.messages.from_client import Business, Ping
from conformance.messages.json_text import BeyondIJson, Deep
from conformance.messages.limits import DROPPED_WITHIN
from conformance.rules import judge
from conformance.trace.event import CUT, WHOLE_TRACE, Close, Content, Ended, Kind, Opcode, Refusal
from conformance.trace.trace import Capabilities, Trace
from tests.spoken import message
from tests.traces.manners import CALM, WILD, Manner
from tests.traces.notation import FAST
from tests.traces.story import HEARTBEAT, PING, PONG, Draft, Story

LEAVING = (
    (Close(1000), Close(1000)),
    (Close(4321, "enough"), Close(4321, "enough")),
    (Close(4321, "enough"), Close(4321)),
    (Close(None), Close(None)),
    (Close(None), Close(1000)),
)
"""How clients close, and how that may be answered."""

DELAY = 0.03
"""The longest that the network takes one way, in seconds."""
HESITATION = 0.1
"""How late a check of the server may come; less than `tolerance`, in seconds."""


def story(random: Random, capabilities: Capabilities | None = None, *, calm: bool = False) -> Story:
    """Draw one; in a `calm` one the harness is never late and nothing ends but in order."""
    told = capabilities or Capabilities(
        echo=random.random() < 0.85,
        inbound_liveness=random.random() < 0.15,
        server_ping=not calm and random.random() < 0.2,
    )
    made = Story([], told)
    stalls = [] if calm or random.random() < 0.7 else [_stall(random)]
    for start, end in stalls:
        made.drafts.append(Draft(end, WHOLE_TRACE, start, end, "late", content=end - start))
    phase = random.random() * FAST.check_interval
    for number in range(1, random.randint(2, 5)):
        chosen = random.choice([*CALM, *([] if calm else WILD)])
        made.manners[number] = chosen.__name__
        _Line(random, made, number, stalls, phase, chosen(random)).run()
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


class _Line:
    """One connection: what the client does, what the server makes of it, what is recorded."""

    def __init__(
        self,
        random: Random,
        made: Story,
        number: int,
        stalls: list[tuple[float, float]],
        phase: float,
        manner: Manner,
    ) -> None:
        self.random, self.made, self.number, self.stalls = random, made, number, stalls
        self.phase, self.manner = phase, manner
        self.tick = random.choice([0.0005, 0.002, 0.006])
        self.start = random.random() * 0.6
        self.slow = random.choice([0.001, 0.02, FAST.reply_deadline * 0.9])
        self.answers_pings = made.capabilities.server_ping and random.random() < 0.7

    def run(self) -> None:
        at = self._awake(self.start)
        self._add(at, at, at + 0.0001, "opening")
        arrived = at + self._net()
        read = self._read(arrived + self._net())
        if self.manner.refused:
            self._add(read[1], *read, "refused", content=Refusal(503, "HTTP 503"))
            self._add(read[1], *read, "ended", content=Ended("eof"))
            return
        self._add(read[1], *read, "opened")
        self._converse(arrived, read[1] + 0.00005)

    def _converse(self, alive: float, at: float) -> None:
        closes, close = self._due(alive), HEARTBEAT
        alive_at_first = alive
        arrived = replied = alive
        replies: list[tuple[float, Draft | None, Opcode, Content]] = []
        read_close = self._read(closes + DELAY)
        for moment, contents in self.manner.acts:
            at = self._awake(max(at, self.start + moment))
            if at >= read_close[1]:
                break
            width = self.random.choice([0.00005, 0.00005, 0.004])
            for given in (None,) if contents is None else contents:
                content = PONG if given == PING and self.answers_pings else given
                said = self._said(at, width, content)
                arrived = max(arrived, at + self.random.random() * width + self._net())
                if arrived >= closes or close is not HEARTBEAT:
                    continue
                for text in [said.content] if content is None else self._answers(content):
                    replied = max(replied, arrived + self.random.random() * self.slow)
                    opcode: Opcode = "pong" if content is None else "text"
                    replies.append((replied, said, opcode, text))
                if content is not None and self._restarts(content):
                    closes = self._due(arrived)
                    alive = arrived
                if (code := self._offended(content)) is not None:
                    closes, close = max(replied, arrived), Close(code)
                read_close = self._read(closes + self._net())
        if self.manner.shut_down and max(at, replied) + 0.2 < alive + FAST.heartbeat_timeout:
            closes = max(at, replied) + 0.1
            close = Close(self.random.choice([1001, 1012]), "going away")
            read_close = self._read(closes + self._net())
        replies += [(beat, None, "text", PING) for beat in self._beats(alive_at_first, closes)]
        replies.sort(key=lambda reply: reply[0])
        arrival = 0.0
        for leaves, asked, opcode, text in replies:
            if leaves > closes:
                break
            arrival = max(arrival, leaves + self._net())
            seen = self._read(arrival)
            self._add(seen[1], *seen, "received", opcode, text, asked)
        seen = self._read(max(arrival, closes + self._net()))
        ends = self._awake(at + self.manner.leaves_after)
        if self.manner.leaves_after and ends < seen[0]:
            self._leave(ends)
        else:
            self._add(seen[1], *seen, "received", "close", close)
            waits = 0.0
            if self.manner.answers_close:
                self._add(seen[1], seen[1], seen[1] + 0.0001, "sent", "close", close)
            else:
                waits = self.random.random() * DROPPED_WITHIN
            gone = self._read(seen[1] + waits + 2 * self._net())
            self._add(gone[1], *gone, "ended", content=Ended("eof"))

    def _leave(self, at: float) -> None:
        """Close in order, or drop the connection; what comes later was not seen."""
        self.made.drafts = [
            draft
            for draft in self.made.drafts
            if draft.connection != self.number or draft.stamp < at
        ]
        watched = at - self.tick - 0.0001
        if self.manner.resets:
            self._add(at, at, at, "ended", content=Ended("local", CUT))
            return
        if self.random.random() < 0.7:
            self._add(at, watched, at, "silent")
        if self.random.random() < 0.5:
            asked, given = self.random.choice(LEAVING)
            self._add(at, at, at + 0.0001, "sent", "close", asked)
            seen = self._read(at + 2 * self._net() + 0.001)
            self._add(seen[1], *seen, "received", "close", given)
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

    def _answers(self, content: str | bytes) -> Sequence[Content]:
        match message(content):
            case Ping():
                return [PONG]
            case Business() as read if read.is_pong and self.made.capabilities.server_ping:
                return []
            case Business(value) if self.made.capabilities.echo:
                return [json.dumps({"type": "echo", "data": value})]
            case Business():
                return ['{"type":"order","state":1}', "[1]"][: self.random.randrange(3)]
            case BeyondIJson() | Deep() if self.made.capabilities.echo:
                return ['{"type":"echo","data":null}'][: self.random.randrange(2)]
        return []

    def _restarts(self, content: str | bytes) -> bool:
        declared, read = self.made.capabilities, message(content)
        beat = isinstance(read, Ping)
        if declared.server_ping:
            beat = isinstance(read, Business) and read.is_pong
        return declared.inbound_liveness or beat

    def _beats(self, opened: float, closes: float) -> Iterator[float]:
        """When the server pings, under Plan B: the first at any time until it is due."""
        interval = FAST.heartbeat_interval
        at = opened + interval * self.random.random()
        while self.made.capabilities.server_ping and at < closes:
            yield at
            at += interval + (self.random.random() - 0.5) * HESITATION

    def _offended(self, content: str | bytes | None) -> int | None:
        if isinstance(content, bytes) and self.manner.closes_on_binary:
            return 1003
        return None

    def _said(self, at: float, width: float, content: str | bytes | None) -> Draft:
        if content is None:
            payload = b"beat %d" % len(self.made.drafts)
            return self._add(at, at, at + width, "sent", "ping", payload)
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


if __name__ == "__main__":
    print({name: round(figure) for name, figure in rate().items()})

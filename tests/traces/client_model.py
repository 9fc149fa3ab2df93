"""A compliant client and the server that tries it, as a model that makes traces without a network.

What the contract leaves open is drawn: when the first ping comes and how far the cadence strays,
whether pongs are waited for, how the delays grow, how long the network takes and how narrowly the
harness can stamp what it sees. No rule may find fault with any of these traces.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Literal, TypeAlias

from conformance.rules import judge
from conformance.trace.event import WHOLE_TRACE, Close, Content, Ended, Kind, Opcode, Refusal
from conformance.trace.trace import Capabilities, Trace
from tests.traces.client_story import ClientStory
from tests.traces.notation import FAST
from tests.traces.story import PING, PONG, Draft

DELAY = 0.018
"""The longest that the network takes one way, in seconds."""
HESITATION = 0.1
"""How late a client may do what it has to; less than `tolerance`, in seconds."""
SOON = 0.0002
UNANSWERED = 0.3

PINGS = (PING, '{"type": "ping"}', ' { "type" : "\\u0070ing" }\n')
NOISE = (
    *("hello", "", '{"type":"fanfare"}', '{"type":"echo","data":NaN}', "[1,2]", "null", "[" * 70),
    *(b"\x00\xff", PING.encode(), '{"type":"echo","data":{"order":17}}', PONG, "x" * 65_536, "7"),
)
CODES = (
    *(Close(1000, "heartbeat timeout"), Close(1000), Close(1001), Close(1011), Close(1012)),
    *(Close(4321, "x"), Close(None)),
)


def story(random: Random, *, plan_b: bool | None = None, calm: bool = False) -> ClientStory:
    """Draw one; in a `calm` one the harness is never late."""
    served = random.random() < 0.15 if plan_b is None else plan_b
    made = ClientStory([], Capabilities(server_ping=served))
    _Life(random, made, calm).run()
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


End: TypeAlias = Literal["close", "eof", "reset", "ask", "watch"]
DROPS: tuple[End, ...] = ("close", "eof", "reset")


@dataclass(slots=True)
class Treatment:
    """What the harness does on one connection that it accepted.

    `life` is how long (seconds) it lasts; `slowness` how late pongs are, `unanswered` the pings
    without one, `mute` whether a Close is not answered, `says` how much else is said.
    """

    name: str
    life: float
    end: End = "close"
    slowness: float = 0.0
    unanswered: range = range(0)
    mute: bool = False
    says: int = 0
    limiter: bool = False


class _Life:
    """The life of a client: it connects, pings, loses connections and comes back."""

    def __init__(self, random: Random, made: ClientStory, calm: bool) -> None:
        self.random, self.made = random, made
        self.number = self.failures = 0
        self.tick = random.choice([0.0005, 0.002, 0.006])
        self.stalls: list[tuple[float, float]] = []
        if not calm and random.random() < 0.3:
            start = random.random() * 4
            end = start + random.choice([0.03, 0.2, 1.0, 3.0]) * (0.5 + random.random())
            self.stalls.append((start, end))
            self._tell(end, "late", end - start, since=start)
        plan_b = made.capabilities.server_ping
        self.pings = not plan_b or random.random() < 0.3
        self.first = random.choice([0.0, random.random(), 1.0])
        self.sway = random.choice([0.0, 0.1, 1.0])
        self.growth = random.choice([1.0, 2.0, 3.0])
        self.forgets_at_once = random.random() < 0.5
        self.counts_short_ones = random.random() < 0.5
        self.steady = True
        self.over = False

    def run(self) -> None:
        self._tell(0.0, "started", "command")
        at = self.random.random() * 0.4 + 0.01
        for _ in range(self.random.randint(1, 6)):
            if self.random.random() < 0.1:
                self._speculate(at)
            match self.random.randrange(10):
                case 0 if self.random.random() < UNANSWERED:
                    at = self._unanswered(at)
                case 0 | 1:
                    at = self._refused(at)
                case 2 if not self.stalls:
                    at = self._without_tls(at)
                case _:
                    at = self._accepted(at, self._treatment())
            if self.over:
                return
        if self.random.random() < 0.5:
            self._tell(at - SOON, "silent")

    def _treatment(self) -> Treatment:
        gap = FAST.heartbeat_interval
        some = self.random.uniform(0.05, 4.5) * gap
        ends = self.random.choice(DROPS)
        match self.random.randrange(9):
            case 0:
                return Treatment("cut short", self.random.random() * 0.1, ends)
            case 1:
                slowness = self.random.choice([0.3, 0.7]) * FAST.pong_timeout
                return Treatment("slowly answered", some, ends, slowness=slowness)
            case 2 | 3:
                lost = range(self.random.randrange(3), 9)
                mute = self.random.random() < 0.5
                return Treatment("unanswered", 5 * gap, ends, unanswered=lost, mute=mute)
            case 4:
                return Treatment("talked to", some, ends, says=self.random.randint(1, 9))
            case 5:
                return Treatment("behind a door", some, ends, limiter=True)
            case 6 if self.number > 1:
                return Treatment("told to end", some, "ask")
            case 7 if self.number > 1:
                return Treatment("watched", some, "watch")
        return Treatment("kept", some, ends)

    # What an attempt may meet with; each returns when the client makes the next one.

    def _accepted(self, at: float, treated: Treatment) -> float:
        """A connection, from its opening to its end, and the wait that follows."""
        made = self._attempts(at, treated.name)
        opening = self._awake(made + SOON)
        self._add(opening, opening, "opened")
        opened = opening + self._net()
        ends = self._awake(max(opening + treated.life, opened + DELAY))
        for _ in range(treated.says):
            moment = self._awake(self.random.uniform(opening + SOON, ends - SOON))
            if moment < ends:
                self._say(moment, self.random.choice(NOISE))
        if self.made.capabilities.server_ping:
            self._serve_pings(opening, ends, bool(treated.unanswered))
        lost = ends + self._net()
        given_up = self._beat(opened, lost, ends, treated) if self.pings else None
        if given_up is not None and given_up < lost:
            lost, ended = given_up, self._given_up(given_up, ends, treated)
        elif treated.end == "ask":
            return self._told_to_end(ends)
        elif treated.end == "watch":
            return self._watched(ends)
        else:
            ended = self._ended(ends, lost, treated)
        self._forget_after(ended)
        self._count(lost - opened < FAST.heartbeat_interval)
        return self._behind_a_door(lost, ended) if treated.limiter else self._delay(lost, ended)

    def _count(self, is_short: bool) -> None:
        """A connection ended: short ones may count as failures, from the second in a row on."""
        if not is_short or (self.forgets_at_once and not self.counts_short_ones):
            self.failures = 0
        elif self.counts_short_ones:
            self.failures = self.failures + 1 if not self.steady else 0
        self.steady = not is_short

    def _unanswered(self, at: float) -> float:
        """An attempt that the harness does not answer, until the client gives it up."""
        asked = self._attempts(at, "unanswered attempt")
        gives_up = asked + self.random.uniform(0.3, 1.0) * FAST.reconnect_cap
        seen = self._read(gives_up + self._net())
        self._add(seen[1], seen[1], "refused", content=Refusal(None, "no answer"))
        gone = seen[1] + SOON
        self._add(gone, seen[0], "ended", latest=gone, content=Ended("eof"))
        self._fail()
        return self._delay(gives_up, gone)

    def _fail(self) -> None:
        self.failures += 1
        self.steady = False

    def _refused(self, at: float) -> float:
        arrived = self._attempts(at, "refused")
        refused = self._awake(arrived + self.random.choice([SOON, 0.05]))
        status = self.random.choice([503, 404, None])
        self._add(refused, refused, "refused", content=Refusal(status, "no"))
        self._add(refused + SOON, refused + SOON, "ended", content=Ended("local"))
        self._fail()
        return self._delay(refused + self._net(), refused + SOON)

    def _without_tls(self, at: float) -> float:
        """Shown a bad certificate: the client may come back, or not."""
        bad = self.random.choice(["expired", "self-signed", "wrong host"])
        self._tell(at - SOON, "certificate", bad)
        self._attempts(at, "without TLS", requests=False)
        seen = self._read(at + 4 * DELAY)
        self._add(seen[1], seen[1], "refused", content=Refusal(None, "bad certificate"))
        self._add(seen[1] + SOON, seen[1] + SOON, "ended", content=Ended("eof"))
        self._tell(seen[1] + 2 * SOON, "certificate", "valid")
        self._fail()
        if self.random.random() < 0.3:
            self.over = True
            self._tell(seen[1] + 1, "exited", "exit code 1")
        return self._delay(at + 4 * DELAY, seen[1] + 3 * SOON)

    def _behind_a_door(self, lost: float, ended: float) -> float:
        """Nothing listens for a while: attempts are refused unseen."""
        shut = self._awake(ended + SOON)
        again = self._delay(lost, shut)
        opened = max(shut, self._awake(shut + self.random.random() * 3)) + SOON
        self._tell(shut, "closed_door")
        self._tell(opened, "opened_door")
        while again <= opened:
            self._fail()
            again = self._delay(again, again)
        return again

    def _speculate(self, at: float) -> None:
        """A TCP connection on which nothing is asked for."""
        self._attempts(at - DELAY, "speculation", requests=False)
        gone = self._read(at + self.random.random())
        self._add(gone[1], *gone[:1], "ended", latest=gone[1], content=Ended("eof"))

    # What happens on a connection.

    def _attempts(self, at: float, name: str, *, requests: bool = True) -> float:
        self.number += 1
        self.made.rounds[self.number] = name
        seen = self._read(at + self._net())
        self._add(seen[1], seen[0], "opening", latest=seen[1])
        if requests:
            asked = self._read(max(at + 2 * DELAY, seen[1] + SOON))
            self._add(asked[1], asked[0], "requested", latest=asked[1], content="GET / HTTP/1.1")
            return asked[1]
        return seen[1]

    def _beat(self, opened: float, lost: float, ends: float, treated: Treatment) -> float | None:
        """The pings and pongs; returns when the client gave up, if it did."""
        gap, room = FAST.heartbeat_interval, FAST.longest_gap - FAST.heartbeat_interval - 2 * DELAY
        at = opened + self.first * gap + self.random.random() * HESITATION / 2
        count = 0
        while at < lost:
            seen = self._read(at + self._net())
            ping = self._add(
                seen[1], seen[0], "received", "text", self.random.choice(PINGS), latest=seen[1]
            )
            answered = None
            if count not in treated.unanswered:
                answered = self._awake(seen[1] + SOON + treated.slowness)
            gives_up = at + FAST.pong_timeout + self.random.random() * HESITATION
            if answered is None or answered + DELAY > gives_up:
                if answered is not None and answered < self._read(gives_up)[1]:
                    self._say(answered, PONG, ping)
                return gives_up if gives_up < lost else None
            if answered < ends:
                self._say(answered, PONG, ping)
            count += 1
            at += gap + self.random.uniform(-self.sway, self.sway) * room
        return None

    def _serve_pings(self, opening: float, ends: float, sparing: bool) -> None:
        """Plan B: the harness pings, and the client answers; a `sparing` one sends no pongs."""
        at = opening + self.random.random() * 0.3
        while (sent := self._awake(at)) < ends - 0.6:
            self._say(sent, PING)
            took = self.random.random() * FAST.reply_deadline * 0.9
            seen = self._read(sent + took + 2 * SOON)
            self._add(seen[1], seen[0], "received", "text", PONG, latest=seen[1])
            at = max(at + FAST.heartbeat_interval, sent + SOON)
            if not sparing and self.random.random() < 0.3:
                self._say(self._awake(sent + 0.01), PONG)

    def _given_up(self, at: float, ends: float, treated: Treatment) -> float:
        """The client's Close for want of a pong; returns when TCP was over."""
        seen = self._read(at + self._net())
        close = Close(self.random.choice([4000, 4408, 4999]), "pong timeout")
        if seen[1] >= ends and treated.end in ("eof", "reset"):  # dropped unread
            self._add(ends, ends, "ended", content=Ended("local", treated.end))
            return ends
        if seen[1] >= ends:  # the harness had ended it by then, and hears of this too late
            self._add(ends, ends, "sent", "close", Close(1000))
        self.made.rounds[self.number] = "given up"
        self._add(seen[1], seen[0], "received", "close", close, latest=seen[1])
        gone = seen[1] + SOON
        if treated.mute:
            gone = self._awake(seen[1] + 2.0)
        elif seen[1] < ends:
            self._add(gone - SOON / 2, gone - SOON / 2, "sent", "close", close)
        self._add(gone, gone, "ended", content=Ended("local"))
        return gone

    def _ended(self, ends: float, lost: float, treated: Treatment) -> float:
        """The harness ends the connection; returns when TCP was over."""
        if treated.end != "close":
            self._add(ends, ends, "ended", content=Ended("local", treated.end))
            return ends
        close = self.random.choice(CODES)
        self._add(ends, ends, "sent", "close", close)
        seen = self._read(lost + self._net())
        if seen[1] > ends:
            self._add(seen[1], seen[0], "received", "close", close, latest=seen[1])
        gone = max(ends, seen[1]) + SOON
        self._add(gone, gone, "ended", content=Ended(self.random.choice(["local", "eof"])))
        return gone

    def _told_to_end(self, asked: float) -> float:
        self.over = True
        self._tell(asked, "asked", self.random.choice(["SIGTERM", "SIGINT", "page closed"]))
        seen = self._read(asked + SOON + self.random.random() * HESITATION)
        close = self.random.choice([Close(1000), Close(1001, "bye"), Close(None)])
        self._add(seen[1], max(seen[0], asked), "received", "close", close, latest=seen[1])
        after = seen[1] + SOON
        self._add(after, after, "sent", "close", close)
        self._add(after + SOON, after + SOON, "ended", content=Ended("eof"))
        if self.random.random() < 0.7:
            self._tell(after + self.random.random(), "exited", "exit code 0")
        else:
            stillness = FAST.heartbeat_interval + FAST.reconnect_delay + FAST.reconnect_jitter
            self._tell(after + stillness + FAST.tolerance, "silent")
        return after

    def _watched(self, until: float) -> float:
        """The scenario ends here: up to now nothing else came."""
        self.over = True
        self._add(until + DELAY, until, "silent")
        self._tell(until + DELAY, "silent", since=until)
        return until

    def _delay(self, lost: float, ended: float) -> float:
        """When the client tries again; it may count from the end of TCP, too."""
        count_from_tcp = self.failures == 0 and self.made.rounds[self.number] != "given up"
        start = self.random.choice([lost, max(lost, ended)]) if count_from_tcp else lost
        base = min(FAST.reconnect_cap, FAST.reconnect_delay * self.growth**self.failures)
        jitter = self.random.choice([0.0, self.random.random()]) * FAST.reconnect_jitter
        return start + SOON + min(base + jitter, FAST.reconnect_cap)

    # Time, and what is recorded of it.

    def _forget_after(self, ended: float) -> None:
        """Nothing is recorded of a connection once TCP is over."""
        self.made.drafts = [
            d for d in self.made.drafts if d.connection != self.number or d.stamp <= ended + SOON
        ]

    def _net(self) -> float:
        return self.random.choice([0.0001, 0.001, DELAY]) * (0.1 + 0.9 * self.random.random())

    def _awake(self, at: float) -> float:
        """When the harness gets to do what is due then."""
        return next((end + SOON for start, end in self.stalls if start <= at < end), at)

    def _read(self, arrived: float) -> tuple[float, float]:
        """Between which moments the harness knows that something arrived."""
        earliest = arrived // self.tick * self.tick
        latest = max(arrived, earliest + self.tick)
        for start, end in self.stalls:
            if start <= latest <= end:
                return min(earliest, start), end + SOON
        return earliest, latest

    def _tell(
        self, at: float, kind: Kind, content: Content = None, since: float | None = None
    ) -> None:
        start = at if since is None else since
        self.made.drafts.append(Draft(at, WHOLE_TRACE, start, at, kind, content=content))

    def _say(self, at: float, content: str | bytes, answers: Draft | None = None) -> None:
        opcode: Opcode = "text" if isinstance(content, str) else "binary"
        self._add(at, at, "sent", opcode, content, answers=answers)

    def _add(
        self,
        stamp: float,
        earliest: float,
        kind: Kind,
        opcode: Opcode | None = None,
        content: Content = None,
        *,
        latest: float | None = None,
        answers: Draft | None = None,
    ) -> Draft:
        end = earliest + SOON / 4 if latest is None else latest
        draft = Draft(stamp, self.number, max(0.0, earliest), end, kind, opcode, content, answers)
        self.made.drafts.append(draft)
        return draft


if __name__ == "__main__":
    print({name: round(figure) for name, figure in rate().items()})

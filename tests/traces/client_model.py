"""A compliant client and the server that tries it, as a model that makes traces without a network.

What the contract leaves open is drawn: when the first ping comes and how far the cadence strays,
whether pongs are waited for, how the delays grow, how long the network takes and how narrowly the
harness can stamp what it sees. No rule may find fault with any of these traces.
"""

from __future__ import annotations

from random import Random
from time import perf_counter

from conformance.rules import judge
from conformance.trace.event import Ended, Refusal
from conformance.trace.trace import Capabilities, Trace
from tests.traces.client_ending import HESITATION, ended_at, given_up_at, told_to_end, watched
from tests.traces.client_record import DELAY, SOON, Record
from tests.traces.client_story import ClientStory
from tests.traces.client_treatment import Treatment, drawn
from tests.traces.notation import FAST
from tests.traces.story import PING, PONG

UNANSWERED = 0.3

PINGS = (PING, '{"type": "ping"}', ' { "type" : "\\u0070ing" }\n')
NOISE = (
    *("hello", "", '{"type":"fanfare"}', '{"type":"echo","data":NaN}', "[1,2]", "null", "[" * 70),
    *(b"\x00\xff", PING.encode(), '{"type":"echo","data":{"order":17}}', PONG, "x" * 65_536, "7"),
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


class _Life:
    """The life of a client: it connects, pings, loses connections and comes back."""

    def __init__(self, random: Random, made: ClientStory, calm: bool) -> None:
        self.random, self.made = random, made
        self.record = Record(random, made, calm)
        self.failures = 0
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
        self.record.tell(0.0, "started", "command")
        at = self.random.random() * 0.4 + 0.01
        for _ in range(self.random.randint(1, 6)):
            if self.random.random() < 0.1:
                self._speculate(at)
            match self.random.randrange(10):
                case 0 if self.random.random() < UNANSWERED:
                    at = self._unanswered(at)
                case 0 | 1:
                    at = self._refused(at)
                case 2 if not self.record.stalls:
                    at = self._without_tls(at)
                case _:
                    at = self._accepted(at, drawn(self.random, self.record.number))
            if self.over:
                return
        if self.random.random() < 0.5:
            self.record.tell(at - SOON, "silent")

    # What an attempt may meet with; each returns when the client makes the next one.

    def _accepted(self, at: float, treated: Treatment) -> float:
        """A connection, from its opening to its end, and the wait that follows."""
        made = self._attempts(at, treated.name)
        opening = self.record.awake(made + SOON)
        self.record.add(opening, opening, "opened")
        opened = opening + self.record.net()
        ends = self.record.awake(max(opening + treated.life, opened + DELAY))
        for _ in range(treated.says):
            moment = self.record.awake(self.random.uniform(opening + SOON, ends - SOON))
            if moment < ends:
                self.record.say(moment, self.random.choice(NOISE))
        if self.made.capabilities.server_ping:
            self._serve_pings(opening, ends, bool(treated.unanswered))
        lost = ends + self.record.net()
        given_up = self._beat(opened, lost, ends, treated) if self.pings else None
        if given_up is not None and given_up < lost:
            lost, ended = given_up, given_up_at(self.record, given_up, ends, treated)
        elif treated.end == "ask":
            self.over = True
            return told_to_end(self.record, ends)
        elif treated.end == "watch":
            self.over = True
            return watched(self.record, ends)
        else:
            ended = ended_at(self.record, ends, lost, treated)
        self.record.forget_after(ended)
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
        seen = self.record.read(gives_up + self.record.net())
        self.record.add(seen[1], seen[1], "refused", content=Refusal(None, "no answer"))
        gone = seen[1] + SOON
        self.record.add(gone, seen[0], "ended", latest=gone, content=Ended("eof"))
        self._fail()
        return self._delay(gives_up, gone)

    def _fail(self) -> None:
        self.failures += 1
        self.steady = False

    def _refused(self, at: float) -> float:
        arrived = self._attempts(at, "refused")
        refused = self.record.awake(arrived + self.random.choice([SOON, 0.05]))
        status = self.random.choice([503, 404, None])
        self.record.add(refused, refused, "refused", content=Refusal(status, "no"))
        self.record.add(refused + SOON, refused + SOON, "ended", content=Ended("local"))
        self._fail()
        return self._delay(refused + self.record.net(), refused + SOON)

    def _without_tls(self, at: float) -> float:
        """Shown a bad certificate: the client may come back, or not."""
        bad = self.random.choice(["expired", "self-signed", "wrong host"])
        self.record.tell(at - SOON, "certificate", bad)
        self._attempts(at, "without TLS", requests=False)
        seen = self.record.read(at + 4 * DELAY)
        self.record.add(seen[1], seen[1], "refused", content=Refusal(None, "bad certificate"))
        self.record.add(seen[1] + SOON, seen[1] + SOON, "ended", content=Ended("eof"))
        self.record.tell(seen[1] + 2 * SOON, "certificate", "valid")
        self._fail()
        if self.random.random() < 0.3:
            self.over = True
            self.record.tell(seen[1] + 1, "exited", "exit code 1")
        return self._delay(at + 4 * DELAY, seen[1] + 3 * SOON)

    def _behind_a_door(self, lost: float, ended: float) -> float:
        """Nothing listens for a while: attempts are refused unseen."""
        shut = self.record.awake(ended + SOON)
        again = self._delay(lost, shut)
        opened = max(shut, self.record.awake(shut + self.random.random() * 3)) + SOON
        self.record.tell(shut, "closed_door")
        self.record.tell(opened, "opened_door")
        while again <= opened:
            self._fail()
            again = self._delay(again, again)
        return again

    def _speculate(self, at: float) -> None:
        """A TCP connection on which nothing is asked for."""
        self._attempts(at - DELAY, "speculation", requests=False)
        gone = self.record.read(at + self.random.random())
        self.record.add(gone[1], *gone[:1], "ended", latest=gone[1], content=Ended("eof"))

    # What happens on a connection.

    def _attempts(self, at: float, name: str, *, requests: bool = True) -> float:
        self.record.number += 1
        self.made.rounds[self.record.number] = name
        seen = self.record.read(at + self.record.net())
        self.record.add(seen[1], seen[0], "opening", latest=seen[1])
        if requests:
            asked = self.record.read(max(at + 2 * DELAY, seen[1] + SOON))
            self.record.add(
                asked[1], asked[0], "requested", latest=asked[1], content="GET / HTTP/1.1"
            )
            return asked[1]
        return seen[1]

    def _beat(self, opened: float, lost: float, ends: float, treated: Treatment) -> float | None:
        """The pings and pongs; returns when the client gave up, if it did."""
        gap, room = FAST.heartbeat_interval, FAST.longest_gap - FAST.heartbeat_interval - 2 * DELAY
        at = opened + self.first * gap + self.random.random() * HESITATION / 2
        count = 0
        while at < lost:
            seen = self.record.read(at + self.record.net())
            ping = self.record.add(
                seen[1], seen[0], "received", "text", self.random.choice(PINGS), latest=seen[1]
            )
            answered = None
            if count not in treated.unanswered:
                answered = self.record.awake(seen[1] + SOON + treated.slowness)
            gives_up = at + FAST.pong_timeout + self.random.random() * HESITATION
            if answered is None or answered + DELAY > gives_up:
                if answered is not None and answered < self.record.read(gives_up)[1]:
                    self.record.say(answered, PONG, ping)
                return gives_up if gives_up < lost else None
            if answered < ends:
                self.record.say(answered, PONG, ping)
            count += 1
            at += gap + self.random.uniform(-self.sway, self.sway) * room
        return None

    def _serve_pings(self, opening: float, ends: float, sparing: bool) -> None:
        """Plan B: the harness pings, and the client answers; a `sparing` one sends no pongs."""
        at = opening + self.random.random() * 0.3
        while (sent := self.record.awake(at)) < ends - 0.6:
            self.record.say(sent, PING)
            took = self.random.random() * FAST.reply_deadline * 0.9
            seen = self.record.read(sent + took + 2 * SOON)
            self.record.add(seen[1], seen[0], "received", "text", PONG, latest=seen[1])
            at = max(at + FAST.heartbeat_interval, sent + SOON)
            if not sparing and self.random.random() < 0.3:
                self.record.say(self.record.awake(sent + 0.01), PONG)

    def _delay(self, lost: float, ended: float) -> float:
        """When the client tries again; it may count from the end of TCP, too."""
        count_from_tcp = self.failures == 0 and self.made.rounds[self.record.number] != "given up"
        start = self.random.choice([lost, max(lost, ended)]) if count_from_tcp else lost
        base = min(FAST.reconnect_cap, FAST.reconnect_delay * self.growth**self.failures)
        jitter = self.random.choice([0.0, self.random.random()]) * FAST.reconnect_jitter
        return start + SOON + min(base + jitter, FAST.reconnect_cap)


if __name__ == "__main__":
    print({name: round(figure) for name, figure in rate().items()})

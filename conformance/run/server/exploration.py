"""Exploring a server with messages that Hypothesis draws, and shrinking what breaks it.

One connection is kept for as long as nothing goes wrong on it. Examples are sent many at once, in
traces that all rules judge; where one is found wanting, the same examples are sent again one by
one, and shrunk. After every message that is not bound to be echoed stands a *witness*,
a message whose echo shows that everything before it has been dealt with. A plain ping ends each
trace. A ping is sent twice, with a plain one before it too: what is due to a spelling is told
from what befalls any ping.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from conformance.clock import Clock
from conformance.drawing import Drawing
from conformance.evidence.server.connection import Evidence
from conformance.exchanges import Owed, owed_for
from conformance.messages import PLAIN_PING, Business, Ping, message
from conformance.scenarios.scenario import Scenario, Step
from conformance.trace.trace import Capabilities, Trace
from conformance.wire.dial import Dial
from conformance.wire.endpoint import HandshakeRefused
from conformance.wire.peer import Peer
from conformance.wire.recorder import Heading, Recorder

BATCH = 40
"""How many messages are sent at once, at least, where there are as many."""


KEPT = 0.4
"""How long a connection is kept, as a fraction of `heartbeat_timeout`: its clock plays no part."""


Judge = Callable[[Trace], Iterable[str]]
"""Counts what a trace shows and returns the IDs of the requirements that it newly violates."""


@dataclass(slots=True)
class Session:
    """The kept connection, and how to make another; `connect` gives a `Dial` for a recorder.

    `echoes` says whether the server echoes at all: if not, pings are the only witnesses there are,
    and no connection is kept: what an application still has to say belongs to no later example.
    `replies_may_follow` says whether replies that a witness overtook are worth waiting for.
    """

    loop: asyncio.AbstractEventLoop
    connect: Callable[[Recorder], Dial]
    heading: Heading
    clock: Clock
    origin: float
    echoes: bool = True
    replies_may_follow: bool = True
    peer: Peer | None = None
    kept_until: float = 0.0
    witnesses: int = 0

    def perform(self, scenario: str, steps: Sequence[Step]) -> tuple[Trace, int]:
        """Send messages, each with its witness; return the trace and how many were dealt with."""
        return self.loop.run_until_complete(self._perform(scenario, steps))

    def reset(self) -> None:
        """Give up the kept connection: what comes on it may belong to an earlier example."""
        if self.peer is not None:
            self.peer.abort()
            self.peer = None

    def leave(self) -> None:
        """Close the kept connection in order: nobody answers for it once the loop stands still."""
        self.loop.run_until_complete(self._leave())

    async def _leave(self) -> None:
        peer, self.peer = self.peer, None
        if peer is not None:
            patience = self.heading.timing.reply_deadline + self.heading.timing.tolerance
            await peer.close(by=self.clock.now() + patience)
        await asyncio.sleep(0)  # One that was given up is closed in the loop's next turn.

    async def _perform(self, scenario: str, steps: Sequence[Step]) -> tuple[Trace, int]:
        recorder = Recorder(replace(self.heading, scenario=scenario), self.origin)
        self.clock.overslept()
        dial = self.connect(recorder)
        try:
            peer = await self._peer(dial, recorder)
        except HandshakeRefused:
            return recorder.trace(), 0
        capabilities = self.heading.capabilities
        heard, ponged = peer.heard, peer.ponged
        messages = [message(step) for step in steps]
        said: list[Step] = []
        if any(isinstance(read, Ping) for read in messages):
            said += [PLAIN_PING, self._witness()]
        elif not isinstance(messages[0], Business):
            said.append(self._witness())
        places = []
        for step, read in zip(steps, messages, strict=True):
            places.append(len(said))
            said.append(step)
            if isinstance(read, Ping):
                said += [self._witness(), step]
            if not (self.echoes and owed_for(read, capabilities) == "echo"):
                said.append(self._witness())
        said += [PLAIN_PING, self._witness()]
        await peer.say(*said)
        by = dial.after(dial.patience)
        if self.echoes:
            every = heard + _owed(said, ("pong", "echo"), capabilities)
            complete = await peer.hear(_token(self.witnesses), by)
            if complete and self.replies_may_follow and not peer.heard >= every:
                self.replies_may_follow = await peer.hear_until(every, by)
        else:
            complete = await peer.hear_answers(ponged + _owed(said, ("pong",), capabilities), by)
        if not complete and not peer.over:
            await peer.watch(by=dial.clock.now())
        if not complete or peer.over or not self.echoes:
            self.reset()
        if overslept := self.clock.overslept():
            recorder.harness_was_late(*overslept)
        trace = recorder.trace()
        return trace, len(steps) if complete else _dealt_with(trace, places)

    async def _peer(self, dial: Dial, recorder: Recorder) -> Peer:
        if self.peer is not None and self.peer.is_open and self.clock.now() < self.kept_until:
            self.peer.continue_in(recorder)
        else:
            self.reset()
            self.peer = await dial.open()
            self.kept_until = self.clock.now() + KEPT * self.heading.timing.heartbeat_timeout
        return self.peer

    def _witness(self) -> str:
        self.witnesses += 1
        return f'{{"witness":"{_token(self.witnesses)}"}}' if self.echoes else PLAIN_PING


def _owed(said: Sequence[Step], kinds: tuple[Owed, ...], capabilities: Capabilities) -> int:
    """How many replies of some kinds are owed for what was said."""
    return sum(owed_for(message(step), capabilities) in kinds for step in said)


def _dealt_with(trace: Trace, places: Sequence[int]) -> int:
    """How many messages had an answer, to them or to a later one, before things went wrong."""
    last = -1
    for connection in Evidence(trace).connections:
        for place, exchange in enumerate(connection.exchanges):
            if exchange.replies:
                last = place
    return sum(place <= last for place in places)


def _token(number: int) -> str:
    """What only this witness holds; the full stop keeps 1 from being found in 10."""
    return f"wsbeat-witness-{number}."


@dataclass(slots=True)
class Exploration:
    """Runs explored scenarios, each for at most `lasts` seconds.

    `moved` is called after every example. `cut_short` collects the scenarios that ran out of time;
    `doubt` is told of one that did not even come to the end of its boundary.
    """

    session: Session
    judge: Judge
    drawing: Drawing
    lasts: float
    moved: Callable[[], None]
    doubt: Callable[[Scenario, str], None]
    settled: set[str] = field(default_factory=set)
    cut_short: list[str] = field(default_factory=list)
    until: float = 0.0

    def explore(self, scenario: Scenario) -> None:
        """Send the boundary of a scenario, then what Hypothesis draws from its steps."""
        self.until = self.session.clock.now() + self.lasts
        if scenario.boundary is not None:
            boundary = scenario.boundary()
            for _ in self._send(scenario, boundary):
                self.moved()
            if scenario.name in self.cut_short:
                self.doubt(
                    scenario,
                    f"Time ran out: not all of its {len(boundary)} boundary cases were tried in "
                    f"{self.lasts:.0f} s.",
                )
        if self._is_broken_by_any(scenario):
            self._simplify(scenario)

    def _send(self, scenario: Scenario, steps: Sequence[Step]) -> Iterator[set[str]]:
        """Send messages in batches; yields what each violates.

        After a message that ends its connection it goes on with the next.
        """
        rest = list(steps)
        while rest and not self._is_spent(scenario):
            batch = rest[:BATCH]
            trace, dealt_with = self.session.perform(scenario.name, batch)
            violated = set(self.judge(trace))
            if violated:
                self.session.reset()
            yield violated
            rest = rest[dealt_with:] if dealt_with == len(batch) else rest[dealt_with + 1 :]

    def _is_broken_by_any(self, scenario: Scenario) -> bool:
        """Send all examples, many at once; whether one violates what had not been violated yet."""
        waiting: list[Step] = []
        found: set[str] = set()

        def send() -> None:
            for violated in self._send(scenario, waiting):
                found.update(violated - self.settled)
            waiting.clear()

        for steps in self.drawing.examples(scenario):
            if found or self._is_spent(scenario):
                break
            waiting.extend(steps)
            if len(waiting) >= BATCH:
                send()
            self.moved()
        send()
        return bool(found)

    def _simplify(self, scenario: Scenario) -> None:
        """Send the same examples one by one, and simpler ones for each requirement violated."""
        found: set[str] = set()

        def judged(steps: Sequence[Step]) -> set[str]:
            if self._is_spent(scenario):
                return set()
            trace, _ = self.session.perform(scenario.name, steps)
            violated = set(self.judge(trace))
            self.moved()
            if violated:
                self.session.reset()
            found.update(violated - self.settled)
            return violated - self.settled

        self.drawing.simplify(scenario, judged)
        self.settled |= found

    def _is_spent(self, scenario: Scenario) -> bool:
        if self.session.clock.now() < self.until:
            return False
        if scenario.name not in self.cut_short:
            self.cut_short.append(scenario.name)
        return True

"""One connection on which explored messages are sent in batches, each ended by a witness.

Where the server ends it, answers that were owed for other messages may be lost with it. So those
without one are sent again in the same trace, each after all earlier answers were read: then the
next end is that of the message that was sent last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conformance.evidence.server.blame.deafness import UNHURRIED
from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.exchange import Owed, may_end, may_take_its_time, owed_for
from conformance.messages.from_client import Ping, message
from conformance.run.server.exploring.beside import EndedNear, alone, note_partings
from conformance.run.ticking import nothing, ticking
from conformance.scenarios.step import Step
from conformance.trace.trace import Trace
from conformance.wire.clock import Clock
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.overheard import Overheard
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from conformance.wire.server.starvation import WORTH_NOTING, ServerProcesses
from spec.dialect.dialect import Dialect

BATCH = 40
"""How many messages are sent at once, at least, where there are as many."""


KEPT = 0.4
"""How long a connection is kept, as a fraction of `heartbeat_timeout`: its clock plays no part."""


STARTING = 0.25
"""How often (seconds) a server is called that does not listen: nothing tells when it does."""


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
    tick: Callable[[], None] = nothing
    """Called again and again while replies are awaited; what it raises ends that."""
    is_brief: Callable[[], bool] = bool
    """Whether it is enough to know of a reply that it did not come in time."""
    witnesses: int = 0
    overheard: Overheard | None = None
    server: ServerProcesses | None = None
    """The processes of the server, if they are on this machine."""
    ended_near: EndedNear = alone

    @property
    def dialect(self) -> Dialect:
        """How the heartbeat is spelled."""
        return self.heading.dialect

    def perform(self, scenario: str, steps: Sequence[Step]) -> tuple[Trace, int]:
        """Send messages, each with its witness; return the trace and how many are done with."""
        return self.loop.run_until_complete(ticking(self._perform(scenario, steps), self.tick))

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
        heading = replace(self.heading, scenario=scenario)
        recorder = Recorder(heading, self.origin, overheard=self.overheard)
        self.clock.overslept()
        begun = self.clock.now()
        if self.server is not None:
            self.server.newly_waited()
        dial = self.connect(recorder)
        try:
            peer = await self._peer(dial, recorder)
        except HandshakeRefused:
            return recorder.trace(), 1
        capabilities = self.heading.capabilities
        heard, ponged = peer.heard.messages, peer.heard.pongs
        messages = [message(step, self.dialect) for step in steps]
        # What becomes of a witness with nothing before it tells what is due to its neighbours.
        said: list[Step] = [self._witness(peer)]
        if any(isinstance(read, Ping) for read in messages):
            said += [peer.a_ping(), self._witness(peer)]
        places = []
        for step, read in zip(steps, messages, strict=True):
            places.append(len(said))
            said.append(step)
            if isinstance(read, Ping):
                said += [self._witness(peer), step]
            if not (self.echoes and owed_for(read, capabilities, self.dialect) == "echo"):
                said.append(self._witness(peer))
        said += [peer.a_ping(), self._witness(peer)]
        await peer.say(*said)
        by = self._by(dial)
        every = heard + self._owed(said, ("pong", "echo"))
        if self.echoes:
            complete = await peer.hear(_token(self.witnesses), by)
        else:
            complete = await peer.hear_answers(ponged + self._owed(said, ("pong",)), by)
        # Where other texts get pongs, too, there are enough of them before all has been answered.
        if complete and self.replies_may_follow and peer.heard.messages < every:
            self.replies_may_follow = await peer.hear_until(every, by)
        if not complete and not peer.over:
            await peer.watch(by=dial.clock.now())
        was_ended = not complete and peer.over
        if not complete or peer.over or not self.echoes:
            self.reset()
        done = len(steps)
        self._note_starvation(recorder, begun)  # What is missing may only be late.
        if not complete:
            trace = recorder.trace()
            done = _dealt_with(trace, places)
            if was_ended and not _was_by_right(trace, steps[done:]):
                done += await self._one_by_one(dial, steps[done:])
            elif _may_have_deafened(trace):
                done += await self._one_by_one(dial, steps[done : done + 1])
            else:
                done += 1
            self._note_starvation(recorder, begun)
            await note_partings(self.ended_near, recorder)
        if overslept := self.clock.overslept():
            recorder.harness_was_late(*overslept)
        return recorder.trace(), done

    def _note_starvation(self, recorder: Recorder, since: float) -> None:
        waited = 0.0 if self.server is None else self.server.newly_waited()
        if waited > WORTH_NOTING:
            recorder.server_was_starved(since, self.clock.now(), waited)

    async def _one_by_one(self, dial: Dial, steps: Sequence[Step]) -> int:
        """Send messages again, each after all earlier answers; return how many are done with.

        One that ends its connection is done with. After one that is not answered in time nothing
        more is sent: how long that takes would add up.
        """
        done, enough = 0, self._by(dial)
        peer = await self._prepared(dial)
        for step in steps:
            if peer is None or dial.clock.now() > enough:
                break
            done += 1
            # A witness between them tells a pong that the step got from one too many for the ping.
            between = [self._witness(peer)] if self.echoes else []
            if await self._is_answered(peer, dial, step, *between, peer.a_ping()) and self.echoes:
                continue
            # What an application still has to say belongs to no later message.
            is_silent = not peer.over and self.echoes
            if is_silent:
                await peer.watch(by=dial.clock.now())
                peer.abort()  # Nor would its Close be answered.
            else:
                await self._hang_up(peer, dial)
            peer = None if is_silent else await self._prepared(dial)
        if peer is not None:
            await self._hang_up(peer, dial)
        return max(1, done)

    async def _prepared(self, dial: Dial) -> Peer | None:
        """A connection on which a ping and a witness were answered; None where they are not."""
        peer = await self._opened_again(dial)
        if peer is None:
            return None
        await peer.ping()
        answered = await peer.hear_answers(1, by=self._by(dial))
        if answered and (not self.echoes or await self._is_answered(peer, dial)):
            return peer
        await self._hang_up(peer, dial)
        return None

    async def _opened_again(self, dial: Dial) -> Peer | None:
        """A connection to a server that may have ended, and be starting again."""
        by = self._by(dial)
        while dial.clock.now() < by:
            try:
                return await dial.open()
            except HandshakeRefused:
                await asyncio.sleep(STARTING)
        return None

    async def _is_answered(self, peer: Peer, dial: Dial, *steps: Step) -> bool:
        """Send messages and a witness; whether the last of them is answered."""
        pongs = peer.heard.pongs + self._owed(steps, ("pong",))
        said = [] if not self.echoes else [self._witness(peer)]
        await peer.say(*steps, *said)
        by = self._by(dial)
        if any(may_take_its_time(message(step, self.dialect), step) for step in steps):
            by = dial.after(UNHURRIED * dial.patience)
        if not self.echoes:
            return await peer.hear_answers(pongs, by)
        return await peer.hear(_token(self.witnesses), by)

    async def _hang_up(self, peer: Peer, dial: Dial) -> None:
        if not peer.over:
            await peer.watch(by=dial.clock.now())
        await peer.close(by=self._by(dial))

    def _by(self, dial: Dial) -> float:
        """Until when to wait for a reply: no longer than it may take, where that is enough."""
        return dial.after(dial.settling if self.is_brief() else dial.patience)

    async def _peer(self, dial: Dial, recorder: Recorder) -> Peer:
        if self.peer is not None and self.peer.is_open and self.clock.now() < self.kept_until:
            self.peer.continue_in(recorder)
        else:
            await self._leave()
            self.peer = await dial.open()
            self.kept_until = self.clock.now() + KEPT * self.heading.timing.heartbeat_timeout
        return self.peer

    def _witness(self, peer: Peer) -> str:
        self.witnesses += 1
        return f'{{"witness":"{_token(self.witnesses)}"}}' if self.echoes else peer.a_ping()

    def _owed(self, said: Sequence[Step], kinds: tuple[Owed, ...]) -> int:
        """How many replies of some kinds are owed for what was said."""
        declared, dialect = self.heading.capabilities, self.dialect
        return sum(owed_for(message(step, dialect), declared, dialect) in kinds for step in said)


def _dealt_with(trace: Trace, places: Sequence[int]) -> int:
    """How many messages had an answer, to them or to a later one, before things went wrong."""
    last = -1
    for connection in Evidence(trace).connections:
        for place, exchange in enumerate(connection.exchanges):
            if exchange.replies:
                last = place
    return sum(place <= last for place in places)


def _was_by_right(trace: Trace, unanswered: Sequence[Step]) -> bool:
    """Whether a server ended a connection as it may for the first message without an answer."""
    departure = Evidence(trace).connections[-1].departure
    blamed = None if departure is None else departure.blamed
    return (
        departure is not None
        and blamed is not None
        and may_end(blamed.message, trace.dialect, departure.close, departure.event)
        and blamed.stimulus.said in unanswered[:1]
    )


def _may_have_deafened(trace: Trace) -> bool:
    """Whether what came after a message that is owed nothing itself was waited for in vain."""
    return any(each.perhaps_deafened_by for each in Evidence(trace).connections)


def _token(number: int) -> str:
    """What only this witness holds; the full stop keeps 1 from being found in 10."""
    return f"wsbeat-witness-{number}."

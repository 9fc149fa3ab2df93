"""A share of a crowd: what one worker lives of it, and judges as it goes."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from conformance.rules import rules
from conformance.run.server.crowd.job import CrowdJob
from conformance.run.server.crowd.living.fleet import SIZE, Fleet
from conformance.run.server.crowd.living.place import Place
from conformance.run.server.crowd.living.surroundings import Surroundings
from conformance.targets.address import address
from conformance.targets.load_limits import LoadLimits
from conformance.trace.event import Refusal
from conformance.verdict.crowd.census import Census
from conformance.wire.clock import TICK, WORTH_NOTING, LoopClock
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial, tls_for
from conformance.wire.server.limiter import Limiter, Permit
from conformance.wire.server.member import Member
from conformance.wire.server.starvation import processes_of, watch_starvation

SCENARIO = "lives_in_a_crowd"


STRETCH = 2
"""After how many intervals a fleet is judged anew."""


LEFT_TO_JUDGE = 1.0
"""How long (seconds) a worker that is told to stop goes on judging what it saw."""


PAGE = os.sysconf("SC_PAGE_SIZE")


class Share:
    """The places of one worker, in fleets; `told` is what it tells of itself now and then."""

    def __init__(self, job: CrowdJob, clock: LoopClock) -> None:
        self.job = job
        self.timing, self.seed, self.mix = job.target.timing, job.seed, job.whole_mix
        self.chance = Random(job.seed)
        self.census = Census()
        longest = self.timing.longest_wait + STRETCH * self.timing.heartbeat_interval
        self.beside = Surroundings(kept=longest)
        self.pinging = 0
        self._clock = clock
        self._began = clock.now()
        self._rules = rules("server")
        self._members: set[Member] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._fleets: deque[Fleet] = deque()
        self._places: list[Place] = []
        self._fleet_of: dict[int, Fleet] = {}
        self._is_over = False
        self._limiter = Limiter(LoadLimits(None, job.rate), clock)
        self._tls = tls_for(job.target)
        self._idle = self._peak = _resident()
        self._before = time.process_time()

    # What places ask for.

    def elapsed(self) -> float:
        """The seconds since the crowd began, by the clock of this worker."""
        return self._clock.now() - self._began

    def begins(self, manner: str) -> float:
        """When harm of a manner may be done, in seconds since the crowd began."""
        return self.job.stages.get(manner, 0.0)

    def came(self, place: Place, member: Member) -> None:
        self.beside.open += 1
        self.census.counts["accepted"] += 1
        self._fleet_of[place.number].place_of[member.number] = place.number

    def went(self, *, by_server: bool) -> None:
        self.beside.open -= 1
        if by_server:
            self.beside.ended(self.elapsed())

    def did_harm(self, manner: str, member: Member) -> None:
        if manner not in self.beside.harm:
            events = [e for e in member.recorder.events if e.connection == member.number]
            self.beside.did_harm(manner, events)

    def call_at(self, moment: float, what: Callable[[], None]) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        return loop.call_later(max(0.0, moment - self.elapsed()), what)

    def start(self, place: Place) -> None:
        if not self._is_over:
            task = asyncio.get_running_loop().create_task(place.open())
            self._opening.add(task)
            task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if not task.cancelled():
            task.result()

    # Living.

    async def live(self, stop: asyncio.Event) -> None:
        """Live the share until it is over or `stop` is set, and judge the rest of it."""
        gc.collect()
        gc.freeze()
        gc.disable()  # A whole collection takes longer than any clock may be unwatched.
        self._began = self._clock.now()
        server = processes_of(address(self.job.target.address))
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self._watch_lateness()),
                group.create_task(watch_starvation(self._clock, server, self._server_waited)),
                group.create_task(self._gather()),
                group.create_task(self._judge_in_turn()),
            ]
            stopped = group.create_task(stop.wait())
            await asyncio.wait({stopped}, timeout=self.job.lasting)
            for task in (*beside, stopped):
                task.cancel()
        self._is_over = True
        for opening in list(self._opening):
            opening.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for place in self._places:
            place.leave()
        await asyncio.sleep(0)
        until = self._clock.now() + (LEFT_TO_JUDGE if stop.is_set() else float("inf"))
        self._judge_the_rest(until)

    async def _gather(self) -> None:
        """Have the places ask for their connections, one after the other, during the ramp."""
        numbers = self.job.numbers
        for at, number in enumerate(numbers):
            if at % SIZE == 0:
                fleet = self._new_fleet()
            source = self.job.sources[at % len(self.job.sources)] if self.job.sources else None
            dial = self._dial(fleet.recorder, source)
            place = Place(self, dial, number, is_plain=at % SIZE == 0)
            self._fleet_of[number] = fleet
            self._places.append(place)
            due = self.job.ramp * at / len(numbers)
            if (early := due - self.elapsed()) > 0:
                await asyncio.sleep(early)
            self.start(place)

    def _new_fleet(self) -> Fleet:
        recorder = Recorder(Heading.of(self.job.target, SCENARIO, 1, self.seed), self._began)
        fleet = Fleet(recorder)
        self._fleets.append(fleet)
        return fleet

    def _dial(self, recorder: Recorder, source: str | None) -> Dial:
        permit = Permit(self._limiter, 0)
        return Dial(
            self.job.target, recorder, self._clock, self._began, self._tls,
            permit=permit, end=Member, source=source,
        )  # fmt: skip

    async def _judge_in_turn(self) -> None:
        """Judge every fleet once in a stretch, evenly spread over it."""
        stretch = STRETCH * self.timing.heartbeat_interval
        while True:
            await asyncio.sleep(stretch / max(1, len(self._fleets)))
            if self._fleets:
                fleet = self._fleets[0]
                self._fleets.rotate(-1)
                self._judge(fleet)

    def _judge(self, fleet: Fleet, *, is_last: bool = False) -> None:
        for event in fleet.recorder.events:
            if isinstance(event.content, Refusal) and event.latest > fleet.judged_to:
                self.census.counts["refused"] += 1
                self.census.refusals[event.content.detail] += 1
        now = self.elapsed()
        fleet.judge(self._rules, self.beside, self.census, now, is_last=is_last)
        gc.collect(0)

    def _judge_the_rest(self, until: float) -> None:
        for fleet in list(self._fleets):
            if self._clock.now() > until:
                self.census.counts["unjudged"] += 1
            else:
                self._judge(fleet, is_last=True)

    async def _watch_lateness(self) -> None:
        """Measure by how much this worker is late, whatever it does."""
        while True:
            due = self.elapsed() + TICK
            await asyncio.sleep(TICK)
            now = self.elapsed()
            self.census.measures["lateness"].add(max(0.0, now - due))
            if now - due > WORTH_NOTING:
                self.beside.was_late(due, now)

    def _server_waited(self, since: float, until: float, waited: float) -> None:
        began = self._began
        self.beside.server_waited(since - began, until - began, waited)

    # What is told.

    def progress(self) -> dict[str, Any]:
        """How it is with this share now, in numbers."""
        self._peak = max(self._peak, _resident())
        return {
            "at": round(self.elapsed(), 3),
            "open": self.beside.open,
            "pinging": sum(place.is_pinging for place in self._places),
            "opening": len(self._opening),
            "worst": round(self.beside.worst, 6),
            "starved": round(self.beside.starved, 3),
            "cpu": round(time.process_time() - self._before, 3),
            "late": self.census.suspicions,
            "idle": self._idle,
            "peak": self._peak,
        }


def _resident() -> int:
    """The bytes of memory that this process has now; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return 0

"""A run of a crowd on a server: workers live it, and what they tell is put together here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from conformance.rules import rules
from conformance.run.plan import Plan, Progress, Watch
from conformance.run.server.crowd.hands import Hand, Hands, listen, ready
from conformance.run.server.crowd.notes import notes_on
from conformance.run.server.crowd.parts import Part, harness_of, most_open, open_at
from conformance.run.server.crowd.plans import (
    jobs_for,
    lasting_of,
    ramp_of,
    why_not,
)
from conformance.scenarios import crowd_scenarios
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.crowd.census import Census
from conformance.verdict.crowd.figures import Breach, CrowdFigures, Step
from conformance.verdict.crowd.judgement import CrowdJudgement
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection, select
from conformance.verdict.verdict import Verdict

START_PATIENCE = 30.0
"""How long (seconds) workers may take to be ready."""


OVERTIME = 60.0
"""How long (seconds) after the end of a crowd its workers may take to judge the rest."""


HURRY = 1.6
"""How long (seconds) they may take where the run was interrupted."""


@dataclass(slots=True)
class CrowdRun:
    """Crowds of one or several sizes, until a requirement is broken in one of them."""

    target: Target
    options: Options
    watch: Watch
    hands: Hands
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    is_interrupted: bool = False
    steps: list[Step] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    size: int = 0
    _began: float = field(default_factory=time.monotonic)
    _duration: float = 0.0

    @property
    def crowd(self) -> Crowd:
        assert self.options.crowd is not None
        return self.options.crowd

    def go(self) -> Result:
        """Let crowds live, the smallest first; returns what was found out of the last of them."""
        sizes = sorted(self.crowd.sizes)
        self.size = sizes[0]
        plan = self._plan(sizes)
        self.watch(plan)
        try:
            for size in sizes:
                self.size = size
                self._live(plan.seconds)
                figures = self._figures()
                self.steps.append(self._step(figures))
                if self.steps[-1].failed or self.is_interrupted:
                    break
        except KeyboardInterrupt:
            self.is_interrupted = True  # It came between two crowds.
        self._duration = time.monotonic() - self._began
        self.watch(Progress(self._duration, plan.seconds, 1, 1, "", is_over=True))
        return self._result()

    def _live(self, expected: float) -> None:
        """One crowd, from the first connection to the last word of its workers."""
        count = self.hands.count()
        jobs = jobs_for(self.crowd, self.size, self.target, self.options.seed, count)
        hired = self.hands.hire(jobs)
        self.parts = [Part(hand, number) for number, hand in enumerate(hired, 1)]
        try:
            ready(hired, self.hands.bell, START_PATIENCE)
            for hand in hired:
                hand.begin()
            try:
                self._wait(jobs[0].lasting + OVERTIME, expected)
            except KeyboardInterrupt:
                self.is_interrupted = True
                self._stop(hired)
        finally:
            for hand in hired:
                hand.end()

    def _wait(self, patience: float, expected: float) -> None:
        by = time.monotonic() + patience
        while not self._all_done():
            if time.monotonic() > by:
                for part in self.parts:
                    part.lost = part.lost or ("" if part.is_over else "it did not end in time")
                return
            elapsed = time.monotonic() - self._began
            done = len(self.steps)
            told = self._state()
            self.watch(Progress(elapsed, expected, done, len(self.crowd.sizes), "", state=told))
            listen(self.hands.bell)

    def _stop(self, hired: Sequence[Hand]) -> None:
        for hand in hired:
            hand.stop()
        by = time.monotonic() + HURRY
        while not self._all_done() and time.monotonic() < by:
            listen(self.hands.bell)

    def _all_done(self) -> bool:
        for part in self.parts:
            part.listen()
        return all(part.is_done for part in self.parts)

    def _state(self) -> str:
        """How it is with the crowd: what is connected, pings, and is late."""
        told = [part.progress for part in self.parts]
        count = {
            name: int(sum(each.get(name, 0) for each in told))
            for name in ("open", "pinging", "late")
        }
        return (
            f"{count['open']} of {self.size} connected, {count['pinging']} pinging, "
            f"{count['late']} late"
        )

    # What comes of it.

    def _plan(self, sizes: Sequence[int]) -> Plan:
        seconds = sum(lasting_of(self.crowd, size, self.target) + 2 for size in sizes)
        selection = self._selection()
        limits = f"in {self.hands.count()} processes"
        if self.target.rate is not None:
            limits += f", at most {self.target.rate:g} handshakes a second"
        return Plan(len(selection.examined), len(sizes), max(sizes), seconds, limits)

    def _selection(self) -> Selection:
        why = why_not(self.crowd, self.size, self.target)
        known = rules("server")
        shown = {name for each in crowd_scenarios() for name in each.exercises}
        selection = select(
            "server",
            self.options,
            self.target.capabilities,
            known,
            scenarios=crowd_scenarios(),
            why_not=why,
        )
        aside: dict[str, tuple[Verdict, str | None]] = {
            each.id: ("not_applicable", "A crowd does not show it: check it without --crowd.")
            for each in selection.examined
            if each.id not in shown
        }
        return replace(
            selection,
            examined=tuple(each for each in selection.examined if each.id in shown),
            set_aside={**selection.set_aside, **aside},
        )

    def _census(self) -> Census:
        return Census.of([part.census for part in self.parts])

    def _judgement(self, census: Census) -> CrowdJudgement:
        apart = self.target.timing.heartbeat_interval
        selection = self._selection()
        return CrowdJudgement(census, selection, self.options, self.target, self.size, apart)

    def _step(self, figures: CrowdFigures) -> Step:
        reply = figures.measures["reply"]
        failed = [
            each.requirement.id
            for each in self._judgement(self._census()).assessments("")
            if each.verdict == "failed"
        ]
        return Step(
            self.size,
            tuple(failed),
            figures.accepted_per_second,
            reply.quantile(0.99) if reply.count else 0.0,
        )

    def _figures(self) -> CrowdFigures:
        census = self._census()
        judgement = self._judgement(census)
        breaches = tuple(self._breaches(judgement))
        lost = [part for part in self.parts if part.lost]
        ramp = ramp_of(self.crowd, self.size, self.target)
        return CrowdFigures(
            connections=self.size,
            lasted=max((part.progress.get("at", 0.0) for part in self.parts), default=0.0),
            ramp=ramp,
            most_open=most_open(self.parts),
            accepted=census.counts["accepted"],
            accepted_per_second=_pace(self.parts, ramp),
            refused=census.counts["refused"],
            kept={name: seen.count_of_members for name, seen in census.by_requirement.items()},
            breaches=breaches,
            measures=census.measures,
            harness=harness_of(self.parts, census),
            undecidable=sum(
                sighting.undecidable
                for seen in census.by_requirement.values()
                for sighting in seen.sightings.values()
            ),
            unjudged=census.counts["unjudged"],
            lost=tuple(part.sentence for part in lost),
            lost_connections=sum(part.hand.job.places for part in lost),
            steps=tuple(self.steps),
        )

    def _breaches(self, judgement: CrowdJudgement) -> Iterator[Breach]:
        for name, sightings in judgement.broken.items():
            first = min(sighting.first for sighting in sightings)
            places = max(sighting.count_of_members for sighting in sightings)
            yield Breach(name, places, first, open_at(self.parts, first))

    def _result(self) -> Result:
        figures, census = self._figures(), self._census()
        unexercised = (
            "The run was interrupted before it was seen."
            if self.is_interrupted
            else "Nothing that the crowd did gave occasion to see it."
        )
        return Result(
            target=self.target,
            options=self.options,
            role="server",
            started=self.started,
            duration=self._duration,
            harness_lateness=figures.harness.lateness_worst,
            interrupted=self.is_interrupted,
            assessments=self._judgement(census).assessments(unexercised),
            notes=tuple(notes_on(figures, census, self.target)),
            crowd=figures,
        )


def _pace(parts: Sequence[Part], ramp: float) -> float:
    """How many connections were accepted in a second, on average while they were asked for."""
    opened = open_at(parts, ramp)
    seconds = next((at for at in range(1, 10_000) if open_at(parts, at) >= 0.98 * opened), 1)
    return opened / max(1.0, min(float(seconds), max(ramp, 1.0)))

"""A run on a server: schedules scenarios side by side and collects their traces.

Clocked scenarios wait in a process of their own. Meanwhile the prompt ones run here, side by side,
and then messages are explored. What was undecidable is measured once more, alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ssl import SSLContext

from .clock import RealClock, canary
from .docket import Docket
from .explorer import Exploration, Session
from .fleet import ROUNDS, SIZE, Fleet
from .instances import Instances
from .observatory import Observatory
from .plan import Plan, Progress, Watch
from .probe import Answers, probe
from .scenarios import Scenario
from .scenarios.schedules import NEAR, drawn
from .selection import Selection
from .target import Options, Target
from .trace import Trace
from .verdict import Result
from .wire.dial import Dial
from .wire.peer import HandshakeRefused
from .wire.recorder import Heading, Recorder

SECOND = 2
"""The number of the measurement that is made of what the first one could not decide."""

START_UP = 1.0
"""What starting up and finishing takes beside the longest wait, in seconds."""

EXPLORATION_LASTS = 24.0
"""How long (seconds) messages are explored at the most, if the waits are not longer still."""

EXAMPLE_LASTS = 0.004
"""What drawing, sending and judging an example takes, roughly, in seconds."""

INTERVAL = 0.1
"""How often (seconds) progress is told while there is nothing to do but wait."""


@dataclass(slots=True)
class ServerRun:
    """One run on a server, from the first handshake to the result."""

    target: Target
    options: Options
    watch: Watch
    selection: Selection
    scenarios: Sequence[Scenario]
    docket: Docket
    runner: asyncio.Runner
    clock: RealClock
    tls: SSLContext | None
    instances: Instances | None = None
    """Where wsbeat starts the server itself."""
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    begun: float = 0.0
    ended: float = 0.0
    done: int = 0
    attempt: int = 1
    interrupted: bool = False
    explored: bool = False
    answers: Answers = field(default_factory=lambda: Answers(pong=True, echo=True))
    observatory: Observatory | None = None
    fleet: Fleet = field(init=False)
    cut_short: list[str] = field(default_factory=list)
    skipped: dict[str, set[str]] = field(default_factory=dict)
    """Why scenarios were left out: the requirements, violated, that they presuppose."""

    def __post_init__(self) -> None:
        self.fleet = Fleet([], NEAR * self.target.timing.heartbeat_timeout)

    def go(self) -> None:
        """Do everything; returns early, with what there is, on Ctrl-C."""
        self.begun = self.clock.now()
        try:
            self.answers = self.runner.run(probe(self._dial(self._recorder("probe"))))
            self.watch(self._plan())
            self._measure()
            self._measure_again()
            self._simplify()
        except KeyboardInterrupt:
            self.interrupted = True
            if self.observatory is not None:
                self._hear_all(self.observatory.stop())
        self.ended = self.clock.now()

    def result(self) -> Result:
        """What the run found out."""
        result = Result(
            target=self.target,
            options=self.options,
            role="server",
            started=self.started,
            duration=self.ended - self.begun,
            harness_lateness=self.docket.lateness,
            interrupted=self.interrupted,
            assessments=self.docket.assessments(self.selection, self._why_unexercised),
            notes=tuple(
                f"{name} was explored with fewer than {self.options.examples} examples: "
                "the server took too long."
                for name in self.cut_short
            ),
        )
        if self.instances is None:
            return result
        return replace(result, notes=(*result.notes, *self.instances.notes(result.outcome)))

    def _measure(self) -> None:
        clocked = self._of_kind("clocked")
        if not clocked:
            self._talk()
            return
        if any(scenario.follow for scenario in clocked):
            timing = self.target.timing
            self.fleet.schedules = drawn(timing, SIZE, self.options.seed)
        with self._observe(clocked) as observatory:
            self._talk()
            self._wait_for(observatory)
        self.observatory = None

    def _measure_again(self) -> None:
        """What could not be decided beside everything else is measured once more, alone."""
        self.attempt = SECOND
        measured: set[str] = set()
        while name := self.docket.next_doubted(self.selection, measured):
            measured.add(name)
            scenario = next(each for each in self.scenarios if each.name == name)
            if self.instances is not None and not self.instances.prepare(scenario):
                continue  # What was undecided remains so.
            self.docket.forget_doubts(name)
            self._tell(f"{name}, measured again alone")
            if scenario.kind == "clocked":
                with self._observe([scenario]) as observatory:
                    self._wait_for(observatory)
                self.observatory = None
            elif scenario.kind == "prompt":
                self._hear_all(self.runner.run(self._side_by_side([scenario])))
            else:
                self._explore([scenario])
        if not self.explored and not self._is_slow:
            self._explore(self._of_kind("explored"))

    def _simplify(self) -> None:
        """Look for simpler schedules that show what the fleet alone has shown."""
        fleets = [scenario for scenario in self.scenarios if scenario.follow]
        for _ in range(ROUNDS):
            alone = {
                name
                for name in self.fleet.simplest
                if {each.scenario for each in self.docket.tallies[name].findings}
                <= {scenario.name for scenario in fleets}
            }
            self.fleet.schedules = self.fleet.candidates(sorted(alone))
            if not self.fleet.schedules:
                return
            self._tell("looking for the simplest schedule")
            with self._observe(fleets) as observatory:
                self._wait_for(observatory)
            self.observatory = None

    def _observe(self, clocked: Sequence[Scenario]) -> Observatory:
        instances = {} if self.instances is None else self.instances.take(clocked)
        self.observatory = Observatory(
            self.target, clocked, self.attempt, self.options.seed, self.fleet.schedules, instances
        )
        return self.observatory

    def _wait_for(self, observatory: Observatory) -> None:
        while not observatory.is_over:
            self._hear_all(observatory.traces(wait=INTERVAL))
            self._tell("waiting for the server's clock")

    def _talk(self) -> None:
        """Say the first things, and explore further messages if they are answered in time."""
        self._tell("first messages")
        self._hear_all(self.runner.run(self._side_by_side(self._of_kind("prompt"))))
        if not self._is_slow:
            self._explore(self._of_kind("explored"))

    def _explore(self, explored: Sequence[Scenario]) -> None:
        self.explored = True
        if not self.answers.any:
            return
        session = Session(
            self.runner.get_loop(),
            self._dial,
            self._recorder("").heading,
            self.clock,
            self.clock.now(),
            self.answers.echo,
        )
        lasts = max(EXPLORATION_LASTS, self.target.timing.longest_wait)
        exploration = Exploration(
            session,
            self.docket.hear,
            self.options.examples,
            self.options.seed,
            lasts=lasts / max(1, len(explored)),
            moved=lambda: self._tell("exploring messages"),
            settled=self.docket.violated,
        )
        for scenario in explored:
            if broken := self.docket.violated.intersection(scenario.presupposes):
                self.skipped[scenario.name] = broken
            else:
                exploration.explore(scenario)
            self.done += 1
        self.cut_short += exploration.cut_short
        session.reset()

    async def _side_by_side(self, prompt: Sequence[Scenario]) -> list[Trace]:
        recorders = [self._recorder(scenario.name) for scenario in prompt]

        def sing(due: float, now: float) -> None:
            for recorder in recorders:
                recorder.harness_was_late(due, now)

        async with asyncio.TaskGroup() as group:
            bird = group.create_task(canary(self.clock, sing))
            acts = [
                group.create_task(self._act(scenario, recorder))
                for scenario, recorder in zip(prompt, recorders, strict=True)
            ]
            if acts:
                await asyncio.wait(acts)
            bird.cancel()
        return [recorder.trace() for recorder in recorders]

    async def _act(self, scenario: Scenario, recorder: Recorder) -> None:
        assert scenario.act is not None
        try:
            await scenario.act(self._dial(recorder), self.target.timing)
        except* HandshakeRefused:
            pass  # The trace tells it.

    def _hear_all(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            self.fleet.hear(trace, self.docket.hear(trace))
            self.done += 1

    def _tell(self, doing: str) -> None:
        if self.observatory is not None and not self.observatory.is_over:
            self._hear_all(self.observatory.traces(wait=0.0))
        elapsed = self.clock.now() - self.begun
        expected = self._plan().seconds
        total = len(self.scenarios) + len(self.fleet.schedules)
        self.watch(Progress(elapsed, expected, min(self.done, total), total, doing))

    def _plan(self) -> Plan:
        explored = len(self._of_kind("explored")) * self.options.examples * EXAMPLE_LASTS
        waits = self.target.timing.longest_wait if self._of_kind("clocked") else 0.0
        clocked = sum(scenario.connections for scenario in self._of_kind("clocked"))
        return Plan(
            requirements=len(self.selection.examined),
            scenarios=len(self.scenarios),
            connections=clocked + max(len(self._of_kind("prompt")), 1),
            seconds=START_UP + max(explored, waits),
        )

    def _of_kind(self, kind: str) -> list[Scenario]:
        return [scenario for scenario in self.scenarios if scenario.kind == kind]

    def _why_unexercised(self, requirement: str) -> str | None:
        """Why nothing was seen of a requirement: what is broken, the root of it first."""
        if self.interrupted:
            return "The run was interrupted before it was seen."
        if not self.answers.any:
            return "The server answers neither a ping nor a business message."
        if not self.explored:
            return "The server's replies come too late for its messages to be explored."
        broken = {
            name
            for scenario in self.scenarios
            if requirement in scenario.exercises
            for name in self.skipped.get(scenario.name, ())
        }
        if broken:
            first = [each.id for each in self.selection.examined if each.id in broken]
            return f"It can be examined once {' and '.join(first)} no longer fails."
        return None

    @property
    def _is_slow(self) -> bool:
        tally = self.docket.tallies["S-REPLY-SOON"]
        return bool(tally.violated or tally.doubts)

    def _recorder(self, scenario: str) -> Recorder:
        target = self.target
        heading = Heading(
            scenario,
            "server",
            target.shown,
            target.timing,
            target.capabilities,
            self.attempt,
            self.options.seed,
        )
        return Recorder(heading, self.clock.now())

    def _dial(self, recorder: Recorder) -> Dial:
        return Dial(self.target, recorder, self.clock, self.clock.now(), self.tls)

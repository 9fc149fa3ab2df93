"""A run on a server: schedules scenarios side by side and collects their traces.

Clocked scenarios wait in a process of their own. Meanwhile the prompt ones run here, side by side,
and then messages are explored. What was undecidable is measured once more, alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from ssl import SSLContext

from conformance.run.plan import INTERVAL, SECOND, Plan, Progress, Watch
from conformance.run.server.clocked import CLOSES
from conformance.run.server.example_source import Drawing, Draws, drawn_ahead, drawn_here
from conformance.run.server.exploration import Exploration
from conformance.run.server.instances import Instances
from conformance.run.server.probe import Answers, probe
from conformance.run.server.schedule_search import ROUNDS, Fleet
from conformance.run.server.session import Session
from conformance.run.server.worker import Job
from conformance.run.worker import Observatory, Observing
from conformance.scenarios.scenario import Scenario
from conformance.scenarios.schedule import SIZE
from conformance.scenarios.schedule_strategies import NEAR, drawn
from conformance.targets.load_limits import Manners, manners_towards
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import End, Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection
from conformance.verdict.tallies import Docket
from conformance.wire.clock import LoopClock, canary
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from conformance.wire.server.limiter import Door, Pass

START_UP = 1.0
"""What starting up and finishing takes beside the longest wait, in seconds."""


EXPLORATION_LASTS = 24.0
"""How long (seconds) messages are explored at the most, if the waits are not longer still."""


EXAMPLE_LASTS = 0.004
"""What drawing, sending and judging an example takes, roughly, in seconds."""


class TimeIsUp(Exception):
    """The time limit was reached."""


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
    clock: LoopClock
    tls: SSLContext | None = None
    instances: Instances | None = None
    """Where wsbeat starts the server itself."""
    observe: Callable[[Job], Observing] = Observatory
    """Runs clocked scenarios; without being told otherwise, in a process of their own."""
    draw: Draws = drawn_ahead
    """Draws what is said in explored scenarios; likewise."""
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    begun: float = 0.0
    ended: float = 0.0
    done: int = 0
    attempt: int = 1
    interrupted: bool = False
    explored: bool = False
    answers: Answers = field(default_factory=lambda: Answers(pong=True, echo=True))
    observatory: Observing | None = None
    fleet: Fleet = field(init=False)
    cut_short: list[str] = field(default_factory=list)
    skipped: dict[str, set[str]] = field(default_factory=dict)
    """Why scenarios were left out: the requirements, violated, that they presuppose."""
    manners: Manners = field(default_factory=Manners)
    crowded: list[Scenario] = field(default_factory=list)
    """The scenarios that open more connections than the target is to be burdened with."""
    time_is_up: bool = False
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.fleet = Fleet([], NEAR * self.target.timing.heartbeat_timeout)
        self.manners = manners_towards(self.target)
        self.door = Door(self.manners, self.clock)
        self.crowded = [
            each for each in self.scenarios if self.manners.leaves_out(each.connections)
        ]
        self.scenarios = [each for each in self.scenarios if each not in self.crowded]

    def go(self) -> None:
        """Do everything; returns early, with what there is, on Ctrl-C or when the time is up."""
        self.begun = self.clock.now()
        try:
            self.answers = self.runner.run(probe(self._dial(self._recorder("probe"))))
            self.watch(self._plan())
            explored = self._of_kind("explored") if self.answers.any else []
            with self._drawing(explored) as drawing:
                self._measure(drawing)
            self._measure_again()
            self._simplify()
        except (KeyboardInterrupt, TimeIsUp) as reason:
            self.interrupted = True
            self.time_is_up = isinstance(reason, TimeIsUp)
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
            notes=tuple(self._notes()),
        )
        if self.instances is None:
            return result
        return replace(result, notes=(*result.notes, *self.instances.notes(result.outcome)))

    def _notes(self) -> Iterator[str]:
        limit = self.manners.connections
        if self.time_is_up:
            yield f"The time limit of {self.options.time_limit:g} s was reached first."
        for scenario in self.crowded:
            yield (
                f"{scenario.name} was left out: it opens {scenario.connections} connections "
                f"at a time, and {limit} are allowed."
            )
        for name in () if self.time_is_up else self.cut_short:
            yield (
                f"{name} was explored with fewer than {self.options.examples} examples: "
                "the server took too long."
            )

    def _measure(self, drawing: Drawing) -> None:
        clocked = self._of_kind("clocked")
        if not clocked:
            self._talk(drawing)
            return
        if any(scenario.follow for scenario in clocked):
            timing = self.target.timing
            self.fleet.schedules = drawn(timing, SIZE, self.options.seed)
        shares = self._shares()
        if shares is None:
            self._talk(drawing)
        with self._observe(clocked, shares[0] if shares else self.manners) as observatory:
            if shares is not None:
                self.door = Door(shares[1], self.clock)
                self._talk(drawing)
            self._wait_for(observatory)
        self.observatory = None

    def _shares(self) -> tuple[Manners, Manners] | None:
        """What clocked and other scenarios may take at the same time; None if after each other."""
        clocked = sum(each.connections for each in self._of_kind("clocked"))
        others = max((each.connections for each in self._of_kind("prompt")), default=1)
        return self.manners.shared(clocked, others)

    def _measure_again(self) -> None:
        """What could not be decided beside everything else is measured once more, alone."""
        self.attempt = SECOND
        measured: set[str] = set()
        exercised = {scenario.name: scenario.exercises for scenario in self.scenarios}
        while name := self.docket.next_doubted(self.selection, measured, exercised):
            self._check_time()
            measured.add(name)
            scenario = next(each for each in self.scenarios if each.name == name)
            if self.instances is not None and not self.instances.prepare(scenario):
                continue  # What was undecided remains so.
            self.docket.forget_doubts(name)
            self._tell(f"{name}, measured again alone")
            if scenario.kind == "clocked":
                self._observe_alone(scenario)
            elif scenario.kind == "prompt":
                self._hear_all(self.runner.run(self._side_by_side([scenario])))
            else:
                self._explore_anew([scenario])
        self._look_whether_it_still_closes(measured)
        if not self.explored and not self._is_slow:
            self._explore_anew(self._of_kind("explored"))

    def _look_whether_it_still_closes(self, measured: set[str]) -> None:
        """Where it cannot be told what kept a connection open, see one with nothing beside it.

        A server that has ceased to close anything shows it there, and only there for certain. Where
        a MUST is violated anyhow, that may be the reason, and is the place to begin.
        """
        musts = {each.id for each in self.selection.examined if each.level == "MUST"}
        clocked = self._of_kind("clocked")
        plain = [each for each in clocked if CLOSES.intersection(each.exercises)]
        doubted = measured & self.docket.doubted & {scenario.name for scenario in clocked}
        if doubted and plain and not self.docket.violated & musts:
            self._check_time()
            self._tell("looking whether silent connections are still closed")
            self._observe_alone(min(plain, key=lambda scenario: scenario.connections))

    def _observe_alone(self, scenario: Scenario) -> None:
        with self._observe([scenario], self.manners) as observatory:
            self._wait_for(observatory)
        self.observatory = None

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
            self._check_time()
            self._tell("looking for the simplest schedule")
            with self._observe(fleets, self.manners) as observatory:
                self._wait_for(observatory)
            self.observatory = None

    def _observe(self, clocked: Sequence[Scenario], manners: Manners) -> Observing:
        instances = {} if self.instances is None else self.instances.take(clocked)
        seed, schedules = self.options.seed, self.fleet.schedules
        self.observatory = self.observe(
            Job.of(self.target, clocked, self.attempt, seed, schedules, instances, manners)
        )
        return self.observatory

    def _wait_for(self, observatory: Observing) -> None:
        while not observatory.is_over:
            self._hear_all(observatory.traces(wait=INTERVAL))
            self._tell("waiting for the server's clock")
            self._check_time()

    @property
    def _left(self) -> float:
        """How much time is left, in seconds."""
        limit = self.options.time_limit
        return inf if limit is None else self.begun + limit - self.clock.now()

    def _check_time(self) -> None:
        if self._left <= 0:
            raise TimeIsUp

    def _talk(self, drawing: Drawing) -> None:
        """Say the first things, and explore further messages if they are answered in time."""
        self._tell("first messages")
        self._hear_all(self.runner.run(self._side_by_side(self._of_kind("prompt"))))
        self._check_time()
        if not self._is_slow:
            self._explore(self._of_kind("explored"), drawing)

    def _drawing(self, explored: Sequence[Scenario]) -> AbstractContextManager[Drawing]:
        # Where nothing is to be drawn, no process need start beside those that watch the clock.
        draw = self.draw if explored else drawn_here
        return draw(explored, self.options.examples, self.options.seed)

    def _explore_anew(self, explored: Sequence[Scenario]) -> None:
        with self._drawing(explored) as drawing:
            self._explore(explored, drawing)

    def _explore(self, explored: Sequence[Scenario], drawing: Drawing) -> None:
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
        lasts = min(self._left, max(EXPLORATION_LASTS, self.target.timing.longest_wait))
        exploration = Exploration(
            session,
            self.docket.hear,
            drawing,
            lasts=lasts / max(1, len(explored)),
            moved=lambda: self._tell("exploring messages"),
            doubt=lambda scenario, why: self.docket.doubt(scenario.name, scenario.exercises, why),
            settled=self.docket.violated,
        )
        for scenario in explored:
            if broken := self.docket.violated.intersection(scenario.presupposes):
                self.skipped[scenario.name] = broken
            else:
                exploration.explore(scenario)
            self.done += 1
            self._check_time()
        self.cut_short += exploration.cut_short
        session.leave()

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
        end: End = "interrupted" if self._left <= 0 else "finished"
        return [recorder.trace(end) for recorder in recorders]

    async def _act(self, scenario: Scenario, recorder: Recorder) -> None:
        assert scenario.act is not None
        async with self.door.admit(scenario.connections) as admission:
            left = None if self._left == inf else self._left
            try:
                async with asyncio.timeout(left) as limit:
                    await scenario.act(self._dial(recorder, admission), self.target.timing)
            except* HandshakeRefused:
                pass  # The trace tells it.
            except* TimeoutError:
                if not limit.expired():
                    raise

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
        needed = [scenario.connections for scenario in self._of_kind("clocked")]
        waits = self.target.timing.longest_wait * self.manners.windows(needed)
        connections = sum(needed) + max(len(self._of_kind("prompt")), 1)
        side_by_side = self._shares() is not None
        return Plan(
            requirements=len(self.selection.examined),
            scenarios=len(self.scenarios),
            connections=min(connections, self.manners.connections or connections),
            seconds=START_UP + (max(explored, waits) if side_by_side else explored + waits),
            manners=str(self.manners),
        )

    def _of_kind(self, kind: str) -> list[Scenario]:
        return [scenario for scenario in self.scenarios if scenario.kind == kind]

    def _why_unexercised(self, requirement: str) -> str | None:
        """Why nothing was seen of a requirement: what is broken, the root of it first."""
        if self.time_is_up:
            return "The time limit was reached before it was seen."
        if any(requirement in scenario.exercises for scenario in self.crowded):
            return "What shows it opens more connections at a time than are allowed."
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
            verb = "fails" if len(first) == 1 else "fail"
            return f"It can be examined once {' and '.join(first)} no longer {verb}."
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
            target.max_message,
        )
        return Recorder(heading, self.clock.now())

    def _dial(self, recorder: Recorder, admission: Pass | None = None) -> Dial:
        admission = admission or Pass(self.door, 0)
        return Dial(self.target, recorder, self.clock, self.clock.now(), self.tls, (), admission)

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
from conformance.run.server.example_source import Drawing, Draws, drawn_ahead, drawn_here
from conformance.run.server.exploration import Exploration
from conformance.run.server.instances import Instances
from conformance.run.server.probe import Answers, probe
from conformance.run.server.schedule_search import ROUNDS, ScheduleSearch
from conformance.run.server.session import Session
from conformance.run.server.worker import ServerJob
from conformance.run.worker import Worker, WorkerProcess
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule import SIZE
from conformance.scenarios.schedule_strategies import NEAR, drawn
from conformance.targets.load_limits import LoadLimits, load_limits_towards
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import End, Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection
from conformance.verdict.tallies import Tallies
from conformance.wire.clock import LoopClock, canary
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from conformance.wire.server.limiter import Limiter, Permit

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
    scenarios: Sequence[ServerScenario]
    tallies: Tallies
    runner: asyncio.Runner
    clock: LoopClock
    tls: SSLContext | None = None
    instances: Instances | None = None
    """Where wsbeat starts the server itself."""
    observe: Callable[[ServerJob], Worker] = WorkerProcess
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
    worker: Worker | None = None
    search: ScheduleSearch = field(init=False)
    cut_short: list[str] = field(default_factory=list)
    skipped: dict[str, set[str]] = field(default_factory=dict)
    """Why scenarios were left out: the requirements, violated, that they presuppose."""
    load_limits: LoadLimits = field(default_factory=LoadLimits)
    crowded: list[ServerScenario] = field(default_factory=list)
    """The scenarios that open more connections than the target is to be burdened with."""
    time_is_up: bool = False
    limiter: Limiter = field(init=False)

    def __post_init__(self) -> None:
        self.search = ScheduleSearch([], NEAR * self.target.timing.heartbeat_timeout)
        self.load_limits = load_limits_towards(self.target)
        self.limiter = Limiter(self.load_limits, self.clock)
        self.crowded = [
            each for each in self.scenarios if self.load_limits.leaves_out(each.connections)
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
            if self.worker is not None:
                self._add_all(self.worker.stop())
        self.ended = self.clock.now()

    def result(self) -> Result:
        """What the run found out."""
        result = Result(
            target=self.target,
            options=self.options,
            role="server",
            started=self.started,
            duration=self.ended - self.begun,
            harness_lateness=self.tallies.lateness,
            interrupted=self.interrupted,
            assessments=self.tallies.assessments(self.selection, self._why_unexercised),
            notes=tuple(self._notes()),
        )
        if self.instances is None:
            return result
        return replace(result, notes=(*result.notes, *self.instances.notes(result.outcome)))

    def _notes(self) -> Iterator[str]:
        limit = self.load_limits.connections
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
            self.search.schedules = drawn(timing, SIZE, self.options.seed)
        shares = self._shares()
        if shares is None:
            self._talk(drawing)
        with self._observe(clocked, shares[0] if shares else self.load_limits) as worker:
            if shares is not None:
                self.limiter = Limiter(shares[1], self.clock)
                self._talk(drawing)
            self._wait_for(worker)
        self.worker = None

    def _shares(self) -> tuple[LoadLimits, LoadLimits] | None:
        """What clocked and other scenarios may take at the same time; None if after each other."""
        clocked = sum(each.connections for each in self._of_kind("clocked"))
        others = max((each.connections for each in self._of_kind("prompt")), default=1)
        return self.load_limits.shared(clocked, others)

    def _measure_again(self) -> None:
        """What could not be decided beside everything else is measured once more, alone."""
        self.attempt = SECOND
        measured: set[str] = set()
        exercised = {scenario.name: scenario.exercises for scenario in self.scenarios}
        while name := self.tallies.next_doubted(self.selection, measured, exercised):
            self._check_time()
            measured.add(name)
            scenario = next(each for each in self.scenarios if each.name == name)
            if self.instances is not None and not self.instances.prepare(scenario):
                continue  # What was undecided remains so.
            self.tallies.forget_doubts(name)
            self._tell(f"{name}, measured again alone")
            if scenario.kind == "clocked":
                self._observe_alone(scenario)
            elif scenario.kind == "prompt":
                self._add_all(self.runner.run(self._side_by_side([scenario])))
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
        plain = [each for each in clocked if each.is_plain_silence]
        doubted = measured & self.tallies.doubted & {scenario.name for scenario in clocked}
        if doubted and plain and not self.tallies.violated & musts:
            self._check_time()
            self._tell("looking whether silent connections are still closed")
            self._observe_alone(min(plain, key=lambda scenario: scenario.connections))

    def _observe_alone(self, scenario: ServerScenario) -> None:
        with self._observe([scenario], self.load_limits) as worker:
            self._wait_for(worker)
        self.worker = None

    def _simplify(self) -> None:
        """Look for simpler schedules that show what they alone have shown."""
        scheduled = [scenario for scenario in self.scenarios if scenario.follow]
        for _ in range(ROUNDS):
            alone = {
                name
                for name in self.search.simplest
                if {each.scenario for each in self.tallies.by_requirement[name].findings}
                <= {scenario.name for scenario in scheduled}
            }
            self.search.schedules = self.search.candidates(sorted(alone))
            if not self.search.schedules:
                return
            self._check_time()
            self._tell("looking for the simplest schedule")
            with self._observe(scheduled, self.load_limits) as worker:
                self._wait_for(worker)
            self.worker = None

    def _observe(self, clocked: Sequence[ServerScenario], load_limits: LoadLimits) -> Worker:
        instances = {} if self.instances is None else self.instances.take(clocked)
        seed, schedules = self.options.seed, self.search.schedules
        self.worker = self.observe(
            ServerJob.of(
                self.target, clocked, self.attempt, seed, schedules, instances, load_limits
            )
        )
        return self.worker

    def _wait_for(self, worker: Worker) -> None:
        while not worker.is_over:
            self._add_all(worker.traces(wait=INTERVAL))
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
        self._add_all(self.runner.run(self._side_by_side(self._of_kind("prompt"))))
        self._check_time()
        if not self._is_slow:
            self._explore(self._of_kind("explored"), drawing)

    def _drawing(self, explored: Sequence[ServerScenario]) -> AbstractContextManager[Drawing]:
        # Where nothing is to be drawn, no process need start beside those that watch the clock.
        draw = self.draw if explored else drawn_here
        return draw(explored, self.options.examples, self.options.seed)

    def _explore_anew(self, explored: Sequence[ServerScenario]) -> None:
        with self._drawing(explored) as drawing:
            self._explore(explored, drawing)

    def _explore(self, explored: Sequence[ServerScenario], drawing: Drawing) -> None:
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
            self.tallies.add,
            drawing,
            lasts=lasts / max(1, len(explored)),
            moved=lambda: self._tell("exploring messages"),
            doubt=lambda scenario, why: self.tallies.doubt(scenario.name, scenario.exercises, why),
            settled=self.tallies.violated,
        )
        for scenario in explored:
            if broken := self.tallies.violated.intersection(scenario.presupposes):
                self.skipped[scenario.name] = broken
            else:
                exploration.explore(scenario)
            self.done += 1
            self._check_time()
        self.cut_short += exploration.cut_short
        session.leave()

    async def _side_by_side(self, prompt: Sequence[ServerScenario]) -> list[Trace]:
        recorders = [self._recorder(scenario.name) for scenario in prompt]

        def report_lateness(due: float, now: float) -> None:
            for recorder in recorders:
                recorder.harness_was_late(due, now)

        async with asyncio.TaskGroup() as group:
            lateness_watch = group.create_task(canary(self.clock, report_lateness))
            acts = [
                group.create_task(self._act(scenario, recorder))
                for scenario, recorder in zip(prompt, recorders, strict=True)
            ]
            if acts:
                await asyncio.wait(acts)
            lateness_watch.cancel()
        end: End = "interrupted" if self._left <= 0 else "finished"
        return [recorder.trace(end) for recorder in recorders]

    async def _act(self, scenario: ServerScenario, recorder: Recorder) -> None:
        assert scenario.act is not None
        async with self.limiter.admit(scenario.connections) as permit:
            left = None if self._left == inf else self._left
            try:
                async with asyncio.timeout(left) as limit:
                    await scenario.act(self._dial(recorder, permit), self.target.timing)
            except* HandshakeRefused:
                pass  # The trace tells it.
            except* TimeoutError:
                if not limit.expired():
                    raise

    def _add_all(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            self.search.remember(trace, self.tallies.add(trace))
            self.done += 1

    def _tell(self, doing: str) -> None:
        if self.worker is not None and not self.worker.is_over:
            self._add_all(self.worker.traces(wait=0.0))
        elapsed = self.clock.now() - self.begun
        expected = self._plan().seconds
        total = len(self.scenarios) + len(self.search.schedules)
        self.watch(Progress(elapsed, expected, min(self.done, total), total, doing))

    def _plan(self) -> Plan:
        explored = len(self._of_kind("explored")) * self.options.examples * EXAMPLE_LASTS
        needed = [scenario.connections for scenario in self._of_kind("clocked")]
        waits = self.target.timing.longest_wait * self.load_limits.windows(needed)
        connections = sum(needed) + max(len(self._of_kind("prompt")), 1)
        side_by_side = self._shares() is not None
        return Plan(
            requirements=len(self.selection.examined),
            scenarios=len(self.scenarios),
            connections=min(connections, self.load_limits.connections or connections),
            seconds=START_UP + (max(explored, waits) if side_by_side else explored + waits),
            load_limits=str(self.load_limits),
        )

    def _of_kind(self, kind: str) -> list[ServerScenario]:
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
        telling = (rule.requirement for rule in self.tallies.rules if rule.tells_pace)
        tallies = [self.tallies.by_requirement[name] for name in telling]
        return any(tally.violated or tally.doubts for tally in tallies)

    def _recorder(self, scenario: str) -> Recorder:
        heading = Heading.of(self.target, scenario, self.attempt, self.options.seed)
        return Recorder(heading, self.clock.now())

    def _dial(self, recorder: Recorder, permit: Permit | None = None) -> Dial:
        permit = permit or Permit(self.limiter, 0)
        return Dial(self.target, recorder, self.clock, self.clock.now(), self.tls, (), permit)

"""A run on a server: schedules scenarios side by side and collects their traces.

Clocked scenarios wait in a process of their own. Meanwhile the prompt ones run here, side by side,
and then messages are explored. What was undecidable is measured once more, alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from ssl import SSLContext
from typing import Any, TypeVar

from conformance.run.plan import SECOND, Plan, Progress, Watch
from conformance.run.server.clocked import ClockedScenarios
from conformance.run.server.coverage import Coverage
from conformance.run.server.example_source import Drawing, Draws, drawn_ahead, drawn_here
from conformance.run.server.exploration import EXPLORATION_LASTS, Exploration
from conformance.run.server.instances import Instances
from conformance.run.server.probe import probe
from conformance.run.server.prompt import PromptScenarios
from conformance.run.server.schedule_search import ScheduleSearch
from conformance.run.server.session import Session
from conformance.run.server.worker import ServerJob
from conformance.run.ticking import ticking
from conformance.run.worker import Worker, WorkerProcess
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule import SCHEDULES_AT_ONCE
from conformance.scenarios.schedule_strategies import NEAR_THE_TIMEOUT, DrawSchedules, drawn
from conformance.targets.address import address
from conformance.targets.load_limits import LoadLimits, load_limits_towards
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection
from conformance.verdict.tallies import Tallies
from conformance.wire.clock import LoopClock
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.overheard import Overheard
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from conformance.wire.server.limiter import Limiter, Permit
from conformance.wire.server.starvation import ServerProcesses, processes_of

T = TypeVar("T")


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
    start_worker: Callable[[ServerJob], Worker] = WorkerProcess
    """Performs clocked scenarios; without being told otherwise, in a process of their own."""
    draw: Draws = drawn_ahead
    """Draws what is said in explored scenarios; likewise."""
    draw_schedules: DrawSchedules = drawn
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    begun: float = 0.0
    ended: float = 0.0
    done: int = 0
    doing: str = "connecting"
    attempt: int = 1
    overheard: Overheard = field(default_factory=Overheard)
    """What came unasked on any connection that is not that of a clocked scenario."""
    server: ServerProcesses | None = None
    """The processes of the server, if they are on this machine."""
    search: ScheduleSearch = field(init=False)
    coverage: Coverage = field(init=False)
    limiter: Limiter = field(init=False)
    clocked: ClockedScenarios = field(init=False)

    def __post_init__(self) -> None:
        load_limits = load_limits_towards(self.target)
        crowded = [each for each in self.scenarios if load_limits.leaves_out(each.fewest)]
        self.scenarios = [each for each in self.scenarios if each not in crowded]
        self.search = ScheduleSearch([], NEAR_THE_TIMEOUT * self.target.timing.heartbeat_timeout)
        self.coverage = Coverage(load_limits, crowded)
        self.limiter = Limiter(load_limits, self.clock)

    @property
    def load_limits(self) -> LoadLimits:
        """How much the target may be burdened with."""
        return self.coverage.load_limits

    def go(self) -> None:
        """Do everything; returns early, with what there is, on Ctrl-C or when the time is up."""
        self.begun = self.clock.now()
        self.clocked = ClockedScenarios(
            self.target,
            self.options.seed,
            self.start_worker,
            self.search,
            self.instances,
            self._add_all,
            self._tell_and_check,
        )
        try:
            probed = self._run(probe(self._dial(self._recorder("probe"))))
            self.coverage.answers, self.target = probed.answers, probed.target
            self.coverage.demanded = self.target.demanded
            self.clocked.target = self.target
            if not self.clock.is_virtual:
                self.server = processes_of(address(self.target.address))
            if probed.trace is not None:
                self.tallies.add(probed.trace)
            self.watch(self._plan())
            explored = self._of_kind("explored") if self.coverage.answers.any else []
            with self._drawing(explored) as drawing:
                self._measure(drawing)
            self._measure_again()
            scheduled = [scenario for scenario in self.scenarios if scenario.follow]
            self.clocked.simplify(scheduled, self.tallies, self.load_limits)
        except (KeyboardInterrupt, TimeIsUp) as reason:
            self.coverage.is_interrupted = True
            self.coverage.is_out_of_time = isinstance(reason, TimeIsUp)
            if self.instances is not None:
                self.instances.is_hurried = not self.coverage.is_out_of_time
            self.clocked.stop()
        self.ended = self.clock.now()
        self.watch(Progress(self.ended - self.begun, 0.0, self.done, self.done, "", is_over=True))

    def result(self) -> Result:
        """What the run found out."""
        result = Result(
            target=self.target,
            options=self.options,
            role="server",
            started=self.started,
            duration=self.ended - self.begun,
            harness_lateness=self.tallies.lateness,
            interrupted=self.coverage.is_interrupted,
            is_out_of_time=self.coverage.is_out_of_time,
            unsaved=self.tallies.unsaved,
            assessments=self.tallies.assessments(self.selection, self._why_unexercised),
            notes=(
                *self.tallies.notes(),
                *self.coverage.notes(self.options, self.tallies.refusals),
            ),
        )
        if self.instances is None:
            return result
        return replace(result, notes=(*result.notes, *self.instances.notes(result.outcome)))

    def _why_unexercised(self, requirement: str) -> str | None:
        return self.coverage.why_unexercised(requirement, self.scenarios, self.selection)

    def _measure(self, drawing: Drawing) -> None:
        clocked = self._of_kind("clocked")
        if not clocked:
            self._talk(drawing)
            return
        if any(scenario.follow for scenario in clocked):
            timing = self.target.timing
            self.search.schedules = self.draw_schedules(
                timing, SCHEDULES_AT_ONCE, self.options.seed
            )
        shares = self._shares()
        if shares is None:
            self._talk(drawing)
        with self.clocked.performed(clocked, shares[0] if shares else self.load_limits):
            if shares is not None:
                self.limiter = Limiter(shares[1], self.clock)
                self._talk(drawing)

    def _shares(self) -> tuple[LoadLimits, LoadLimits] | None:
        """What clocked and other scenarios may take at the same time; None if after each other."""
        clocked = sum(each.connections for each in self._of_kind("clocked"))
        others = max((each.connections for each in self._of_kind("prompt")), default=1)
        return self.load_limits.shared(clocked, others)

    def _measure_again(self) -> None:
        """What could not be decided beside everything else is measured once more, alone."""
        self.attempt = self.clocked.attempt = SECOND
        measured: set[str] = set()
        exercised = {scenario.name: scenario.exercises for scenario in self.scenarios}
        while name := self.tallies.next_doubted(self.selection, measured, exercised):
            self._check_time()
            if self.tallies.ended and not self._run(self._is_there()):
                return  # What was undecided remains so.
            measured.add(name)
            scenario = next(each for each in self.scenarios if each.name == name)
            if self.instances is not None and not self.instances.prepare(scenario, self._tick):
                continue  # What was undecided remains so.
            self.tallies.forget_doubts(name)
            self._tell(f"{name}, measured again alone")
            if scenario.kind == "clocked":
                self._observe_alone(scenario)
            elif scenario.kind == "prompt":
                self._perform_prompt([scenario])
            else:
                self._explore_anew([scenario])
        self._look_whether_it_still_closes(measured)
        if not self.coverage.has_explored and not self._is_slow:
            self._explore_anew(self._of_kind("explored"))

    async def _is_there(self) -> bool:
        """Whether the server, of which all connections ended at once, can still be reached."""
        try:
            async with self._dial(self._recorder("probe"))():
                return True
        except HandshakeRefused as refused:
            return refused.refusal.status is not None

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
        with self.clocked.performed([scenario], self.load_limits):
            pass

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
        self._perform_prompt(self._of_kind("prompt"))
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
        self.coverage.has_explored = True
        if not self.coverage.answers.any:
            return
        session = Session(
            self.runner.get_loop(),
            self._dial,
            self._recorder("").heading,
            self.clock,
            self.clock.now(),
            self.coverage.answers.echo,
            tick=self._tick,
            overheard=self.overheard,
            server=self.server,
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
                self.coverage.skipped[scenario.name] = broken
            else:
                exploration.explore(scenario)
            self.done += 1
            self._check_time()
        self.coverage.cut_short += exploration.cut_short
        session.leave()

    def _perform_prompt(self, scenarios: Sequence[ServerScenario]) -> None:
        prompt = PromptScenarios(self.clock, self.limiter, self._recorder, self._dial, self.server)
        self._add_all(self._run(prompt.perform(scenarios, lambda: self._left)))

    def _add_all(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            self.search.remember(trace, self.tallies.add(trace))
            self.done += 1

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(ticking(work, self._tick))

    def _tick(self) -> None:
        """Say that time goes by, where nothing else is to be said; an interruption is raised."""
        self._watch_progress(self.doing)

    def _tell(self, doing: str) -> None:
        self.clocked.take_what_came()
        self.doing = doing
        self._watch_progress(doing)

    def _watch_progress(self, doing: str) -> None:
        elapsed = self.clock.now() - self.begun
        expected = self._plan().seconds
        total = len(self.scenarios) + len(self.search.schedules)
        self.watch(Progress(elapsed, expected, min(self.done, total), total, doing))

    def _tell_and_check(self, doing: str) -> None:
        self._tell(doing)
        self._check_time()

    def _plan(self) -> Plan:
        return self.coverage.plan(
            self.selection,
            self.scenarios,
            self.options,
            self.target.timing,
            side_by_side=self._shares() is not None,
        )

    def _of_kind(self, kind: str) -> list[ServerScenario]:
        return [scenario for scenario in self.scenarios if scenario.kind == kind]

    @property
    def _is_slow(self) -> bool:
        telling = (rule.requirement for rule in self.tallies.rules if rule.tells_pace)
        tallies = [self.tallies.by_requirement[name] for name in telling]
        return any(tally.violated or tally.doubts for tally in tallies)

    def _recorder(self, scenario: str) -> Recorder:
        heading = Heading.of(self.target, scenario, self.attempt, self.options.seed)
        return Recorder(heading, self.clock.now(), overheard=self.overheard)

    def _dial(self, recorder: Recorder, permit: Permit | None = None) -> Dial:
        permit = permit or Permit(self.limiter, 0)
        return Dial(self.target, recorder, self.clock, self.clock.now(), self.tls, (), permit)

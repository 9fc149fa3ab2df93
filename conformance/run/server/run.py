"""A run on a server: schedules scenarios side by side and collects their traces.

Clocked scenarios wait in a process of their own. Meanwhile the prompt ones run here, side by side,
and then messages are explored. What was undecidable is measured once more, alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ssl import SSLContext
from typing import Any, TypeVar

from conformance.run.plan import SECOND, Plan, Progress, Watch
from conformance.run.server.clocked import ClockedScenarios, Supply, with_news_of
from conformance.run.server.coverage import Coverage
from conformance.run.server.exploring.example_source import Drawing, Draws, drawn_ahead
from conformance.run.server.exploring.exploration import SIMPLIFYING, WASTED, Budget
from conformance.run.server.exploring.explored import drawing, explore
from conformance.run.server.probe import probe
from conformance.run.server.prompt import PromptScenarios
from conformance.run.server.schedule_search import ScheduleSearch, schedules_drawn
from conformance.run.server.second_measurement import measure_again
from conformance.run.server.time_left import Settled, TimeIsUp, TimeLeft
from conformance.run.server.worker import ServerJob
from conformance.run.ticking import ticking
from conformance.run.worker import Worker, WorkerProcess
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule import NEAR_THE_TIMEOUT, SCHEDULES_AT_ONCE, DrawSchedules
from conformance.targets.address import address
from conformance.targets.load_limits import LoadLimits, load_limits_towards
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection
from conformance.verdict.tallies import Tallies
from conformance.wire.clock import LoopClock
from conformance.wire.overheard import Overheard
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from conformance.wire.server.limiter import Limiter, Permit
from conformance.wire.server.starvation import ServerProcesses, processes_of

T = TypeVar("T")


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
    instances: Supply | None = None
    """Where wsbeat starts the server itself."""
    start_worker: Callable[[ServerJob], Worker] = WorkerProcess
    """Performs clocked scenarios; without being told otherwise, in a process of their own."""
    draw: Draws = drawn_ahead
    """Draws what is said in explored scenarios; likewise."""
    draw_schedules: DrawSchedules = schedules_drawn
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    over: set[str] = field(default_factory=set)
    """The scenarios of which a trace has come."""
    doing: str = "connecting"
    attempt: int = 1
    overheard: Overheard = field(default_factory=Overheard)
    """What came unasked on any connection that is not that of a clocked scenario."""
    server: ServerProcesses | None = None
    """The processes of the server, if they are on this machine."""
    time: TimeLeft = field(init=False)
    budget: Budget = field(init=False)
    search: ScheduleSearch = field(init=False)
    coverage: Coverage = field(init=False)
    limiter: Limiter = field(init=False)
    clocked: ClockedScenarios = field(init=False)
    seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        load_limits = load_limits_towards(self.target)
        crowded = [each for each in self.scenarios if load_limits.leaves_out(each.fewest)]
        self.scenarios = [each for each in self.scenarios if each not in crowded]
        longest = self.target.timing.longest_wait
        self.time = TimeLeft(self.clock, self.options.time_limit, longest, self._is_settled)
        self.budget = Budget(SIMPLIFYING * longest, WASTED * longest)
        self.search = ScheduleSearch([], NEAR_THE_TIMEOUT * self.target.timing.heartbeat_timeout)
        self.coverage = Coverage(load_limits, crowded)
        self.limiter = Limiter(load_limits, self.clock)

    @property
    def load_limits(self) -> LoadLimits:
        """How much the target may be burdened with."""
        return self.coverage.load_limits

    def go(self) -> None:
        """Do everything; returns early, with what there is, on Ctrl-C or when the time is up."""
        self.time.begin()
        self.clocked = ClockedScenarios(
            self.target,
            self.options.seed,
            self.start_worker,
            self.search,
            self.instances,
            self._add_all,
            self._tell_and_check,
            lambda: self.tallies.have_failed(self.wanted),
        )
        try:
            probed = self.in_loop(probe(self.dial(self.recorder("probe"))))
            self.coverage.answers, self.target = probed.answers, probed.target
            self.coverage.demanded = self.target.demanded
            self.clocked.target = self.target
            if not self.clock.is_virtual:
                self.server = processes_of(address(self.target.address))
            if probed.trace is not None:
                self.tallies.add(probed.trace)
            self.watch(self._plan())
            explored = self.of_kind("explored") if self.coverage.answers.any else []
            with drawing(self, explored) as drawn:
                self._measure(drawn)
            self.time.is_measured()
            self.attempt = self.clocked.attempt = SECOND
            measure_again(self)
            self.clocked.simplify(
                self.scenarios, self.tallies, self.wanted, self.load_limits, self.time.allows_a_wait
            )
            self.clocked.perform_last(self.scenarios, self.tallies, self.load_limits)
        except Settled:
            self.coverage.is_settled = True
            self.clocked.stop()
        except (KeyboardInterrupt, TimeIsUp) as reason:
            self.coverage.is_interrupted = True
            self.coverage.is_out_of_time = isinstance(reason, TimeIsUp)
            if self.instances is not None:
                self.instances.is_hurried = not self.coverage.is_out_of_time
            self.clocked.stop()
        self.time.end()
        done = len(self.over)
        self.watch(Progress(self.time.duration, 0.0, done, done, "", is_over=True))

    def result(self) -> Result:
        """What the run found out."""
        result = Result(
            target=self.target,
            options=self.options,
            role="server",
            started=self.started,
            duration=self.time.duration,
            harness_lateness=self.tallies.lateness,
            interrupted=self.coverage.is_interrupted,
            is_out_of_time=self.coverage.is_out_of_time,
            unsaved=self.tallies.saved.why_not,
            assessments=self.tallies.assessments(
                self.selection,
                lambda each: self.coverage.why_unexercised(each, self.scenarios, self.selection),
            ),
            notes=(
                *self.tallies.notes(),
                *self.coverage.notes(self.options, self.tallies.refusals),
            ),
        )
        return result if self.instances is None else with_news_of(self.instances, result)

    @property
    def wanted(self) -> frozenset[str]:
        """The IDs of the requirements that the run is about."""
        return frozenset(each.id for each in self.selection.examined)

    def is_broken(self) -> bool:
        """Whether a MUST is violated: then the verdict on the whole is known."""
        return self.selection.has_a_must_among(self.tallies.news, self.options)

    def _is_settled(self) -> bool:
        return self.options.fail_fast and self.is_broken()

    def _measure(self, drawn: Drawing) -> None:
        clocked = [each for each in self.of_kind("clocked") if not self.clocked.comes_last(each)]
        if not clocked:
            self._talk(drawn)
            return
        if any(scenario.follow for scenario in clocked):
            timing = self.target.timing
            self.search.schedules = self.draw_schedules(
                timing, SCHEDULES_AT_ONCE, self.options.seed
            )
        shares = self._shares()
        if shares is None:
            self._talk(drawn)
        with self.clocked.performed(clocked, shares[0] if shares else self.load_limits):
            if shares is not None:
                self.limiter = Limiter(shares[1], self.clock)
                self._talk(drawn)

    def _shares(self) -> tuple[LoadLimits, LoadLimits] | None:
        """What clocked and other scenarios may take at the same time; None if after each other."""
        clocked = sum(each.connections for each in self.of_kind("clocked"))
        others = max((each.connections for each in self.of_kind("prompt")), default=1)
        return self.load_limits.shared(clocked, others)

    def measure_alone(self, scenarios: Sequence[ServerScenario]) -> None:
        """Perform scenarios of one kind with nothing beside them."""
        kind = scenarios[0].kind
        if kind == "clocked":
            with self.clocked.performed(scenarios, self.load_limits):
                pass
        elif kind == "prompt":
            self._perform_prompt(scenarios)
        else:
            self._explore_anew(scenarios)

    def explore_if_answered(self) -> None:
        """Explore messages that were not explored before, if a server answers in time by now."""
        if not self.coverage.has_explored and not self._is_slow:
            self._explore_anew(self.of_kind("explored"))

    def _talk(self, drawn: Drawing) -> None:
        """Say the first things, and explore further messages if they are answered in time."""
        self.tell("first messages")
        self._perform_prompt(self.of_kind("prompt"))
        self.time.check()
        if not self._is_slow:
            self.clocked.go_on()
            explore(self, self.of_kind("explored"), drawn)

    def _explore_anew(self, explored: Sequence[ServerScenario]) -> None:
        with drawing(self, explored) as drawn:
            explore(self, explored, drawn)

    def _perform_prompt(self, scenarios: Sequence[ServerScenario]) -> None:
        prompt = PromptScenarios(self.clock, self.limiter, self.recorder, self.dial, self.server)
        self._add_all(self.in_loop(prompt.perform(scenarios, lambda: self.time.left)))

    def _add_all(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            self.search.remember(trace, self.tallies.add(trace) | self.tallies.claimed)
            self.over.add(trace.scenario)

    def in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Await some work, and look after the run meanwhile."""
        return self.runner.run(ticking(work, self.tick))

    def tick(self) -> None:
        """Say that time goes by, where nothing else is to be said; an interruption is raised."""
        self._watch_progress(self.doing)

    def tell(self, doing: str) -> None:
        """Say what is done now, and take in what clocked scenarios have shown meanwhile."""
        self.clocked.take_what_came()
        self.doing = doing
        self._watch_progress(doing)

    def _watch_progress(self, doing: str) -> None:
        seconds = self.seconds or self._plan().seconds
        done, total = len(self.over), len(self.scenarios)
        self.watch(Progress(self.time.elapsed, seconds, min(done, total), total, doing))

    def _tell_and_check(self, doing: str) -> None:
        self.tell(doing)
        self.time.check()

    def _plan(self) -> Plan:
        plan = self.coverage.plan(
            self.selection,
            self.scenarios,
            self.options,
            self.target.timing,
            side_by_side=self._shares() is not None,
            afterwards=self.clocked.waits_at_the_end(self.scenarios),
        )
        self.seconds = plan.seconds  # Planned once, and told again and again.
        return plan

    def of_kind(self, kind: str) -> list[ServerScenario]:
        """The scenarios of one kind: "clocked", "prompt" or "explored"."""
        return [scenario for scenario in self.scenarios if scenario.kind == kind]

    @property
    def _is_slow(self) -> bool:
        telling = (rule.requirement for rule in self.tallies.rules if rule.tells_pace)
        tallies = [self.tallies.by_requirement[name] for name in telling]
        return any(tally.violated or tally.doubts for tally in tallies)

    def recorder(self, scenario: str) -> Recorder:
        """What records a scenario."""
        heading = Heading.of(self.target, scenario, self.attempt, self.options.seed)
        return Recorder(heading, self.clock.now(), overheard=self.overheard)

    def dial(self, recorder: Recorder, permit: Permit | None = None) -> Dial:
        """What opens connections to the target, within its load limits."""
        permit = permit or Permit(self.limiter, 0)
        return Dial(self.target, recorder, self.clock, self.clock.now(), self.tls, (), permit)

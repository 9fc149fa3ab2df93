"""Clocked scenarios: performed by a worker, whose traces are taken while the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from conformance.run.plan import INTERVAL, SECOND
from conformance.run.server.schedule_search import ROUNDS, ScheduleSearch
from conformance.run.server.worker import ServerJob
from conformance.run.worker import Worker
from conformance.scenarios.scenario import ServerScenario
from conformance.targets.load_limits import LoadLimits
from conformance.targets.server import Target
from conformance.targets.started.instance import Instance
from conformance.trace.trace import Trace
from conformance.verdict.doubts.contention import unexplained
from conformance.verdict.result import Outcome, Result
from conformance.verdict.tallies import Tallies
from conformance.wire.company import Parting


class Supply(Protocol):
    """What gives scenarios the instances that they have for themselves."""

    is_hurried: bool
    """Whether the run was interrupted, so that nobody waits for the server to end."""

    @property
    def is_shared(self) -> bool:
        """Whether there is one instance, for everybody: what needs it for itself comes last."""

    @property
    def has_ended(self) -> bool:
        """Whether the server for everybody ended by itself."""

    def prepare(self, scenario: ServerScenario, tick: Callable[[], None]) -> bool:
        """Start again what a scenario needs for itself; whether it came up.

        `tick` is called again and again meanwhile; what it raises ends the start.
        """

    def revive(self, tick: Callable[[], None]) -> bool:
        """Start the server for everybody again, if it ended by itself; whether it is there again.

        `tick` likewise.
        """

    def take(self, scenarios: Sequence[ServerScenario]) -> Mapping[str, tuple[Instance, ...]]:
        """The instances that scenarios have for themselves."""

    def notes(self, outcome: Outcome) -> Iterator[str]:
        """What the reader of the result has to know of the server for everybody."""


@dataclass(slots=True)
class ClockedScenarios:
    """Has clocked scenarios performed on a server.

    `take` gets the traces. `tell` says what goes on, and takes what has come in meanwhile; it
    raises whatever is to end the run. `is_enough` says whether there is nothing left to wait for.
    """

    target: Target
    seed: int
    start_worker: Callable[[ServerJob], Worker]
    search: ScheduleSearch
    instances: Supply | None
    take: Callable[[Iterable[Trace]], None]
    tell: Callable[[str], None]
    is_enough: Callable[[], bool]
    attempt: int = 1
    worker: Worker | None = field(default=None, init=False)

    @contextmanager
    def performed(
        self,
        scenarios: Sequence[ServerScenario],
        load_limits: LoadLimits,
        *,
        to_the_end: bool = False,
    ) -> Iterator[None]:
        """Perform scenarios side by side from now on; the block ends when all of them are over.

        It ends sooner when nothing is left to wait for, unless they are wanted `to_the_end`.
        """
        instances = {} if self.instances is None else self.instances.take(scenarios)
        job = ServerJob.of(
            self.target,
            scenarios,
            self.attempt,
            self.seed,
            self.search.schedules,
            instances,
            load_limits,
        )
        with self.start_worker(job) as self.worker:
            yield
            while not self.worker.is_over:
                if self.is_enough() and not to_the_end:
                    self.stop()
                    break
                self.take(self.worker.traces(wait=INTERVAL))
                self.tell("waiting for the server's clock")
        self.worker = None

    def take_what_came(self) -> None:
        """Take the traces that have come in, if any scenarios are being performed."""
        if self.worker is not None and not self.worker.is_over:
            self.take(self.worker.traces(wait=0.0))

    async def ended_near(self, earliest: float, latest: float) -> Sequence[Parting]:
        """Which of their connections ended together with one that ended between two times."""
        return () if self.worker is None else await self.worker.ended_near(earliest, latest)

    def go_on(self) -> None:
        """Let the time be used in which messages are drawn."""
        if self.worker is not None:
            self.worker.go_on()

    def stop(self) -> None:
        """Stop at once, and take what there is."""
        if self.worker is not None:
            self.take(self.worker.stop())

    def comes_last(self, scenario: ServerScenario) -> bool:
        """Whether a scenario would disturb all others, which have no other server."""
        return self.instances is not None and self.instances.is_shared and bool(scenario.needs)

    def waits_at_the_end(self, scenarios: Sequence[ServerScenario]) -> int:
        """How many of the longest waits what comes last takes: one for each wall clock."""
        last = [scenario for scenario in scenarios if self.comes_last(scenario)]
        return sum(scenario.needs.count("wall clock") for scenario in last)

    def perform_last(
        self, scenarios: Sequence[ServerScenario], tallies: Tallies, load_limits: LoadLimits
    ) -> None:
        """Perform what comes last, one after the other, and again what leaves a doubt if it can be.

        The server ends with the last of them.
        """
        last = [scenario for scenario in scenarios if self.comes_last(scenario)]
        for scenario in sorted(last, key=lambda each: "process" in each.needs):
            for self.attempt in range(1, SECOND + 1):
                self.tell(scenario.name)
                assert self.instances is not None
                if not self.instances.prepare(scenario, lambda: None):
                    break
                tallies.forget_doubts(scenario.name)
                with self.performed([scenario], load_limits, to_the_end=True):
                    pass
                if scenario.name not in tallies.doubted:
                    break

    def simplify(
        self,
        scenarios: Sequence[ServerScenario],
        tallies: Tallies,
        wanted: Set[str],
        load_limits: LoadLimits,
        has_time: Callable[[], bool],
    ) -> None:
        """Look for simpler schedules that show what scheduled scenarios alone have shown.

        `wanted` are the IDs of the requirements for which it is worth the time; `has_time` says
        whether there is any left.
        """
        scheduled = [scenario for scenario in scenarios if scenario.follow]
        names = {scenario.name for scenario in scheduled}
        for _ in range(ROUNDS):
            alone = {
                requirement
                for requirement in self.search.simplest.keys() & wanted
                if (shown := _shown_in(requirement, tallies)) and shown <= names
            }
            self.search.schedules = self.search.candidates(sorted(alone))
            if not self.search.schedules or not has_time():
                return
            self.tell("looking for the simplest schedule")
            with self.performed(scheduled, load_limits, to_the_end=True):
                pass


def _shown_in(requirement: str, tallies: Tallies) -> set[str]:
    """The scenarios that showed a violation, as far as nothing that was seen explains it."""
    found = {each.scenario for each in tallies.by_requirement[requirement].findings}
    return found | unexplained(tallies.contested, requirement, tallies.violated)


def with_news_of(supply: Supply, result: Result) -> Result:
    """A result with what is to be known of the server for everybody, and whether it ended."""
    known = replace(result, target_ended=supply.has_ended)
    return replace(known, notes=(*known.notes, *supply.notes(known.outcome)))

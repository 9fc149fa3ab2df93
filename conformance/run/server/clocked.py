"""Clocked scenarios: performed by a worker, whose traces are taken while the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.run.plan import INTERVAL
from conformance.run.server.instances import Instances
from conformance.run.server.schedule_search import ROUNDS, ScheduleSearch
from conformance.run.server.worker import ServerJob
from conformance.run.worker import Worker
from conformance.scenarios.scenario import ServerScenario
from conformance.targets.load_limits import LoadLimits
from conformance.targets.server import Target
from conformance.trace.trace import Trace
from conformance.verdict.tallies import Tallies


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
    instances: Instances | None
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

    def stop(self) -> None:
        """Stop at once, and take what there is."""
        if self.worker is not None:
            self.take(self.worker.stop())

    def simplify(
        self,
        scheduled: Sequence[ServerScenario],
        tallies: Tallies,
        wanted: Set[str],
        load_limits: LoadLimits,
        has_time: Callable[[], bool],
    ) -> None:
        """Look for simpler schedules that show what scheduled scenarios alone have shown.

        `wanted` are the IDs of the requirements for which it is worth the time; `has_time` says
        whether there is any left.
        """
        names = {scenario.name for scenario in scheduled}
        for _ in range(ROUNDS):
            alone = {
                requirement
                for requirement in self.search.simplest.keys() & wanted
                if {each.scenario for each in tallies.by_requirement[requirement].findings} <= names
            }
            self.search.schedules = self.search.candidates(sorted(alone))
            if not self.search.schedules or not has_time():
                return
            self.tell("looking for the simplest schedule")
            with self.performed(scheduled, load_limits, to_the_end=True):
                pass

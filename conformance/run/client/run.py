"""A run on a client: has every scenario performed on it, and collects the traces.

All of it happens in a process of its own, side by side. A batch of messages that a client did not
survive is divided until one of them is left, in another process, as soon as that is known. What was
undecidable is played once more, with few others beside it, and a few of those a last time.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conformance.evidence.client.evidence import ClientEvidence
from conformance.run.client.batches import CLIENTS, Batches, batches, said_at_once
from conformance.run.client.drivers import driver_named
from conformance.run.client.drivers.driver import Driver
from conformance.run.client.narrowing import Narrowing
from conformance.run.client.nobody import asked_plainly, why_nobody
from conformance.run.client.pool import PROBE, STARTING_AT_ONCE, took_to_start
from conformance.run.client.session import Dealt, Task
from conformance.run.client.worker import ClientJob
from conformance.run.plan import INTERVAL, SECOND, Plan, Progress, Watch
from conformance.run.worker import Worker, WorkerProcess
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.trace.event import RESOLUTION
from conformance.trace.note import ANSWERS_NO_MORE
from conformance.trace.trace import Trace
from conformance.verdict.doubts.hearing import Hearing
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection, left_to_choice
from conformance.verdict.tallies import Tallies

CLIENT_START_UP = 2.0
"""What starting up and finishing takes beside the longest scenario, in seconds."""


FEW = 3
"""How many scenarios may be played a third time: where nothing can be decided, all would be."""


class NoClient(Exception):
    """No client connected; the text says in a sentence why, as far as it is known."""


@dataclass(slots=True)
class ClientRun:
    """One run on a client, from its first start to the result."""

    target: ClientTarget
    options: Options
    watch: Watch
    selection: Selection
    scenarios: Sequence[ClientScenario]
    tallies: Tallies
    now: Callable[[], float]
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    begun: float = 0.0
    ended: float = 0.0
    done: int = 0
    total: int = 0
    attempt: int = 1
    interrupted: bool = False
    start_worker: Callable[[ClientJob], Worker] = WorkerProcess
    """Plays scenarios; without being told otherwise, in a process of their own."""
    deal: Batches = batches
    """Draws the messages of a scenario and deals them out."""
    workers: list[Worker] = field(default_factory=list)
    """Those that play scenarios now."""
    narrowing: Narrowing = field(default_factory=Narrowing)
    came: bool = False
    seen: set[str] = field(default_factory=set)
    start_up: float = 0.0
    """How long (seconds) the probe took to start: a virtual machine takes longer than any wait."""
    trusts: bool | None = None
    speaks_tls: bool = False
    """Whether it ever connected where it was given a wss: URL."""
    hearing: Hearing = field(default_factory=Hearing)
    plainly: Counter[str] = field(default_factory=Counter)
    """What else was asked for than a WebSocket connection, and how often."""
    too_much: set[str] = field(default_factory=set)
    """The scenarios in which the client sent more than wsbeat answers."""

    def go(self) -> None:
        """Do everything; returns early, with what there is, on Ctrl-C. Raises NoClient."""
        self.begun = self.now()
        try:
            self.watch(self._plan())
            self._perform(self._dealt(self.scenarios))
            self._perform_again()
        except KeyboardInterrupt:
            self.interrupted = True
            for worker in self.workers:
                self._add_all(worker.stop())
        self.ended = self.now()
        self.watch(Progress(self.ended - self.begun, 0.0, self.done, self.done, "", is_over=True))

    def result(self) -> Result:
        """What the run found out."""
        capabilities, seen = self.target.capabilities, self.tallies.seen
        selection = left_to_choice(self.selection, self.tallies.rules, capabilities, seen)
        return Result(
            target=self.target,
            options=self.options,
            role="client",
            started=self.started,
            duration=self.ended - self.begun,
            harness_lateness=self.tallies.lateness,
            interrupted=self.interrupted,
            unsaved=self.tallies.saved.why_not,
            assessments=self.tallies.assessments(selection, self._why_unexercised),
            notes=tuple(self._notes()),
        )

    @property
    def _driver(self) -> Driver:
        return driver_named(self.target.driver)

    @property
    def _at_once(self) -> int:
        return self._driver.at_once(self.target.timing)

    def _dealt(self, scenarios: Sequence[ClientScenario]) -> Dealt:
        return Dealt(lambda: [task for each in scenarios for task in self._tasks(each)])

    def _tasks(self, scenario: ClientScenario) -> list[Task]:
        if scenario.steps is None:
            return [Task(scenario)]
        among = min(CLIENTS, self._at_once)
        return [
            Task(scenario, batch)
            for batch in self.deal(scenario, self.options.examples, self.options.seed, among)
        ]

    def _perform(self, tasks: Sequence[Task], doing: str = "watching the client") -> None:
        with ExitStack() as stack:
            self._start(tasks, stack)
            try:
                while self.workers:
                    for worker in tuple(self.workers):
                        self._add_all(worker.traces(wait=INTERVAL / len(self.workers)))
                        if worker.is_over:
                            self.workers.remove(worker)
                    self._tell(doing)
                    self._narrow_down(stack)
            finally:
                # Who stops one after the other takes as long as all of them together.
                for worker in self.workers:
                    worker.tell_to_stop()

    def _start(self, tasks: Sequence[Task], stack: ExitStack) -> Worker:
        job = ClientJob(self.target, tasks, self.attempt, self.options.seed)
        worker = stack.enter_context(self.start_worker(job))
        self.workers.append(worker)
        self.total += len(tasks)
        return worker

    def _narrow_down(self, stack: ExitStack) -> None:
        """Look for the one message of a batch that a client does not survive.

        That begins while other scenarios are still played, where a client can be started once more.
        """
        is_alone = not self.workers
        if self.attempt == SECOND or self.narrowing.worker in self.workers:
            return
        if is_alone or self._driver.starts_anew:
            tasks = self.narrowing.next_tasks(self._at_once)
            self.narrowing.worker = self._start(tasks, stack) if tasks else None

    def _perform_again(self) -> None:
        """What could not be decided beside everything else is played once more, beside little.

        First that is one scenario for each requirement, which mostly decides it; then all that are
        left, side by side, for each round takes as long as its longest scenario. A few that even so
        could not be decided, on a machine on which wsbeat itself was late, have one more chance.
        """
        self.attempt = SECOND
        measured: set[str] = set()
        choose = self._doubted
        while doubted := choose(measured):
            choose = self._all_doubted
            self._play_again(doubted)
        rest = self._all_doubted(set()) if self.tallies.lateness > RESOLUTION else []
        if 0 < len(rest) <= FEW:
            self._play_again(rest)

    def _play_again(self, names: Sequence[str]) -> None:
        for name in names:
            self.tallies.forget_doubts(name)
        scenarios = [each for each in self.scenarios if each.name in names]
        self._perform(self._dealt(scenarios), f"playing {', '.join(names)} again")

    def _doubted(self, measured: set[str]) -> list[str]:
        """The scenarios that are to be played again, one for each requirement in doubt."""
        found = []
        exercised = {scenario.name: scenario.exercises for scenario in self.scenarios}
        while name := self.tallies.next_doubted(self.selection, measured, exercised):
            measured.add(name)
            found.append(name)
        return found

    def _all_doubted(self, measured: set[str]) -> list[str]:
        """Every scenario that left any requirement in doubt."""
        names = [each.id for each in self.selection.examined]
        found = {each for name in names for each in self.tallies.undecided(name, measured)}
        measured.update(found)
        return sorted(found)

    def _add_all(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            if trace.scenario == PROBE:
                self._add_probe(trace)
                continue
            evidence = ClientEvidence(trace)
            violated = self.tallies.add(trace, evidence)
            self.seen.add(trace.scenario)
            self.done += 1
            self._note_trust(trace)
            self.hearing.add(evidence, stayed_away="C-RECONNECT" in violated)
            self.plainly.update(asked_plainly(trace))
            if any(event.content == ANSWERS_NO_MORE for event in trace.events):
                self.too_much.add(trace.scenario)
            self._note_deadly(trace, violated)

    def _add_probe(self, trace: Trace) -> None:
        if any(event.kind == "opened" for event in trace.events):
            self.came = True
            self.start_up = took_to_start(trace.events)
        elif not self.came and trace.end == "finished":
            raise NoClient(why_nobody(self.target, trace, os.environ))

    def _note_trust(self, trace: Trace) -> None:
        shown = [e.content for e in trace.events if e.kind == "certificate"]
        if shown and any(event.kind == "opening" for event in trace.events):
            self.speaks_tls = True
        if shown == ["valid"]:
            self.trusts = any(event.kind == "opened" for event in trace.events)

    def _note_deadly(self, trace: Trace, violated: AbstractSet[str]) -> None:
        scenario = next(each for each in self.scenarios if each.name == trace.scenario)
        if scenario.steps is not None and violated & set(scenario.exercises):
            self.narrowing.deadly.append(Task(scenario, said_at_once(trace)))

    def _tell(self, doing: str) -> None:
        elapsed, expected = self.now() - self.begun, self._plan().seconds
        self.watch(Progress(elapsed, expected, self.done, self.total, doing))

    def _plan(self) -> Plan:
        lasting = [scenario.lasts(self.target.timing) for scenario in self.scenarios]
        at_once = min(self._at_once, len(self.scenarios))
        starting = len(self.scenarios) * self.start_up / STARTING_AT_ONCE
        return Plan(
            requirements=len(self.selection.examined),
            scenarios=len(self.scenarios),
            connections=at_once,
            seconds=CLIENT_START_UP + max(*lasting, sum(lasting) / at_once, starting, 0.0),
        )

    def _why_unexercised(self, requirement: str) -> str | None:
        if self.interrupted:
            return "The run was interrupted before it was seen."
        if requirement == "C-TLS-VERIFY" and self.trusts is False and not self.speaks_tls:
            return (
                "Given a wss: URL the client did not connect at all, so that it was shown no "
                "certificate: it may lack a library for TLS. Exclude C-TLS-VERIFY if it is never "
                "to speak TLS."
            )
        if not self._driver.starts_anew and len(self.seen) < len(self.scenarios):
            return "The client did not come back, so not everything could be tried."
        return None

    def _notes(self) -> Iterable[str]:
        for request, times in sorted(self.plainly.items()):
            yield (
                f"{request} came, {times} time{'' if times == 1 else 's'}: that is no attempt to "
                "connect, which begins with the request for an upgrade. It is answered, not judged."
            )
        if self.too_much:
            yield (
                f"In {min(self.too_much)} the client sent hundreds of messages within a second, "
                "and wsbeat ceased to answer them: if it answers echoes, or pongs, that goes on "
                "for ever with a server that keeps to the contract."
            )
        yield from self.hearing.notes()
        if self.trusts is False and self.speaks_tls:
            yield (
                "The client refused the valid certificate, too: it does not trust the authority "
                "that it was told of. Name the environment variable from which it takes the file "
                "of a CA with --client-env."
            )

"""A run on a client: has every scenario played to it, and collects the traces.

All of it happens in a process of its own, side by side. What was undecidable is played once more,
with few others beside it. A batch of messages that a client did not survive is divided until one of
them is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conformance.run.client.batches import CLIENTS, Batch, batches, divided, said_at_once
from conformance.run.client.pool import PROBE, side_by_side
from conformance.run.client.worker import Errand, StageJob
from conformance.run.plan import INTERVAL, SECOND, Plan, Progress, Watch
from conformance.run.worker import Observatory, Observing
from conformance.scenarios.scenario import Scenario
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.printable import printable
from conformance.trace.event import WHOLE_TRACE, Refusal
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection, left_to_choice
from conformance.verdict.tallies import Docket

START_UP = 2.0
"""What starting up and finishing takes beside the longest scenario, in seconds."""


DIVISIONS = 3
"""How often a batch of messages is divided: each time into as many parts as clients can live."""


TOLERATED = "C-TOLERATE"


class NoClient(Exception):
    """No client connected; the text says in a sentence why, as far as it is known."""


@dataclass(slots=True)
class ClientRun:
    """One run on a client, from its first start to the result."""

    target: ClientTarget
    options: Options
    watch: Watch
    selection: Selection
    scenarios: Sequence[Scenario]
    docket: Docket
    now: Callable[[], float]
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    begun: float = 0.0
    ended: float = 0.0
    done: int = 0
    total: int = 0
    attempt: int = 1
    interrupted: bool = False
    observe: Callable[[StageJob], Observing] = Observatory
    """Plays scenarios; without being told otherwise, in a process of their own."""
    observatory: Observing | None = None
    deadly: list[Batch] = field(default_factory=list)
    came: bool = False
    seen: set[str] = field(default_factory=set)
    trusts: bool | None = None

    def go(self) -> None:
        """Do everything; returns early, with what there is, on Ctrl-C. Raises NoClient."""
        self.begun = self.now()
        try:
            self.watch(self._plan())
            self._play([errand for each in self.scenarios for errand in self._errands(each)])
            self._narrow_down()
            self._play_again()
        except KeyboardInterrupt:
            self.interrupted = True
            if self.observatory is not None:
                self._hear_all(self.observatory.stop())
        self.ended = self.now()

    def result(self) -> Result:
        """What the run found out."""
        capabilities, seen = self.target.capabilities, self.docket.seen
        selection = left_to_choice(self.selection, capabilities, seen)
        return Result(
            target=self.target,
            options=self.options,
            role="client",
            started=self.started,
            duration=self.ended - self.begun,
            harness_lateness=self.docket.lateness,
            interrupted=self.interrupted,
            assessments=self.docket.assessments(selection, self._why_unexercised),
            notes=tuple(self._notes()),
        )

    def _errands(self, scenario: Scenario) -> list[Errand]:
        if scenario.steps is None:
            return [Errand(scenario.module, scenario.name)]
        among = min(CLIENTS, side_by_side(self.target))
        return [
            Errand(scenario.module, scenario.name, batch)
            for batch in batches(scenario, self.options.examples, self.options.seed, among)
        ]

    def _play(self, errands: Sequence[Errand], doing: str = "watching the client") -> None:
        self.total += len(errands)
        job = StageJob(self.target, tuple(errands), self.attempt, self.options.seed)
        with self.observe(job) as observatory:
            self.observatory = observatory
            while not observatory.is_over:
                self._hear_all(observatory.traces(wait=INTERVAL))
                self._tell(doing)
        self.observatory = None

    def _narrow_down(self) -> None:
        """Find the one message of a batch that a client does not survive."""
        for _ in range(DIVISIONS):
            batches = [batch for batch in self.deadly if len(batch.steps) > 1]
            self.deadly = []
            if not batches:
                return
            worst = min(batches, key=lambda batch: len(batch.steps))
            self._play(
                [
                    Errand(worst.module, worst.scenario, steps)
                    for steps in divided(worst.steps, side_by_side(self.target))
                ],
                "looking for the one message",
            )

    def _play_again(self) -> None:
        """What could not be decided beside everything else is played once more, beside little."""
        self.attempt = SECOND
        measured: set[str] = set()
        while doubted := self._doubted(measured):
            for name in doubted:
                self.docket.forget_doubts(name)
            scenarios = [each for each in self.scenarios if each.name in doubted]
            doing = f"playing {', '.join(doubted)} again"
            self._play([errand for each in scenarios for errand in self._errands(each)], doing)

    def _doubted(self, measured: set[str]) -> list[str]:
        """The scenarios that are to be played again, one for each requirement in doubt."""
        found = []
        exercised = {scenario.name: scenario.exercises for scenario in self.scenarios}
        while name := self.docket.next_doubted(self.selection, measured, exercised):
            measured.add(name)
            found.append(name)
        return found

    def _hear_all(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            if trace.scenario == PROBE:
                self._hear_probe(trace)
                continue
            violated = self.docket.hear(trace)
            self.seen.add(trace.scenario)
            self.done += 1
            self._note_trust(trace)
            if TOLERATED in violated:
                self._note_deadly(trace)

    def _hear_probe(self, trace: Trace) -> None:
        if any(event.kind == "opened" for event in trace.events):
            self.came = True
        elif not self.came and trace.end == "finished":
            raise NoClient(_nobody(self.target, trace))

    def _note_trust(self, trace: Trace) -> None:
        shown = [e.content for e in trace.events if e.kind == "certificate"]
        if shown == ["valid"]:
            self.trusts = any(event.kind == "opened" for event in trace.events)

    def _note_deadly(self, trace: Trace) -> None:
        scenario = next(each for each in self.scenarios if each.name == trace.scenario)
        if scenario.steps is not None:
            self.deadly.append(Batch(scenario.module, scenario.name, said_at_once(trace)))

    def _tell(self, doing: str) -> None:
        elapsed, expected = self.now() - self.begun, self._plan().seconds
        self.watch(Progress(elapsed, expected, self.done, self.total, doing))

    def _plan(self) -> Plan:
        lasting = [scenario.lasts(self.target.timing) for scenario in self.scenarios]
        at_once = min(side_by_side(self.target), len(self.scenarios))
        return Plan(
            requirements=len(self.selection.examined),
            scenarios=len(self.scenarios),
            connections=at_once,
            seconds=START_UP + max(*lasting, sum(lasting) / at_once, 0.0),
        )

    def _why_unexercised(self, _: str) -> str | None:
        if self.interrupted:
            return "The run was interrupted before it was seen."
        if self.target.way == "listen" and len(self.seen) < len(self.scenarios):
            return "The client did not come back, so not everything could be tried."
        return None

    def _notes(self) -> Iterable[str]:
        if self.trusts is False:
            yield (
                "The client refused the valid certificate, too: it does not trust the authority "
                "that it was told of. Name the environment variable from which it takes the file "
                "of a CA with --client-env."
            )


def _safe(printed: str) -> str:
    """The end of what a client printed, line by line, made harmless."""
    return "\n".join(f"  {printable(line, 300)}" for line in printed.splitlines()[-20:])


def _nobody(target: ClientTarget, probe: Trace) -> str:
    """Why nobody came, in a sentence, and what the client printed."""
    events = [event for event in probe.events if event.connection == WHOLE_TRACE]
    notes = [str(event.content) for event in events if event.kind == "note"]
    printed = f" It printed:\n{_safe(probe.printed)}" if probe.printed else " It printed nothing."
    refused = [e.content.detail for e in probe.events if isinstance(e.content, Refusal)]
    exits = [str(event.content) for event in events if event.kind == "exited"]
    if not any(event.kind == "started" for event in events):
        return notes[0] if notes else "The client could not be started."
    if refused:
        return f"The client connected, but no WebSocket came about: {refused[0]}.{printed}"
    if exits:
        return f"The client ended before it connected ({exits[0]}).{printed}"
    waited = max(event.latest for event in probe.events)
    if target.way == "listen":
        return f"Nobody connected within {waited:.0f} s."
    return f"The client did not connect within {waited:.0f} s.{printed}"

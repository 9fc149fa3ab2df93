"""Exploring a server with messages that Hypothesis draws, and shrinking what breaks it.

One connection is kept for as long as nothing goes wrong on it. Examples are sent many at once, in
traces that all rules judge; where one is found wanting, the same examples are sent again one by
one, and shrunk. After every message that is not bound to be echoed stands a *witness*,
a message whose echo shows that everything before it has been dealt with. A plain ping ends each
trace. A ping is sent twice, with a plain one before it too: what is due to a spelling is told
from what befalls any ping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.run.server.example_source import Drawing
from conformance.run.server.session import BATCH, Session
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.step import Step
from conformance.trace.trace import Trace

Judge = Callable[[Trace], Iterable[str]]
"""Counts what a trace shows and returns the IDs of the requirements that it newly violates."""

EXPLORATION_LASTS = 24.0
"""How long (seconds) messages are explored at the most, if the waits are not longer still."""


@dataclass(slots=True)
class Exploration:
    """Runs explored scenarios, each for at most `lasts` seconds.

    `moved` is called after every example. `cut_short` collects the scenarios that ran out of time;
    `doubt` is told of one that did not even come to the end of its boundary.
    """

    session: Session
    judge: Judge
    drawing: Drawing
    lasts: float
    moved: Callable[[], None]
    doubt: Callable[[ServerScenario, str], None]
    settled: set[str] = field(default_factory=set)
    cut_short: list[str] = field(default_factory=list)
    until: float = 0.0

    def explore(self, scenario: ServerScenario) -> None:
        """Send the boundary of a scenario, then what Hypothesis draws from its steps."""
        self.until = self.session.clock.now() + self.lasts
        if scenario.boundary is not None:
            boundary = scenario.boundary()
            for _ in self._send(scenario, boundary):
                self.moved()
            if scenario.name in self.cut_short:
                self.doubt(
                    scenario,
                    f"Time ran out: not all of its {len(boundary)} boundary cases were tried in "
                    f"{self.lasts:.0f} s.",
                )
        if self._is_broken_by_any(scenario):
            self._simplify(scenario)

    def _send(self, scenario: ServerScenario, steps: Sequence[Step]) -> Iterator[set[str]]:
        """Send messages in batches; yields what each violates.

        After a message that ends its connection it goes on with the next.
        """
        rest = list(steps)
        while rest and not self._is_spent(scenario):
            batch = rest[:BATCH]
            trace, done = self.session.perform(scenario.name, batch)
            violated = set(self.judge(trace))
            if violated:
                self.session.reset()
            yield violated
            rest = rest[done:]

    def _is_broken_by_any(self, scenario: ServerScenario) -> bool:
        """Send all examples, many at once; whether one violates what had not been violated yet."""
        waiting: list[Step] = []
        found: set[str] = set()

        def send() -> None:
            for violated in self._send(scenario, waiting):
                found.update(violated - self.settled)
            waiting.clear()

        for steps in self.drawing.examples(scenario):
            if found or self._is_spent(scenario):
                break
            waiting.extend(steps)
            if len(waiting) >= BATCH:
                send()
            self.moved()
        send()
        return bool(found)

    def _simplify(self, scenario: ServerScenario) -> None:
        """Send the same examples one by one, and simpler ones for each requirement violated."""
        found: set[str] = set()

        def judged(steps: Sequence[Step]) -> set[str]:
            if self._is_spent(scenario):
                return set()
            trace, _ = self.session.perform(scenario.name, steps)
            violated = set(self.judge(trace))
            self.moved()
            if violated:
                self.session.reset()
            found.update(violated - self.settled)
            return violated - self.settled

        self.drawing.simplify(scenario, judged)
        self.settled |= found

    def _is_spent(self, scenario: ServerScenario) -> bool:
        if self.session.clock.now() < self.until:
            return False
        if scenario.name not in self.cut_short:
            self.cut_short.append(scenario.name)
        return True

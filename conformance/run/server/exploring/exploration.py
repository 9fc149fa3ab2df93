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
from math import inf

from conformance.run.server.exploring.example_source import Drawing
from conformance.run.server.exploring.session import BATCH, Session
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.step import Step
from conformance.trace.trace import Trace

Judge = Callable[[Trace], Iterable[str]]
"""Counts what a trace shows and returns the IDs of the requirements that it newly violates."""

EXPLORATION_LASTS = 24.0
"""How long (seconds) messages are explored at the most, if the waits are not longer still."""


SIMPLIFYING = 1.0
"""How long simpler examples are looked for at the most, as a part of the longest wait."""

WASTED = 1.5
"""How long is spent in vain on a server that is in doubt, as a part of the longest wait."""


@dataclass(slots=True)
class Budget:
    """How many seconds a run has for simpler examples of what is violated, and what it wasted.

    Wasted is what was spent on messages that were not answered in time, or whose connection ended.
    Once enough is known, that may come to no more than `may_waste`.
    """

    simplifying: float = inf
    may_waste: float = inf
    wasted: float = 0.0


@dataclass(slots=True)
class Exploration:
    """Explores scenarios: the boundaries of all, then what is drawn, then what is simpler.

    It lasts `lasts` seconds, of which each scenario may take its share of what is left; and half of
    what the `budget` lets it waste still, once `is_doubtful` says that a MUST is violated, or has
    to be looked at again first: to be kept waiting until then shows nothing more.
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
    budget: Budget = field(default_factory=Budget)
    is_doubtful: Callable[[], bool] = bool
    cut_short: list[str] = field(default_factory=list)
    begun: float = 0.0
    until: float = 0.0
    may_waste: float = inf

    def explore(
        self,
        scenarios: Sequence[ServerScenario],
        is_left_out: Callable[[ServerScenario], bool] = lambda _: False,
        over: Callable[[ServerScenario], None] = lambda _: None,
    ) -> None:
        """Send the boundary of each scenario, then what Hypothesis draws from its steps.

        A scenario for which `is_left_out` says so at the time is passed by. `over` is called when
        one is over.
        """
        self.begun = self._now()
        for place, scenario in enumerate(scenarios):
            if scenario.boundary is not None and not is_left_out(scenario):
                self._begin_share(len(scenarios) - place)
                self._try_boundary(scenario, scenario.boundary())
        broken = []
        for place, scenario in enumerate(scenarios):
            if not is_left_out(scenario) and scenario.name not in self.cut_short:
                self._begin_share(len(scenarios) - place)
                if self._is_broken_by_any(scenario):
                    broken.append(scenario)
            over(scenario)
        for scenario in broken:
            self.until = (begun := self._now()) + self.budget.simplifying
            self._simplify(scenario)
            self.budget.simplifying -= self._now() - begun

    def _now(self) -> float:
        return self.session.clock.now()

    def _begin_share(self, shares: int) -> None:
        """Give what comes now its share of the time that is left."""
        left = max(0.0, self.begun + self.lasts - self._now())
        self.until = self._now() + left / shares
        budget = self.budget
        self.may_waste = budget.wasted + max(0.0, budget.may_waste - budget.wasted) / 2

    def _try_boundary(self, scenario: ServerScenario, boundary: Sequence[Step]) -> None:
        for _ in self._send(scenario, boundary):
            self.moved()
        if scenario.name in self.cut_short:
            self.doubt(
                scenario,
                f"Time ran out: not all of its {len(boundary)} boundary cases were tried, the "
                "server took too long.",
            )

    def _send(self, scenario: ServerScenario, steps: Sequence[Step]) -> Iterator[set[str]]:
        """Send messages in batches; yields what each violates.

        After a message that ends its connection it goes on with the next.
        """
        rest = list(steps)
        while rest and not self._is_spent(scenario):
            batch, begun = rest[:BATCH], self._now()
            trace, done = self.session.perform(scenario.name, batch)
            violated = set(self.judge(trace))
            lasted, timing = self._now() - begun, self.session.heading.timing
            if done < len(batch) or lasted > timing.reply_deadline + timing.tolerance:
                self.budget.wasted += lasted
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
            if self._now() >= self.until:
                return set()
            trace, _ = self.session.perform(scenario.name, steps)
            violated = set(self.judge(trace))
            self.moved()
            if violated:
                self.session.reset()
            found.update(violated - self.settled)
            return violated - self.settled

        if self._now() < self.until:
            self.drawing.simplify(scenario, judged)
            self.settled |= found

    def _is_spent(self, scenario: ServerScenario) -> bool:
        is_wasted = self.budget.wasted >= self.may_waste and self.is_doubtful()
        if self._now() < self.until and not is_wasted:
            return False
        if scenario.name not in self.cut_short:
            self.cut_short.append(scenario.name)
        return True

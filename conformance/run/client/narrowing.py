"""The search for the one message of a batch that a client does not survive."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.run.client.batches import divided
from conformance.run.client.session import Task
from conformance.run.worker import Worker

DIVISIONS = 3
"""How often a batch of messages is divided: each time into as many parts as clients can live."""


@dataclass(slots=True)
class Narrowing:
    """Where the search stands: what a client did not survive so far, and who plays parts of it."""

    deadly: list[Task] = field(default_factory=list)
    """Tasks of which the client did not survive what was said."""
    worker: Worker | None = None
    divisions: int = 0

    def next_tasks(self, parts: int) -> list[Task]:
        """The smallest batch that is known to be deadly, in so many parts; none if that is over."""
        is_found = any(len(batch.steps) == 1 for batch in self.deadly)
        batches = [batch for batch in self.deadly if len(batch.steps) > 1]
        if is_found or not batches or self.divisions == DIVISIONS:
            return []
        self.deadly = []
        self.divisions += 1
        worst = min(batches, key=lambda batch: len(batch.steps))
        return [Task(worst.scenario, steps) for steps in divided(worst.steps, parts)]

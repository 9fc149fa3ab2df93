"""Handshakes that got no connection, counted: what came instead, where, and beside how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.trace.event import Event, Refusal
from conformance.trace.note import FULL_BESIDE


@dataclass(slots=True)
class Refusals:
    """How often a handshake got no connection: by what came instead, and by the scenario."""

    by_detail: dict[str, Counter[str]] = field(default_factory=dict)
    full_beside: dict[str, int] = field(default_factory=dict)
    """How many connections there were, at the most, when it first said that it is full, and how."""

    def hear(self, scenario: str, events: Iterable[Event]) -> None:
        """Count those in a trace of a scenario."""
        for event in events:
            if isinstance(event.content, Refusal):
                self.by_detail.setdefault(event.content.detail, Counter())[scenario] += 1
            elif event.kind == "note" and str(event.content).startswith(FULL_BESIDE):
                count, detail = str(event.content).removeprefix(FULL_BESIDE).split(": ", 1)
                self.full_beside[detail] = max(int(count), self.full_beside.get(detail, 0))

"""How much a server was told, and how much it said, in each measurement."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conformance.trace.trace import Trace

MUCH = 20
"""Of how many messages none is answered by chance."""

SECOND = 2
"""The number of the measurement in which what is in doubt is looked at again."""


@dataclass(slots=True)
class Answers:
    """How much a server was told, and said, in each measurement, by the number of that."""

    said: Counter[int] = field(default_factory=Counter)
    connections: Counter[int] = field(default_factory=Counter)
    heard: Counter[int] = field(default_factory=Counter)

    def hear(self, trace: Trace) -> None:
        if trace.role != "server":
            return
        for events in trace.by_connection.values():
            texts = [event for event in events if event.opcode == "text"]
            if texts and not any(event.kind == "paused" for event in events):
                sent = sum(event.kind == "sent" for event in texts)
                self.said[trace.attempt] += sent
                self.heard[trace.attempt] += len(texts) - sent
                self.connections[trace.attempt] += 1

    @property
    def have_ceased(self) -> bool:
        """Whether nothing at all was answered in the end, of much, and it was not always so."""
        return self.said[SECOND] >= MUCH and not self.heard[SECOND] and bool(self.heard[1])

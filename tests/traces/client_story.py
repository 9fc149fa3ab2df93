"""Traces of clients in the making."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.trace.event import Event
from conformance.trace.trace import Trace
from tests.traces.notation import trace_with
from tests.traces.story import Draft, Story

Wanted = Callable[[Draft], bool]


@dataclass(slots=True)
class ClientStory(Story):
    """A trace of a client as drafts; `rounds` says what each connection met with, by its number."""

    rounds: dict[int, str] = field(default_factory=dict)

    def trace(self) -> Trace:
        order = sorted(self.drafts, key=lambda draft: draft.stamp)
        events = tuple(
            Event(n, d.connection, d.earliest, d.latest, d.kind, d.opcode, d.content)
            for n, d in enumerate(order)
        )
        return trace_with(events, capabilities=self.capabilities, role="client", scenario="model")

    def find(self, connection: int, kind: str, opcode: str | None = None) -> Draft | None:
        """The first event of a connection of a kind, and of an opcode where one is given."""
        mine = (d for d in self.of(connection) if d.kind == kind)
        return next((d for d in mine if opcode in (None, d.opcode)), None)

    def cut(self, after: float, connections: set[int] | None = None) -> None:
        """Forget what comes after a moment, of some connections or of all."""
        self.drafts = [
            d
            for d in self.drafts
            if d.stamp <= after or (connections is not None and d.connection not in connections)
        ]

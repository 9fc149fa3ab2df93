"""What was seen on the wire: events with time intervals, and the traces that they make up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import spec
from conformance.trace.event import NO_SOCKET, WHOLE_TRACE, Event, Refusal
from conformance.trace.note import (
    ALL_ENDED,
    CEASED,
    CLIENT_STARVED,
    ENDED_BESIDE,
    PART_ENDED,
    PRINTED,
    STARVED,
    THROUGH_PROXIES,
    UNASKED,
)
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol

Role: TypeAlias = Literal["server", "client"]


End: TypeAlias = Literal["finished", "interrupted"]


FORMAT = 1
"""Version of the trace file's form; a reader refuses a newer one."""


Capability: TypeAlias = Literal["echo", "server_ping", "inbound_liveness", "one_per_user"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a target declares of itself (protocol.md, conformance classes)."""

    echo: bool = True
    server_ping: bool = False
    inbound_liveness: bool = False
    one_per_user: bool = False

    @property
    def declared(self) -> frozenset[Capability]:
        """The names of those that are on."""
        return frozenset(name for name, on in self.to_json().items() if on)

    def to_json(self) -> dict[Capability, bool]:
        told: dict[Capability, bool] = {
            "echo": self.echo,
            "server_ping": self.server_ping,
            "inbound_liveness": self.inbound_liveness,
        }
        # Readers that do not know it need not be told of what is not there.
        return told | {"one_per_user": True} if self.one_per_user else told


@dataclass(frozen=True)
class Trace:
    """Everything that one run of one scenario saw, on all its connections."""

    scenario: str
    role: Role
    target: str
    timing: spec.Timing
    capabilities: Capabilities
    started: str
    events: tuple[Event, ...]
    end: End = "finished"
    attempt: int = 1
    seed: int = 0
    """What the scenario drew from: with the scenario's name it makes the same run again."""
    max_message: int | None = None
    """The size limit in bytes that the target declares (S-SIZE)."""
    dialect: Dialect = field(default_factory=protocol)
    """How the heartbeat is spelled, and what it asks for."""
    source: str | None = field(default=None, compare=False)
    """The file that the trace was read from or written to."""

    @property
    def was_watched_to_its_end(self) -> bool:
        """Whether it holds all that was done: of a crowd, or an interrupted run, it does not."""
        return self.end == "finished"

    @property
    def has_server_pings(self) -> bool:
        """Whether the server may ping: under Plan B, and where the dialect says so."""
        return self.capabilities.server_ping or self.dialect.server_pings

    @cached_property
    def by_connection(self) -> Mapping[int, tuple[Event, ...]]:
        """The events of each connection, by its number, in the order of recording."""
        found: dict[int, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.connection, []).append(event)
        found.pop(WHOLE_TRACE, None)
        return {number: tuple(events) for number, events in found.items()}

    @cached_property
    def proxied(self) -> frozenset[int]:
        """Its connections that led through the server's proxies (D-PROXY)."""
        notes = (event for event in self.events if event.kind == "note")
        return frozenset(each.connection for each in notes if each.content == THROUGH_PROXIES)

    @cached_property
    def asked_to_end(self) -> Event | None:
        """When the peer was first asked to end, if it was (S-GOING-AWAY, C-CLOSE-ON-EXIT)."""
        return next((event for event in self.events if event.kind == "asked"), None)

    @cached_property
    def lateness(self) -> float:
        """The worst lateness of the harness itself in this trace, in seconds."""
        return max((_late_by(event) for event in self.events if event.kind == "late"), default=0.0)

    @cached_property
    def torn_along(self) -> tuple[Event, ...]:
        """When connections ended without a Close as others did, of whatever traces."""
        return tuple(
            event
            for event in self.events
            if event.kind == "note" and str(event.content).startswith(ENDED_BESIDE)
        )

    @cached_property
    def collapses(self) -> tuple[Event, ...]:
        """When the server ended all connections that there were, or several, of whatever traces."""
        return tuple(
            event
            for event in self.events
            if event.kind == "note" and str(event.content).startswith((ALL_ENDED, PART_ENDED))
        )

    @cached_property
    def unasked_for(self) -> frozenset[int]:
        """The numbers of connections that wsbeat itself could not ask for: nobody refused them."""
        return frozenset(
            event.connection
            for event in self.events
            if isinstance(event.content, Refusal) and event.content.detail.startswith(NO_SOCKET)
        )

    @cached_property
    def ceased_by_itself(self) -> bool:
        """Whether the server closed silent connections no more, for which no reset can be why."""
        return any(event.kind == "note" and event.content == CEASED for event in self.events)

    @cached_property
    def unasked(self) -> frozenset[str]:
        """The texts, in short, that the server is known to send where nothing asks for them."""
        notes = (str(event.content) for event in self.events if event.kind == "note")
        return frozenset(text.removeprefix(UNASKED) for text in notes if text.startswith(UNASKED))

    @cached_property
    def printed(self) -> str:
        """The last lines that the client under examination printed; empty where there are none."""
        notes = (str(event.content) for event in self.events if event.kind == "note")
        return next((text.removeprefix(PRINTED) for text in notes if text.startswith(PRINTED)), "")

    def late_since(self, moment: float) -> float:
        """The worst lateness of the harness itself from a moment on, in seconds."""
        return max(
            (
                _late_by(event)
                for event in self.events
                if event.kind == "late" and event.latest >= moment
            ),
            default=0.0,
        )

    @cached_property
    def _starved(self) -> tuple[tuple[Event, float], ...]:
        notes = ((event, str(event.content)) for event in self.events if event.kind == "note")
        return tuple(
            (event, float(text.removeprefix(STARVED).removeprefix(CLIENT_STARVED)))
            for event, text in notes
            if text.startswith((STARVED, CLIENT_STARVED))
        )

    def starved_between(self, since: float, until: float) -> float:
        """For how long this machine kept the peer waiting, in seconds, at the most."""
        overlapping = (
            waited
            for event, waited in self._starved
            if event.latest >= since and event.earliest <= until
        )
        return min(sum(overlapping), max(0.0, until - since)) if self._starved else 0.0

    def busy_between(self, begun: Event, over: Event) -> float:
        """How late a busy machine may have been with what it did between two events, in seconds."""
        return self.lateness + self.starved_between(begun.latest, over.latest)

    def to_lines(self) -> Iterator[str]:
        """The trace as JSON Lines, without line ends: header, events, footer."""
        yield json.dumps(
            {
                "trace": FORMAT,
                "spec": spec.version(),
                "scenario": self.scenario,
                "role": self.role,
                "target": self.target,
                "timing": self.timing.to_json(),
                "capabilities": self.capabilities.to_json(),
                "started": self.started,
                "attempt": self.attempt,
                "seed": self.seed,
                **({} if self.max_message is None else {"max_message": self.max_message}),
                **({} if self.dialect.is_protocol else {"dialect": self.dialect.document}),
            }
        )
        for event in self.events:
            yield json.dumps(event.to_json())
        yield json.dumps({"end": self.end, "events": len(self.events)})


def _late_by(event: Event) -> float:
    return event.content if isinstance(event.content, float) else 0.0

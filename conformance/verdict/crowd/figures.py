"""The figures of a crowd: what reports show of it beside the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.verdict.crowd.histogram import Histogram


@dataclass(frozen=True, slots=True)
class Breach:
    """That a requirement was broken: on how many of the places, and since when.

    `first` is seconds since the crowd began, `open_then` how many connections there were at that
    moment, or as soon after it as was told.
    """

    requirement: str
    places: int
    first: float
    open_then: int


@dataclass(frozen=True, slots=True)
class Step:
    """One size of a crowd, and which requirements failed in it."""

    connections: int
    failed: tuple[str, ...]
    accepted_per_second: float
    reply: float
    """The time (seconds) within which 99 of 100 replies came."""


@dataclass(frozen=True, slots=True)
class Harness:
    """What wsbeat itself took for a crowd, and by how much it was late (seconds).

    `processor` is seconds of processor time for each reply that was judged, `memory` the bytes of
    a connection. `starved` is for how long the server waited for a processor of this machine.
    """

    workers: int
    processor: float
    memory: int
    lateness_99: float
    lateness_worst: float
    starved: float


@dataclass(frozen=True, slots=True)
class CrowdFigures:
    """What there is to say of a crowd in numbers; `kept` and `breaches` count places in it.

    `lasted` and `ramp` are seconds. `undecidable` is how many occasions decided nothing, because
    wsbeat was late or the server had to wait for a processor. `lost` tells which workers were.
    """

    connections: int
    lasted: float
    ramp: float
    most_open: int
    accepted: int
    accepted_per_second: float
    refused: int
    kept: Mapping[str, int]
    breaches: tuple[Breach, ...]
    measures: Mapping[str, Histogram]
    harness: Harness
    undecidable: int = 0
    unjudged: int = 0
    lost: tuple[str, ...] = ()
    lost_connections: int = 0
    steps: tuple[Step, ...] = field(default=())

    def breach_of(self, requirement: str) -> Breach | None:
        """What is known of the breach of a requirement; None where it was kept."""
        return next((each for each in self.breaches if each.requirement == requirement), None)

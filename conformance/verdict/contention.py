"""What several requirements may each be to blame for: it is settled once one of them is broken."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.rules.observation import Observation
from conformance.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Dispute:
    """A doubt about one of several requirements, of which one was broken in a scenario."""

    requirement: str
    scenario: str
    why: str
    among: frozenset[str]
    was_seen: bool
    """Whether the requirement was seen not to be kept, on whatever account."""


@dataclass(frozen=True, slots=True)
class Contested:
    """A violation of a requirement, unless one of several others is found broken by the end."""

    requirement: str
    observation: Observation
    trace: Trace
    is_meant: bool
    """Whether the trace is of a scenario that is there to show it."""

"""What several requirements may each be to blame for: it is settled once one of them is broken."""

from __future__ import annotations

from collections.abc import Sequence, Set
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


def settled_next(contested: Sequence[Contested], broken: Set[str]) -> list[Contested]:
    """The violations that can be settled now, where so many requirements are broken for certain.

    They are those that something else explains which is broken, and those that nothing explains
    which is still open. If there are none, each may be why for another: then it is what explains
    the most requirements.
    """
    names = {each.requirement for each in contested}
    settled = [
        each
        for each in contested
        if each.observation.among & (broken - {each.requirement})
        or not each.observation.among & names - {each.requirement}
    ]
    if settled:
        return settled
    explains = {
        name: len(
            {each.requirement for each in contested if name in each.observation.among} - {name}
        )
        for name in names
    }
    most = max(explains.values())
    first = [name for name, count in explains.items() if count == most]
    return [each for each in contested if each.requirement in first]

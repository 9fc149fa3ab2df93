"""What several requirements may each be to blame for: it is settled once one of them is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol, TypeVar

from conformance.rules.observation import Observation
from conformance.rules.server.findings.silence import EARLY_ANYHOW, LATE_ANYHOW
from conformance.trace.trace import Trace
from conformance.verdict.tally import Tally

SEEN_ANYWHERE = frozenset({"S-TIMEOUT-EARLIEST"})
"""What connections show to which nothing special was done: it is seen on those, if it is broken."""


SEEN_OF_ANY = frozenset({"S-ECHO", "C-RECONNECT-CEILING"})
"""What any message shows, as any that was sent behind one over which a connection fell deaf.

Or any connection: a client that never returns to its first delay comes late from whatever it loses.
"""


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

    @property
    def among(self) -> frozenset[str]:
        """The requirements that may be broken instead."""
        return self.observation.among


MOSTLY = 10
"""How many times as often as not something is seen to be kept that is broken nowhere in general."""


class Claim(Protocol):
    """That a requirement was broken, or one `among` others."""

    @property
    def requirement(self) -> str: ...
    @property
    def among(self) -> Set[str]: ...


C = TypeVar("C", bound=Claim)


def settled_next(contested: Sequence[C], broken: Set[str]) -> list[C]:
    """The claims that can be settled now, where so many requirements are broken for certain.

    They are those that something else explains which is broken, and those that nothing explains
    which is still open. If there are none, each may be why for another: then it is what explains
    the most requirements; of several, rather not what would have been seen anywhere, or of any
    message or connection.
    """
    names = {each.requirement for each in contested}
    settled = [each for each in contested if others_in(each, broken) or not others_in(each, names)]
    if settled:
        return settled
    explains = {
        name: len({each.requirement for each in contested if name in each.among} - {name})
        for name in names
    }
    most = max(explains.values())
    tied = {name for name in names if explains[name] == most}
    chosen = tied - SEEN_ANYWHERE - SEEN_OF_ANY or tied - SEEN_ANYWHERE or tied
    return [each for each in contested if each.requirement in chosen]


def others_in(claim: Claim, names: Set[str]) -> Set[str]:
    """Which of some requirements may be broken in the place of the one that is claimed."""
    return (claim.among & names) - {claim.requirement}


def may_all_be_explained(contested: Sequence[Contested], tallies: Mapping[str, Tally]) -> bool:
    """Whether every claim may be due to a limit that is not kept: seen once, and perhaps again."""
    limits = EARLY_ANYHOW | LATE_ANYHOW
    seen = {name for name, tally in tallies.items() if tally.seen_once and name in limits}
    return bool(contested) and all(others_in(each, seen) for each in contested)


def unexplained(contested: Sequence[Contested], requirement: str, broken: Set[str]) -> set[str]:
    """The scenarios in which a requirement was violated, as far as nothing broken explains it."""
    of_it = (each for each in contested if each.requirement == requirement)
    return {each.trace.scenario for each in of_it if not others_in(each, broken)}


def apart(
    claims: Sequence[C], names: Set[str], tallies: Mapping[str, Tally]
) -> tuple[list[C], list[C]]:
    """The claims that some requirements were broken, and all others.

    One is left out if what may be broken in its place was never seen to be kept, or is broken.
    """
    own = [each for each in claims if each.requirement in names and _is_met(each, tallies)]
    return own, [each for each in claims if each.requirement not in names]


def settled_now(
    contested: Sequence[Contested], broken: Set[str], tallies: Mapping[str, Tally]
) -> list[Contested]:
    """The claims that can be settled now: what is seen anywhere first, if it is broken there.

    Of several that may each be why for another, what came by chance is none.
    """
    settled = _seen_anywhere(contested, tallies) or settled_next(contested, broken)
    names = {each.requirement for each in settled}
    if any(others_in(each, names - broken) for each in settled):
        return [each for each in settled if not each.observation.provisional] or settled
    return settled


def _seen_anywhere(claims: Sequence[C], tallies: Mapping[str, Tally]) -> list[C]:
    """The claims that what is seen on any connection was broken, if it mostly was.

    Where it is mostly kept, what ended a few connections is rather what was said on others.
    """
    of_each = {
        name: [each for each in claims if each.requirement == name]
        for name in SEEN_ANYWHERE & tallies.keys()
    }
    return [
        each
        for name, own in of_each.items()
        if tallies[name].satisfied < MOSTLY * len(own)
        for each in own
    ]


def _is_met(claim: Claim, tallies: Mapping[str, Tally]) -> bool:
    """Whether what may be broken in the place of a claim was seen to be kept, and only that."""
    others = [tallies[name] for name in claim.among - {claim.requirement} if name in tallies]
    return all(each.satisfied and not each.violated for each in others)

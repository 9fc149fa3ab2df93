"""What a server does by chance, as it seems, and does again: ends in place of answers."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from conformance.rules.server.findings.silence import BETWEEN_CONNECTIONS
from conformance.verdict.doubts.contention import Contested, others_in


@dataclass(slots=True)
class Chances:
    """What was left in doubt because a connection may have ended just then."""

    seen: list[Contested] = field(default_factory=list)

    def hear(self, claim: Contested, doubt: str | None) -> None:
        """Keep a claim that is left in doubt, if it may be one of chance."""
        if claim.observation.by_chance and doubt is not None:
            self.seen.append(claim)

    def recurring(self, explained_by: Set[str]) -> list[Contested]:
        """What was seen so in several measurements, unless something explains it; it is told once.

        A server may end once in place of an answer, when it is restarted (protocol.md, section 8).
        What ends with all others, or those of one process, is told of where that is looked for.
        """
        found = [
            each
            for each in self.seen
            if not others_in(each, explained_by) and each.among.isdisjoint(BETWEEN_CONNECTIONS)
        ]
        again = [each for each in found if any(_differ(each, other) for other in found)]
        told = set(map(id, again))
        self.seen = [each for each in self.seen if id(each) not in told]
        return again


def _differ(one: Contested, other: Contested) -> bool:
    """Whether two claims are of one requirement, and of different measurements."""
    ours, theirs = ((each.trace.scenario, each.trace.attempt) for each in (one, other))
    return one.requirement == other.requirement and ours != theirs

"""What a server does by chance, as it seems, and does again: ends in place of answers."""

from __future__ import annotations

from collections.abc import Sequence, Set
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
        What was seen in the most measurements is told alone: it may explain what else was seen.
        """
        found = [
            each
            for each in self.seen
            if not others_in(each, explained_by) and each.among.isdisjoint(BETWEEN_CONNECTIONS)
        ]
        measured = {each.requirement: _measurements(found, each.requirement) for each in found}
        most = max(measured.values(), default=0)
        again = [each for each in found if most > 1 and measured[each.requirement] == most]
        told = set(map(id, again))
        self.seen = [each for each in self.seen if id(each) not in told]
        return again


def _measurements(claims: Sequence[Contested], requirement: str) -> int:
    """In how many measurements a requirement was claimed to be broken."""
    of_it = (each.trace for each in claims if each.requirement == requirement)
    return len({(trace.scenario, trace.attempt) for trace in of_it})

"""Which mutants are run in which other dialects, and which of these runs are in the gate.

There are too many runs for the gate. `make test` has the first, `make proof` one for every so many
requirements, and `make live` all others, with those that are exempted: each exemption has to be
needed, or it hides what could be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import pytest

from conformance.config.dialect import said_capabilities
from conformance.rules.in_dialect import in_dialect
from conformance.trace.trace import Role
from spec import load_timing
from spec.dialect.dialect import Dialect
from tests.mutants.matrix import REAL_ONLY, Mutant
from tests.mutants.mutant import Mutant as ServerMutant
from tests.mutants.tongue import Tongue

Peer = TypeVar("Peer", bound=Mutant)


@dataclass(frozen=True)
class InTongues(Generic[Peer]):
    """The mutants of a role, and the dialects that they are run in.

    ``applies`` says whether what a mutant breaks is a requirement in a dialect, ``exempt`` whether
    it is left out there all the same, and ``first`` what every run of the tests tries. Of ``every``
    so many requirements, one is in the gate.
    """

    peers: Iterable[Peer]
    tongues: Collection[str]
    applies: Callable[[str, Peer], bool]
    exempt: Callable[[str, Peer], bool]
    first: Callable[[str, Peer], bool]
    every: int
    all_bases: bool = False
    """Whether what mutants derive from is in the gate in each dialect, tried first or not."""

    def cases(self) -> list[object]:
        """Each mutant that has its sense in a dialect, with that dialect."""
        found: list[object] = []
        shown: set[str | None] = set()
        for peer in self.peers:
            tongues = [each for each in self._applying(peer) if not self.exempt(each, peer)]
            for tongue in tongues:
                marks: tuple[pytest.MarkDecorator, ...] = (pytest.mark.proof,)
                if self.first(tongue, peer):
                    marks = ()
                elif peer.requirement is None and self.all_bases:
                    marks = (pytest.mark.virtual,)
                elif peer.requirement not in shown and tongue == tongues[len(shown) % len(tongues)]:
                    shown.add(peer.requirement)
                    marks = (pytest.mark.virtual,) if len(shown) % self.every == 1 else marks
                found.append(pytest.param(tongue, peer, marks=marks, id=f"{tongue}-{peer.name}"))
        return found

    def exemptions(self) -> list[tuple[str, Peer]]:
        """What is left out although its requirement applies: each mutant, with the dialect."""
        return [
            (tongue, peer)
            for peer in self.peers
            for tongue in self._applying(peer)
            if peer.requirement is not None and self.exempt(tongue, peer)
        ]

    def idle(self, everywhere: Set[str], only: Mapping[str, Set[str]]) -> set[str]:
        """Exemptions of what applies in no dialect, or is not there; `only` are those of one."""
        exempted = self.exemptions()
        looked_at = {peer.name for _, peer in exempted}
        return set(everywhere - looked_at).union(
            *(
                names - {peer.name for tongue, peer in exempted if tongue == each}
                for each, names in only.items()
            )
        )

    def _applying(self, peer: Peer) -> list[str]:
        return [each for each in self.tongues if self.applies(each, peer)]


def name_of(each: object) -> str:
    """What a test calls a dialect, or a mutant."""
    return str(getattr(each, "name", each))


def in_the_gate(
    each: Iterable[str], *first: str, others: pytest.MarkDecorator = pytest.mark.virtual
) -> list[object]:
    """Parameters of which every run of the tests tries the first; the others are in the gate."""
    return [pytest.param(e, marks=() if e in first else others) for e in each]


@cache
def applied(dialect: Dialect, role: Role) -> frozenset[str]:
    """The requirements that apply in a dialect, and are shown in virtual time."""
    found = in_dialect(dialect, load_timing("fast"), role, said_capabilities(dialect))
    return frozenset(e.requirement.id for e in found if e.state != "does not apply") - REAL_ONLY


def makes_sense(peer: ServerMutant, tongue: Tongue) -> bool:
    """Whether what a server breaks is a requirement in a dialect, and it declares no more there."""
    requirements = {None, *applied(tongue.dialect, "server")}
    return peer.requirement in requirements and {*peer.declares} <= {*tongue.declares}

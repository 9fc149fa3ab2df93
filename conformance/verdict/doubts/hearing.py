"""Whether a client hears what it is told, by what it came back from in all traces together.

One that hears nothing any more misses the end of its connection, too. A single trace seldom shows
why: there it is told something on every connection, or on none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.hearing import told_on
from conformance.evidence.client.returns import returns_of

ENOUGH = 2
"""From how many ends of either kind on it is said."""


@dataclass(slots=True)
class Hearing:
    """From how many connections a client came back that was told something there, or nothing.

    `lost` are those from which it did not, though it was told something.
    """

    told: int = 0
    untold: int = 0
    lost: int = 0

    def add(self, evidence: ClientEvidence, *, stayed_away: bool) -> None:
        """Take in what a trace shows; whether that is that the client did not come back."""
        states = evidence.trace.dialect.states("reconnect_delay")
        if evidence.died is not None:
            return
        for back in returns_of(evidence) if states else ():
            if back.what != "connection":
                continue
            if back.following is None:
                self.lost += stayed_away and bool(told_on(back))
            elif told_on(back):
                self.told += 1
            else:
                self.untold += 1

    def notes(self) -> Iterator[str]:
        """That it may be deaf, where that is what all the ends have in common."""
        if not self.told and min(self.untold, self.lost) >= ENOUGH:
            yield (
                f"The client came back from {self.untold} connections on which it was told "
                f"nothing, and from none of {self.lost} on which it was told anything, were it a "
                "pong: look whether it hears anything after its first message."
            )

"""What the reader of a crowd's report has to know first: what wsbeat itself could not do."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.targets.printable import printable
from conformance.targets.server import Target
from conformance.verdict.crowd.census import Census
from conformance.verdict.crowd.figures import CrowdFigures

FEW = 3
"""How many kinds of refusals are told."""


def notes_on(figures: CrowdFigures, census: Census, target: Target) -> Iterator[str]:
    """Sentences on what is not known of a server, and why."""
    yield from figures.lost
    harness, tolerance = figures.harness, target.timing.tolerance
    if figures.undecidable and harness.lateness_worst > tolerance / 2:
        yield (
            "The harness was the bottleneck: a worker of wsbeat was late by up to "
            f"{harness.lateness_worst:.2f} s, so that {figures.undecidable} occasions decide "
            "nothing. They are not held against the server. Use more --workers or machines, or a "
            "smaller crowd."
        )
    elif figures.undecidable:
        yield (
            f"{figures.undecidable} occasions decide nothing. wsbeat was late by up to "
            f"{harness.lateness_worst:.2f} s, and the server waited for a processor of this "
            f"machine for {harness.starved:.1f} s in all."
        )
    elif harness.starved > 0.1 * figures.lasted:
        yield (
            f"The server waited for a processor of this machine for {harness.starved:.1f} s in "
            "all, which is not held against it: wsbeat and the server share this machine."
        )
    if figures.most_open < 0.95 * figures.connections:
        yield (
            f"There were never more than {figures.most_open} of {figures.connections} connections "
            "at a time."
        )
    if figures.unjudged:
        yield f"The last stretch of {figures.unjudged} fleets was not judged: the run was ended."
    for detail, times in census.refusals.most_common(FEW):
        yield f"{times} handshakes got no connection ({printable(detail)})."

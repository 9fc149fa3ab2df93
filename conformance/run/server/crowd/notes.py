"""What the reader of a crowd's report has to know first: what wsbeat itself could not do."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.targets.printable import printable
from conformance.targets.server import Target
from conformance.verdict.crowd.census import Census
from conformance.verdict.crowd.figures import CrowdFigures

WORTH_SAYING = 0.05
"""Which part of the time a server waits for a processor at least where it is said."""


FEW = 3
"""How many kinds of refusals are told."""


def notes_on(figures: CrowdFigures, census: Census, target: Target) -> Iterator[str]:
    """Sentences on what is not known of a server, and why."""
    yield from figures.lost
    harness, tolerance = figures.harness, target.timing.tolerance
    if figures.undecidable:
        yield _bottleneck(figures, tolerance)
    elif harness.starved > WORTH_SAYING * figures.lasted:
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


def _bottleneck(figures: CrowdFigures, tolerance: float) -> str:
    """Why occasions decide nothing: they are held against nobody but wsbeat and its machine."""
    harness = figures.harness
    undecided = f"so that {figures.undecidable} occasions decide nothing"
    if harness.lateness_worst > tolerance / 2:
        return (
            "The harness was the bottleneck: a worker of wsbeat was late by up to "
            f"{harness.lateness_worst:.2f} s, {undecided}. They are not held against the server. "
            "Use more --workers or machines, or a smaller crowd."
        )
    if harness.starved > WORTH_SAYING * figures.lasted:
        return (
            "The machine was the bottleneck: wsbeat shares it with the server, which waited for a "
            f"processor for {harness.starved:.1f} s in all, {undecided}. They are not held against "
            "it. Let the crowd live on another machine, see --scheduler."
        )
    return (
        f"{figures.undecidable} occasions decide nothing: wsbeat was late by up to "
        f"{harness.lateness_worst:.2f} s, and the server waited for a processor of this machine "
        f"for {harness.starved:.1f} s in all."
    )

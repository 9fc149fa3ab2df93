"""The rule on the clock that a server goes by (protocol.md: clocks)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.connection import Evidence
from conformance.rules.observation import Observation, satisfied
from conformance.rules.rule import rule
from conformance.rules.silence_wording import closed_early, closed_late, not_sure
from conformance.rules.silences import Silence, jumps_of, outlived_the_limit, silences_of


@rule("S-MONOTONIC")
def the_wall_clock_changes_nothing(evidence: Evidence) -> Iterator[Observation]:
    """When the server's wall clock jumps, its connections are closed in the same windows.

    Silent connections are neither closed at once nor kept, and those that ping stay open. Judged
    beside connections to a server whose wall clock does not jump: when those deviate too, the clock
    is not at fault. One that is kept for too long while another is closed after the jump is not
    kept by the clock either.
    """
    for connection in evidence.connections:
        jumps = jumps_of(connection)
        if jumps and len(connection.pings) > 1 and outlived_the_limit(connection):
            yield satisfied(connection.pings[0], *jumps, connection.pings[-1])
    silences = silences_of(evidence)
    undisturbed = [silence for silence in silences if silence.manner != "jumped"]
    shared_early = any(silence.too_early for silence in undisturbed)
    shared_late = any(silence.deviation in ("late", "never") for silence in undisturbed)
    jumped = [silence for silence in silences if silence.manner == "jumped"]
    all_are_kept = not any(map(_was_closed_after_all, jumped))
    for silence in jumped:
        jumps = jumps_of(silence.connection)
        if silence.unsure:
            yield not_sure(silence, evidence)
        elif silence.too_early and not shared_early:
            yield closed_early(
                silence,
                evidence,
                "A connection was closed too early after the server's wall clock had been set.",
                *jumps,
            )
        elif silence.deviation == "never" and all_are_kept and not shared_late:
            yield closed_late(
                silence,
                evidence,
                "A silent connection was kept open after the server's wall clock had been set.",
                *jumps,
            )
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, *jumps, silence.end)


def _was_closed_after_all(silence: Silence) -> bool:
    """Whether the server closed a connection after its wall clock had been set back."""
    back = [
        jump
        for jump in jumps_of(silence.connection)
        if isinstance(jump.content, float) and jump.content < 0
    ]
    return silence.departure is not None and bool(back) and not silence.too_early

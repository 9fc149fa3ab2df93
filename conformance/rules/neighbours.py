"""Rules on what one connection means for another (protocol.md: one connection and the others)."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from .observation import Observation, satisfied, undecidable
from .rule import rule
from .silences import closed_late, silences_of


@rule("S-INDEPENDENT")
def one_connection_is_nothing_to_another(evidence: Evidence) -> Iterator[Observation]:
    """A silent connection is closed in its own window, though another one pings meanwhile.

    One that is closed late, at the same time as another that pinged later, had that one's clock.
    """
    silences = silences_of(evidence)
    for silence in silences:
        if silence.deviation == "never" and silence.prolonged_by is not None:
            yield undecidable(
                "A connection was not closed while another one pinged; "
                "whether that kept it open cannot be told.",
                silence.since,
                silence.prolonged_by,
                silence.end,
            )
        elif silence.departure is None:
            continue
        elif silence.deviation == "late" and silence.prolonged_by is not None:
            yield closed_late(
                silence,
                evidence,
                "The ping of another connection kept this one open.",
                silence.prolonged_by,
            )
        elif silence.deviation is None and any(
            silence.since.latest < ping.earliest < silence.end.earliest
            for connection in evidence.connections
            if connection is not silence.connection
            for ping in connection.signs_of_life
        ):
            yield satisfied(silence.since, silence.end)

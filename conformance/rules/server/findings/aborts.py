"""Silent connections that a server ends without a Close, in dialects that allow one as well.

No Close of such a server is ever left unanswered, and no peer of it is dead: it dropped them.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.silence import silences_of
from conformance.rules.observation import Observation, satisfied
from conformance.trace.event import Event


def dropped_at_once(evidence: Evidence) -> Iterator[Observation]:
    """Each silent connection that was dropped when it was due: there was no Close to answer."""
    for end in _aborted_in_time(evidence):
        yield satisfied(end)


def dropped_beside_one_another(evidence: Evidence) -> Iterator[Observation]:
    """Each silent connection that was dropped when it was due, though others had been before."""
    ends = _aborted_in_time(evidence)
    for end in ends[1:]:
        yield satisfied(ends[0], end)


def _aborted_in_time(evidence: Evidence) -> list[Event]:
    ended = [each.departure for each in silences_of(evidence) if each.was_in_time]
    ends = [each.event for each in ended if each is not None and each.close is None]
    return sorted(ends, key=lambda event: event.n) if evidence.trace.dialect.ends.abort else []

"""Bounds on time as rules judge them on servers."""

from __future__ import annotations

from conformance.evidence.interval import elapsed, is_late, seconds, why_undecided
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.trace.event import Event
from conformance.trace.trace import Trace


def at_most(
    bound: float, start: Event, end: Event, *, trace: Trace, since: str, late: str
) -> Observation:
    """Judge an upper bound: `end` at most `bound` seconds after `start`; `late` is the failure."""
    verdict = is_late(bound, start, end, trace)
    if verdict is False:
        return satisfied(start, end)
    least, most = elapsed(start, end)
    window = Window(since, None, bound + trace.timing.tolerance, (least, most))
    if verdict is None:
        return undecidable(why_undecided(trace, start, end), start, end, window=window)
    return violated(
        late,
        start,
        end,
        expected=f"within {seconds(bound)} (and {seconds(trace.timing.tolerance)} of tolerance)",
        actual=f"after {seconds(least)}",
        window=window,
        provisional=True,
    )

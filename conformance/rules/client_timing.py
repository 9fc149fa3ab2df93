"""Upper bounds on clients, which share a machine with the harness more often than servers do.

A client needs several turns of the machine for one thing that it does: its timer, the connection,
the message. Where the harness itself was late, each of them may have been. So all that it was
late by within a time is added up, and what is too late while it was late at all has to show
itself twice.
"""

from __future__ import annotations

from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.rules.timing import elapsed, seconds
from conformance.trace.trace import Event, Trace


def strain(trace: Trace, since: float, until: float) -> float:
    """All that the harness was late by between two moments, in seconds."""
    return sum(
        event.content
        for event in trace.events
        if event.kind == "late"
        and isinstance(event.content, float)
        and event.earliest <= until
        and event.latest >= since
    )


def is_beyond(allowed: float, start: Event, end: Event, trace: Trace) -> bool | None:
    """Whether more than `allowed` seconds passed between two events; None when that is unsure."""
    least, most = elapsed(start, end)
    if most <= allowed:
        return False
    if least > allowed + strain(trace, start.earliest, end.latest):
        return True
    return None


def is_late(bound: float, start: Event, end: Event, trace: Trace) -> bool | None:
    """Whether an end came after `bound` and `tolerance`; None when it cannot be said."""
    return is_beyond(bound + trace.timing.tolerance, start, end, trace)


def is_slight(bound: float, start: Event, end: Event, trace: Trace) -> bool:
    """Whether a busy machine may have brought it about that an end came after `bound`.

    That is: it was late by no more than `tolerance` once more, or the harness was late meanwhile.
    """
    little = elapsed(start, end)[0] <= bound + 2 * trace.timing.tolerance
    return little or strain(trace, start.earliest, end.latest) > 0


def not_sure(trace: Trace, start: Event, end: Event) -> str:
    """Why a time could not be decided, in a sentence."""
    least, most = elapsed(start, end)
    late = strain(trace, start.earliest, end.latest)
    return (
        f"It is known only that between {seconds(least)} and {seconds(most)} passed; "
        f"wsbeat itself was late by {seconds(late)} meanwhile."
    )


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
        return undecidable(not_sure(trace, start, end), start, end, window=window)
    return violated(
        late,
        start,
        end,
        expected=f"within {seconds(bound)} (and {seconds(trace.timing.tolerance)} of tolerance)",
        actual=f"after {seconds(least)}",
        window=window,
        provisional=is_slight(bound, start, end, trace),
    )

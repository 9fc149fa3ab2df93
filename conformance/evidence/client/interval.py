"""Upper bounds on clients, which share a machine with the harness more often than servers do.

A client needs several turns of the machine for one thing that it does: its timer, the connection,
the message. Where the harness itself was late, each of them may have been. So all that it was
late by within a time is added up, and what the client itself is known to have waited for a
processor (`CLIENT_STARVED`). What is too late while there was any of that has to show itself twice.
"""

from __future__ import annotations

from conformance.evidence.interval import between, elapsed, is_early, seconds
from conformance.trace.event import Ended, Event
from conformance.trace.trace import Trace


def strain(trace: Trace, since: float, until: float) -> float:
    """All that the harness was late by between two moments, and the client starved, in seconds."""
    return _late_in_all(trace, since, until) + trace.starved_between(since, until)


def _late_in_all(trace: Trace, since: float, until: float) -> float:
    return sum(
        event.content
        for event in trace.events
        if event.kind == "late"
        and isinstance(event.content, float)
        and event.earliest <= until
        and event.latest >= since
    )


def is_of_the_client(event: Event) -> bool:
    """Whether the client did it: sent something, or ended its TCP connection."""
    if isinstance(event.content, Ended):
        return event.content.how != "local"
    return event.kind == "received"


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


def is_too_soon(bound: float, start: Event, end: Event, trace: Trace) -> bool | None:
    """Whether an end came before `bound` after something that the client sent; None when unsure.

    What it sent may have been on its way for as long as somebody waited for a processor; what came
    after it need not.
    """
    early = is_early(bound, start, end)
    if (
        early
        and elapsed(start, end)[1] + strain(trace, start.earliest - bound, end.latest) >= bound
    ):
        return None
    return early


def is_slightly_early(bound: float, start: Event, end: Event, trace: Trace) -> bool:
    """The same of an end that came before `bound`, counted from what the client sent.

    That may have been on its way for longer than what came after it: a browser hands on what a page
    sends when it has a turn, and its waits are not known.
    """
    little = elapsed(start, end)[1] >= bound - trace.timing.tolerance
    return little or strain(trace, start.earliest, end.latest) > 0


def not_sure(trace: Trace, start: Event, end: Event, before: float = 0.0) -> str:
    """Why a time could not be decided, in a sentence; `before` is how long before it counts too."""
    least, most = elapsed(start, end)
    since = start.earliest - before
    late = _late_in_all(trace, since, end.latest)
    starved = trace.starved_between(since, end.latest)
    waited = f", and the client waited {seconds(starved)} for a processor" if starved else ""
    when = "meanwhile, or just before" if before else "meanwhile"
    return (
        f"It is known only that {between(least, most)} passed; "
        f"wsbeat itself was late by {seconds(late)} {when}{waited}."
    )

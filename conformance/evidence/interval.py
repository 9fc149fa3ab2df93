"""Comparing a stretch of time that is known only as an interval with a bound (DESIGN: time).

A lower bound is judged without tolerance and is still sound: what was seen before the bound was
early, whatever the network did. An upper bound is granted `tolerance`, what the harness itself was
late by, and how long this machine kept a server on it from running; and because a busy machine may
starve a target while wsbeat runs, and not tell, what came too late has to do so twice. An interval
that straddles a bound decides nothing, unless it is as good as a
moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.trace.event import RESOLUTION, Event
from conformance.trace.trace import Trace


def elapsed(start: Event, end: Event) -> tuple[float, float]:
    """The least and the most time that can have passed between two events, in seconds."""
    return max(0.0, end.earliest - start.latest), max(0.0, end.latest - start.earliest)


def or_from_the_last(event: Event, earlier: Sequence[Event]) -> Event:
    """An event, or the last of some earlier ones: it is not known which something counts from."""
    last = max((each.earliest for each in earlier if each.n < event.n), default=event.earliest)
    return replace(event, earliest=last)


def or_read_late(event: Event, answer: Event | None, trace: Trace) -> Event:
    """Something that was sent, or when a server has read it that waited for a processor.

    Where it was answered, it had been read.
    """
    late = event.latest + trace.starved_between(
        event.earliest, event.latest + trace.timing.reply_deadline
    )
    return replace(event, latest=late if answer is None else min(late, answer.latest))


def seconds(value: float) -> str:
    """A time as people read it: milliseconds below one second's tenth, else seconds."""
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f} s"


def between(least: float, most: float) -> str:
    """What is known of a time, in words: the least and the most, unless they look the same."""
    shortest, longest = seconds(least), seconds(most)
    return f"about {most:.3f} s" if shortest == longest else f"between {shortest} and {longest}"


def is_early(bound: float, start: Event, end: Event) -> bool | None:
    """Whether an end came before `bound` seconds had passed; None when it cannot be said."""
    least, most = elapsed(start, end)
    if most < bound:
        return True
    if least >= bound or most - least <= RESOLUTION:
        return False
    return None


def is_late(bound: float, start: Event, end: Event, trace: Trace) -> bool | None:
    """Whether an end came after `bound` and `tolerance`; None when it cannot be said."""
    least, most = elapsed(start, end)
    allowed = bound + trace.timing.tolerance
    if most <= allowed:
        return False
    if least > allowed + trace.lateness + starved(trace, start, end, bound):
        return True
    return None


def starved(trace: Trace, start: Event, end: Event, bound: float = 0.0) -> float:
    """For how long this machine kept a server from what was due, in seconds, at the most.

    What is due at a bound is begun no earlier than a reply may take before that.
    """
    begun = start.earliest + max(0.0, bound - trace.timing.reply_deadline)
    return trace.starved_between(begun, end.latest)


def why_undecided(trace: Trace, start: Event, end: Event) -> str:
    """Why a time could not be decided, in a sentence."""
    least, most = elapsed(start, end)
    known = f"It is known only that {between(least, most)} passed"
    widths = [event.latest - event.earliest for event in (start, end)]
    if max(widths) > 2 * trace.lateness + RESOLUTION:
        return (
            f"{known}: the first of the two moments is known to {seconds(widths[0])}, "
            f"the second to {seconds(widths[1])}."
        )
    late = f"{known}; wsbeat itself was late by up to {seconds(trace.lateness)}"
    waited = starved(trace, start, end)
    if not waited:
        return f"{late}."
    return f"{late}, and the server waited up to {seconds(waited)} for a processor."

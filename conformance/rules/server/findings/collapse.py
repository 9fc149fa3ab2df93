"""Ends of all connections at once: what came just before, and how that is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.evidence.interval import elapsed, seconds
from conformance.evidence.refusal import shows_that_nobody_listens
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.exchange import may_end
from conformance.evidence.server.silence import SAME_MOMENT
from conformance.rules.observation import Observation, undecidable, violated
from conformance.trace.event import (
    CUT,
    GRAIN,
    RESOLUTION,
    Close,
    Ended,
    Event,
)
from conformance.trace.note import told_to_have_ended

ENDS_SHOWN = 3
"""How many of the connections that ended at once are shown."""


def all_ended(
    message: str, cause: Event, broken: Sequence[Event], note: Event, evidence: Evidence
) -> Observation:
    """That all connections ended after something, which may be why.

    It is beyond doubt only where that was a reset, nobody listened any more, and the trace was
    watched to its end: in a crowd, which is not, somebody is reset all the time. What wsbeat read
    all at once, because it was late, need not have ended so.
    """
    told = told_to_have_ended(note)
    is_crowd = not evidence.trace.was_watched_to_its_end
    gone = any(
        shows_that_nobody_listens(events, evidence.trace)
        and any(event.kind == "refused" and event.n > cause.n for event in events)
        for events in evidence.trace.by_connection.values()
    )
    widest = max(note.latest - event.earliest for event in broken)
    if not gone and widest > SAME_MOMENT + evidence.timing.tolerance:
        return undecidable(
            f"Connections were seen to end at the same time, {told}, after "
            f"{seconds(widest)} in which wsbeat did not look. When each of them ended is unknown.",
            *in_order(cause, *broken[:ENDS_SHOWN]),
        )
    return violated(
        message,
        *in_order(cause, *broken[:ENDS_SHOWN]),
        expected="connections that nothing was wrong with stay open",
        actual=f"{told} ended within {seconds(note.latest - note.earliest)}"
        + (", and nobody listened any more" if gone else "")
        + (", in a crowd in which somebody is reset or closed all the time" if is_crowd else ""),
        provisional=is_crowd or not gone or cause.content != Ended("local", CUT),
    )


def is_named(end: Event, evidence: Evidence) -> bool:
    """Whether an end was a Close for want of heartbeats, as only one that is due explains it."""
    dialect, close = evidence.trace.dialect, end.content
    return isinstance(close, Close) and dialect.names_itself(close.code, close.reason)


def was_due(end: Event, evidence: Evidence) -> bool:
    """Whether a connection had been silent for as long as it may be."""
    most = silent_for(end, evidence)
    return most is not None and most + RESOLUTION >= evidence.timing.heartbeat_timeout


def silent_for(end: Event, evidence: Evidence) -> float | None:
    """For how long (seconds) nothing had restarted the clock of a connection, at the most."""
    [connection] = (each for each in evidence.connections if each.number == end.connection)
    restart = connection.last_restart_before(end)
    return None if restart is None else elapsed(restart, end)[1]


def may_come_of_a_message(broken: Sequence[Event], evidence: Evidence) -> bool:
    """Whether a message was under way on one of the connections that ended at once."""
    return any(
        departure.suspects for _, departure in evidence.departures() if departure.event in broken
    )


def collapses(evidence: Evidence) -> Iterator[tuple[Event, list[Event], Event]]:
    """The ends of all connections at once: what came just before, the ends, and their note.

    One that was never open, or that may have been ended by right, has no part in that.
    """
    departures = [departure for _, departure in evidence.departures()]
    never_open = {each.number for each in evidence.connections if each.opened is None}
    causes = [each.event for each in departures if each.cause in ("heartbeat", "harness")]
    causes += [each.event for each in departures if was_allowed(each, evidence)]
    causes += [each.was_cut for each in evidence.connections if each.was_cut is not None]
    for note in evidence.trace.collapses:
        broken = [
            each.event
            for each in departures
            if each.cause == "collapse"
            and each.event.connection not in never_open
            and not (each.was_reset and was_due(each.event, evidence))
            and note.earliest - GRAIN <= each.event.latest <= note.latest + GRAIN
        ]
        first = min((event.n for event in broken), default=0)
        before = [
            cause
            for cause in causes
            if cause.n < first and cause.latest >= note.earliest - SAME_MOMENT
        ]
        if before:
            yield max(before, key=lambda cause: cause.n), broken, note


def was_allowed(departure: Departure, evidence: Evidence) -> bool:
    """Whether a connection was ended for a message as the server may."""
    blamed = departure.blamed
    return blamed is not None and may_end(
        blamed.message, evidence.trace.dialect, departure.close, departure.event
    )


def in_order(*events: Event) -> list[Event]:
    return sorted(events, key=lambda event: event.n)

"""Traces with their times rounded, and put on a grid."""

from __future__ import annotations

from dataclasses import replace

from conformance.trace.event import Event
from conformance.trace.trace import Trace
from spec import load_timing

DIGITS = 6
"""To the microsecond: what lies below it is arithmetic."""

STARTED, TARGET = "2026-01-01T00:00:00+00:00", "ws://127.0.0.1/ws"

GRID = 8
"""Into how many parts a second is divided where all times are exact."""

EXACT = load_timing(
    {
        "name": "exact",
        "heartbeat_interval": 0.5,
        "heartbeat_timeout": 1.5,
        "check_interval": 0.5,
        "reconnect_delay": 0.25,
        "reconnect_jitter": 0.25,
        "reconnect_cap": 3,
        "reply_deadline": 0.25,
        "pong_timeout": 0.375,
        "interval_tolerance": 0.25,
        "tolerance": 0.125,
    }
)
"""Timing in whole eighths of a second, which binary fractions hold exactly."""


def even(trace: Trace) -> Trace:
    """A trace with its times rounded, and of no particular day and port."""
    events = tuple(_rounded(event) for event in trace.events)
    return replace(trace, events=events, started=STARTED, target=TARGET, source=None)


def on_a_grid(trace: Trace) -> Trace:
    """A trace whose times are few, and exact: much of it happens exactly at a limit.

    What is to be measured from it is a multiple of an eighth of a second, and so are the limits.
    """
    events = tuple(
        replace(
            event,
            earliest=round(event.earliest * GRID) / GRID,
            latest=round(event.latest * GRID) / GRID,
            content=round(event.content * GRID) / GRID
            if isinstance(event.content, float)
            else event.content,
        )
        for event in trace.events
    )
    return replace(even(trace), events=events, timing=EXACT)


def _rounded(event: Event) -> Event:
    earliest, latest = round(event.earliest, DIGITS), round(event.latest, DIGITS)
    return replace(event, earliest=earliest, latest=latest)

"""Moments of a trace: how finely their times are kept."""

from __future__ import annotations

MICROSECONDS = 6
"""How many digits of a second are kept, in memory as in files."""


def in_microseconds(seconds: float) -> float:
    """A time as a trace keeps it, so that what is judged of a file is what was judged at once."""
    return round(seconds, MICROSECONDS)

"""How long a scenario waits for what is due, so that it is seen to come too late."""

from __future__ import annotations

import spec

SLACK = 1.6
"""How many times the tolerance is waited beyond a bound: what comes just too late is still seen."""


def certainly_late(due: float, timing: spec.Timing) -> float:
    """When what is due after so many seconds is too late for certain, in seconds."""
    return due + SLACK * timing.tolerance

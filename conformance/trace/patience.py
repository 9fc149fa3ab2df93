"""How long wsbeat waits for what ought to come: what a trace does not show by then, never came."""

from __future__ import annotations

import spec

TIMES = 3
"""How many times as long as a reply may take: what comes too late is told from what never comes."""


def patience(timing: spec.Timing) -> float:
    """How long (seconds) that is; longer than any bound on an answer."""
    return TIMES * (timing.reply_deadline + timing.tolerance)

"""Clocked scenarios of a run on a server: measured side by side, and once more alone."""

from __future__ import annotations

CLOSES = frozenset({"S-TIMEOUT-LATEST", "B-TIMEOUT"})
"""What a server breaks that closes nothing."""

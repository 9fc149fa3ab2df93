"""Upper bounds on time, as rules on clients judge them."""

from __future__ import annotations

from functools import partial

from conformance.evidence.client.interval import is_late, is_slight, not_sure
from conformance.rules import bounds

OF_A_CLIENT = bounds.Lateness(is_late, not_sure, is_provisional=is_slight)

at_most = partial(bounds.at_most, lateness=OF_A_CLIENT)
"""Judges an upper bound, where the client may be late by little for the machine's sake."""

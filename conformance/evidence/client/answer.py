"""The answer to an attempt, and whether the client may have given up before it was there.

A client may do so as soon as it likes (C-ANSWER-MISSING), and none likes to at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.evidence.client.beat import ON_THE_WAY
from conformance.evidence.client.interval import strain
from conformance.trace.event import Event

if TYPE_CHECKING:
    from conformance.evidence.client.attempt import Attempt

REQUEST_AT_ONCE = 0.1
"""How soon (seconds) after TCP was connected the request comes of a client that wants it now."""


def was_kept_waiting(attempt: Attempt) -> bool:
    """Whether an attempt had its answer so late that it may have been given up before."""
    answer = attempt.opened or attempt.first("refused")
    return answer is not None and answer.latest - attempt.began.earliest > REQUEST_AT_ONCE


def may_be_unanswered(attempt: Attempt, end: Event) -> bool:
    """Whether the client may have ended a connection without having read that it was one."""
    if attempt.opened is None or end.kind != "ended" or attempt.first("received") is not None:
        return False
    # Who waited for a processor may be done with an attempt for which the request is still to go.
    late = strain(attempt.trace, attempt.opening.earliest, end.latest)
    if not was_kept_waiting(attempt) and late <= REQUEST_AT_ONCE:
        return False
    return end.earliest - attempt.opened.latest <= ON_THE_WAY + late

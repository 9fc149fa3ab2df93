"""The answer to an attempt, and whether the client may have given up before it was there.

A client may do so as soon as it likes (C-ANSWER-MISSING), and none likes to at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from websockets.frames import CloseCode

from conformance.evidence.client.beat import ON_THE_WAY
from conformance.evidence.client.interval import strain
from conformance.trace.event import Close, Event

if TYPE_CHECKING:
    from conformance.evidence.client.attempt import Attempt

REQUEST_AT_ONCE = 0.1
"""How soon (seconds) after TCP was connected the request comes of a client that wants it now."""


def was_kept_waiting(attempt: Attempt) -> bool:
    """Whether an attempt had its answer so late that it may have been given up before."""
    answer = attempt.opened or attempt.first("refused")
    return answer is not None and answer.latest - attempt.began.earliest > REQUEST_AT_ONCE


def may_be_unanswered(attempt: Attempt, end: Event) -> bool:
    """Whether the client may have ended a connection without having read that it was one.

    A browser, which may have read it, then closes with 1001: it does for a page that has not.
    """
    close = end.content if isinstance(end.content, Close) else None
    if end.kind != "ended" and (close is None or close.code != CloseCode.GOING_AWAY):
        return False
    first = attempt.first("received")
    if attempt.opened is None or (first is not None and first.n < end.n):
        return False
    # Who waited for a processor may be done with an attempt for which the request is still to go.
    late = strain(attempt.trace, attempt.opening.earliest, end.latest)
    if not was_kept_waiting(attempt) and late <= REQUEST_AT_ONCE:
        return False
    return end.earliest - attempt.opened.latest <= ON_THE_WAY + late

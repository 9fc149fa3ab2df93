"""The rule on how long a client waits for the answer to an attempt (protocol.md: reconnecting)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late, is_slight, not_sure
from conformance.evidence.interval import elapsed, seconds
from conformance.rules.circumstances import NO_ANSWER_LIMIT
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.rules.rule import client_rule
from conformance.trace.event import Event

BESIDE = frozenset({"C-RECONNECT-SINGLE"})
"""What explains as well that an attempt is not given up, where another was made all the same."""


@client_rule("C-ANSWER-MISSING", not_applicable_when=NO_ANSWER_LIMIT)
def an_attempt_without_an_answer_is_given_up(evidence: ClientEvidence) -> Iterator[Observation]:
    """A request for a connection that gets no answer for `reconnect_cap` is dropped by the client.

    Counted from when the request was read to the end of its TCP connection; `tolerance` is added.
    Shows nothing where an answer came before, where the client had been asked to end, or where its
    process ended.
    """
    limit, trace = evidence.timing.reconnect_cap, evidence.trace
    for attempt in evidence.attempts:
        start, end = attempt.requested, attempt.opened or attempt.seen_until
        if start is None or _was_told(attempt, end, evidence):
            continue
        late, observed = is_late(limit, start, end, trace), elapsed(start, end)
        window = Window("the request", None, limit + evidence.timing.tolerance, observed)
        if late:
            yield violated(
                "A client kept waiting for the answer to an attempt to connect.",
                start,
                end,
                expected=f"the end of the attempt within {seconds(limit)} "
                f"(and {seconds(evidence.timing.tolerance)} of tolerance)",
                actual=f"{'its end after' if attempt.was_dropped else 'no end for'} "
                f"{seconds(observed[0])}",
                window=window,
                provisional=is_slight(limit, start, end, trace),
                among=BESIDE if evidence.is_crowded(attempt) else frozenset(),
            )
        elif late is None:
            yield undecidable(not_sure(trace, start, end), start, end, window=window)
        elif attempt.was_dropped:
            yield satisfied(start, end)


def _was_told(attempt: Attempt, end: Event, evidence: ClientEvidence) -> bool:
    """Whether the client ended, or had been asked to, before this was over."""
    if evidence.asked is not None:
        return end.latest >= evidence.asked.earliest
    return evidence.died is not None and evidence.following(attempt) is None

"""Section 6.3: how long a client whose attempts fail may wait for the next (C-BACKOFF)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late, is_slight
from conformance.evidence.client.returns import Return, growing_beyond, returns_of
from conformance.evidence.interval import elapsed, seconds
from conformance.rules.circumstances import NO_CAP, NO_RECONNECT
from conformance.rules.client.bounds import at_most
from conformance.rules.client.findings.returns import (
    attempt_after,
    came_by_the_cap,
    came_too_soon,
    first_delay,
    latest_first,
    what_ended,
)
from conformance.rules.observation import Observation, violated
from conformance.rules.rule import client_rule

LATE_ANYHOW = frozenset({"C-RECONNECT-CEILING"})
"""What explains as well that a first attempt is late after failures: it is without any, too."""


@client_rule("C-BACKOFF", not_applicable_when={**NO_RECONNECT, **NO_CAP})
def waits_grow_no_further_than_the_cap(evidence: ClientEvidence) -> Iterator[Observation]:
    """A failed attempt is followed by another within `reconnect_cap`; `tolerance` is added.

    So is the second of several short connections in a row, and each further one; a client that
    comes back before `reconnect_delay` shows nothing there. After a
    connection that lasted `heartbeat_interval`, and `tolerance`, the first attempt comes as soon as
    it ever did: within `reconnect_delay` + `reconnect_jitter`. Where the first attempt is late
    without any failure before, there or elsewhere, that belongs to C-RECONNECT-CEILING.
    """
    trace = evidence.trace
    returns = list(returns_of(evidence))
    late_anyway = any(
        not (back.is_failure or back.after_failure or back.hidden)
        and came_by_the_cap(back, evidence)
        and is_late(latest_first(back), back.ceiling_from, attempt_after(back), trace) is not False
        for back in returns
    )
    for back in returns:
        if back.hidden:
            continue
        if back.is_failure:
            yield from _within_the_cap(back, returns, evidence)
        elif back.after_failure and not late_anyway and came_by_the_cap(back, evidence):
            known = [each.lost.failed or each.ceiling_from for each in returns if each is not back]
            before = [each for each in known if each.n < back.floor_from.n]
            for found in first_delay(
                back, evidence, "A client did not return to its first delay; an attempt came late"
            ):
                shown = (*[event.n for event in before[-1:]], *_opened(back), *found.events)
                yield (
                    replace(found, events=shown, among=LATE_ANYHOW)
                    if found.outcome == "violated"
                    else found
                )


def _failure(back: Return) -> str:
    if back.what == "attempt":
        return "a failed attempt"
    return "a short connection that was not the first in a row"


def _opened(back: Return) -> tuple[int, ...]:
    return () if back.lost.opened is None else (back.lost.opened.n,)


def _within_the_cap(
    back: Return, returns: list[Return], evidence: ClientEvidence
) -> Iterator[Observation]:
    cap = evidence.timing.reconnect_cap
    if back.following is not None:
        if back.what != "attempt" and came_too_soon(back):
            return  # What knows no delay shows nothing of its growth.
        yield at_most(
            cap,
            back.ceiling_from,
            back.following.began,
            trace=evidence.trace,
            since=f"the end of {what_ended(back)}",
            late=f"A client waited for longer than the cap after {_failure(back)}.",
        )
        return
    nobody = evidence.nobody_until
    if nobody is None or evidence.died is not None or not growing_beyond(back, returns, cap):
        return
    if is_late(cap, back.ceiling_from, nobody, evidence.trace):
        yield violated(
            "The waits of a client grew from one failure to the next, beyond the cap.",
            back.ceiling_from,
            nobody,
            expected=f"another attempt within {seconds(cap)} "
            f"(and {seconds(evidence.timing.tolerance)} of tolerance)",
            actual=f"none for {seconds(elapsed(back.ceiling_from, nobody)[0])}",
            provisional=is_slight(cap, back.ceiling_from, nobody, evidence.trace),
        )

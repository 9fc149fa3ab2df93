"""Refusals: connections that did not come about, and how certain it is what that says.

What did not come in time may have been kept from it by a busy machine, as nothing else is that is
awaited. When a connection was asked for is not known of one that had no TCP connection in time: its
first event is of when there was one, or of when it was given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.evidence.interval import elapsed, starved
from conformance.trace.event import NO_TCP, NOBODY_LISTENS, Event, Refusal
from conformance.trace.patience import patience
from conformance.trace.trace import Trace


def asked_for(asked: Event, refused: Event, trace: Trace) -> Event:
    """The first event of a connection that was refused, at the time at which it was asked for."""
    if not isinstance(refused.content, Refusal) or refused.content.detail != NO_TCP:
        return asked
    since = max(0.0, min(refused.earliest - patience(trace.timing), asked.earliest))
    return replace(asked, earliest=since, latest=since)


def was_kept_from(trace: Trace, asked: Event, given_up: Event) -> bool:
    """Whether what did not come in time may have been kept from it by a busy machine.

    That is where wsbeat was late meanwhile, or the server waited for a processor, by more than
    `tolerance`.
    """
    timing = trace.timing
    asked = asked_for(asked, given_up, trace)
    timed_out = isinstance(given_up.content, Refusal) and given_up.content.detail == NO_TCP
    if not timed_out and elapsed(asked, given_up)[1] < timing.reply_deadline + timing.tolerance:
        return False
    return trace.lateness + starved(trace, asked, given_up) > timing.tolerance


def shows_that_nobody_listens(events: Sequence[Event], trace: Trace) -> bool:
    """Whether a connection, of which these are the events, was refused because nobody listened.

    It is certain where the system says so. Where there was no answer, it is as far as no busy
    machine explains that, and nobody was let in later.
    """
    refused = next((each for each in events if isinstance(each.content, Refusal)), None)
    if refused is None or any(each.kind == "opened" for each in events):
        return False
    assert isinstance(refused.content, Refusal)
    if refused.content.detail == NOBODY_LISTENS:
        return True
    return (
        refused.content.status is None
        and not was_kept_from(trace, events[0], refused)
        and not any(each.kind == "opened" and each.n > refused.n for each in trace.events)
    )

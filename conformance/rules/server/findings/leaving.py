"""What the end of one connection was for the others: it took them along, or changed nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from conformance.evidence.server.departure import Cause, Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.server.findings.collapse import (
    ENDS_SHOWN,
    all_ended,
    collapses,
    in_order,
    is_named,
    may_come_of_a_message,
    silent_for,
    was_allowed,
    was_due,
)
from conformance.rules.server.findings.silence import EARLY_ANYHOW
from conformance.trace.event import CUT, Ended, Event
from conformance.trace.note import told_to_have_ended

SOON_AFTER = 0.1
"""How long (seconds) after the end of one connection others end that it takes along."""

LONG = 0.5
"""For which part of the limit one is silent that is closed early, and not because others are."""

FEWEST = 2
"""How many have to end so: one may have had a reason of its own."""

FOR_NOTHING: tuple[Cause, ...] = ("unexplained", "collapse", "shutdown")
"""Why connections end on which nothing was said that could be why, and that were not silent."""


def taken_along(evidence: Evidence) -> Iterator[Observation]:
    """The ends of all connections that followed the end of one, be it due or asked for."""
    for cause, broken, note in collapses(evidence):
        if is_a_reset(cause, evidence) or may_come_of_a_message(broken, evidence):
            continue
        if told_to_have_ended(note).were_beside(evidence.connections):
            continue
        named = [each for each in broken if is_named(each, evidence)]
        if named and not was_due(cause, evidence):
            continue
        if len(named) == len(broken) and all(_was_long_silent(each, evidence) for each in named):
            yield undecidable(
                "The last connections were closed for silence with one that was due, some too "
                "early: whether it took them along cannot be told.",
                *in_order(cause, *broken[:ENDS_SHOWN]),
                among=EARLY_ANYHOW | {"S-CLOCK-START"},
            )
            continue
        yield all_ended(
            "The end of one connection took the others along.", cause, broken, note, evidence
        )


def _was_long_silent(end: Event, evidence: Evidence) -> bool:
    """Whether a connection may have been closed on its own account, if too early.

    A server that looks now and then closes at its last look whoever is left, be it due or not.
    """
    since = silent_for(end, evidence)
    return since is not None and since >= LONG * evidence.timing.heartbeat_timeout


def is_a_reset(cause: Event, evidence: Evidence) -> bool:
    """Whether wsbeat reset a connection: that others end then is for S-SURVIVE.

    Where nothing but the end of another shows how each is judged, one that wsbeat left without a
    Close, as it does in the middle of a message, is told from one that was closed in order.
    """
    if not evidence.trace.dialect.is_protocol and isinstance(cause.content, Ended):
        return cause.content.how == "local"
    return cause.content == Ended("local", CUT)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """That a connection was closed in order, and which of the others ended with it."""

    sent: Event
    over: Event
    others: tuple[Connection, ...]
    along: tuple[Event, ...] = ()

    def covers(self, end: Event) -> bool:
        """Whether something ended as the connection was closed, or soon after."""
        return self.sent.earliest <= end.latest and end.earliest <= self.over.latest + SOON_AFTER


def ended_with_one(evidence: Evidence) -> Iterator[Observation]:
    """What became of others when one was closed in order.

    By wsbeat, or by the server for what it has to close one for. In what way the others end does
    not matter, nor whether all do: it is that nothing was said on them, and that no other ended
    while none was closed. Where connections were reset that may be why.
    """
    if any(each.was_cut is not None for each in evidence.connections):
        return
    leavings = sorted(_leavings(evidence), key=lambda each: each.sent.n)
    along = [(leaving, end) for leaving in leavings for end in leaving.along]
    for leaving in leavings:
        if not leaving.along and (seen := _still_at_work(leaving)) is not None:
            yield satisfied(leaving.sent, seen)
    if len(along) < FEWEST:
        return
    first, _ = along[0]
    shown = in_order(first.sent, *first.along[:ENDS_SHOWN])
    alone = [
        end.event
        for _, end in evidence.departures()
        if _is_for_nothing(end) and not any(each.covers(end.event) for each in leavings)
    ]
    if alone:
        yield undecidable(
            "Connections on which nothing was said ended as another was closed, and as none was.",
            *in_order(*shown, alone[0]),
        )
        return
    yield violated(
        "The end of one connection took others along.",
        *shown,
        expected="connections that nothing was wrong with stay open",
        actual=f"{len(first.along)} of {len(first.others)} ended with it",
        provisional=True,
    )


def ended_with_resets(evidence: Evidence) -> Iterator[Observation]:
    """What ended with connections that were reset, where nothing was said on it.

    Whether all end or a few does not matter: it is that no other ended while none was reset.
    """
    cuts = [each.was_cut for each in evidence.connections if each.was_cut is not None]
    ends = [
        end.event
        for connection, end in evidence.departures()
        if connection.opened is not None and _is_for_nothing(end)
    ]

    def just_before(end: Event) -> Event | None:
        soon = (each for each in cuts if each.n < end.n and _follows(end, each))
        return max(soon, key=lambda each: each.n, default=None)

    along = [(cut, end) for end in ends if (cut := just_before(end)) is not None]
    if len(along) < FEWEST:
        return
    cut, _ = along[0]
    shown = in_order(cut, *(end for _, end in along[:ENDS_SHOWN]))
    if alone := [end for end in ends if just_before(end) is None]:
        yield undecidable(
            "Connections on which nothing was said ended as others were reset, and as none was.",
            *in_order(*shown, alone[0]),
        )
        return
    yield violated(
        "Connections ended when others were reset.",
        *shown,
        expected="connections that nothing was wrong with stay open",
        actual=f"{len(along)} ended with those that were reset",
        provisional=True,
        among=frozenset({"S-INDEPENDENT"}),
    )


def _follows(end: Event, cut: Event) -> bool:
    """Whether a connection ended as another was reset, or soon after."""
    return cut.earliest <= end.latest and end.earliest <= cut.latest + SOON_AFTER


def _leavings(evidence: Evidence) -> Iterator[_Leaving]:
    for connection, departure in evidence.departures():
        sent, over = departure.event, connection.events[-1]
        is_in_order = sent.kind == "sent" or was_allowed(departure, evidence)
        if connection.opened is None or departure.close is None or not is_in_order:
            continue
        others = tuple(
            each
            for each in evidence.connections
            if each is not connection
            and each.opened is not None
            and each.opened.n < sent.n
            and (each.departure is None or each.departure.event.n > sent.n)
        )
        leaving = _Leaving(sent, over, others)
        ends = (each.departure for each in others)
        along = (e.event for e in ends if e and _is_for_nothing(e) and leaving.covers(e.event))
        yield replace(leaving, along=tuple(in_order(*along)))


def _is_for_nothing(end: Departure) -> bool:
    return end.cause in FOR_NOTHING and not end.suspects


def _still_at_work(leaving: _Leaving) -> Event | None:
    """What another connection got in answer to what was said on it after one had been closed."""
    since = leaving.over.latest + SOON_AFTER
    for other in leaving.others:
        for exchange in other.exchanges:
            if exchange.replies and exchange.stimulus.earliest >= since:
                return exchange.replies[0].event
        asked = [e for e in other.idle_talk if e.opcode == "ping" and e.earliest >= since]
        for ping in asked:
            for event in other.events:
                if event.n > ping.n and event.kind == "received" and event.opcode == "pong":
                    return event
    return None

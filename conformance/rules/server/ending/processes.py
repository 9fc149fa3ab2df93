"""Rules on how a server lets go of connections (protocol.md: dropping and shutting down)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.evidence.interval import elapsed, is_late, seconds, starved, why_undecided
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.departure import SHUTDOWN_CODES
from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.silence import Silence, silences_of
from conformance.messages.limits import DROPPED_WITHIN, KEPT_FOR_CERTAIN, SHUTDOWN_LASTS
from conformance.rules.bounds import at_most
from conformance.rules.circumstances import NO_CLOSING, NO_TIMEOUT
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.rule import rule
from conformance.rules.server.findings.aborts import dropped_at_once
from conformance.rules.server.findings.silence import (
    EARLY_ANYHOW,
    LATE_ANYHOW,
    closed_early,
    closed_late,
    not_sure,
)
from conformance.trace.event import Ended, Event

EXPECTED = " or ".join(f"Close {code}" for code in SHUTDOWN_CODES)


@rule("S-DROP", not_applicable_when=NO_CLOSING)
def an_unanswered_close_ends_the_connection(evidence: Evidence) -> Iterator[Observation]:
    """The TCP connection ends within 10 s after a Close that wsbeat left unanswered.

    `tolerance` is added. The 10 s are the same at any timing. What was kept for some seconds more
    is certain; what was ended sooner than that has to be seen again. Who drops the silent without
    a Close, as some dialects let a server choose, keeps none of them.
    """
    yield from dropped_at_once(evidence)
    for connection in evidence.connections:
        close = connection.died
        if close is not None and close.opcode == "close":
            late = "The TCP connection of a client that did not answer a Close was kept."
            yield from _dropped(connection, (close,), evidence, "the Close", late)


@rule("S-HANG-UP")
def a_connection_that_both_sides_closed_ends(evidence: Evidence) -> Iterator[Observation]:
    """The TCP connection ends within 10 s after a Close of both sides, whoever closed first.

    It counts as above. Where wsbeat ended it sooner, or read nothing for good, nothing is said.
    """
    for connection in evidence.connections:
        if connection.died is not None or connection.was_cut is not None:
            continue
        closes = [event for event in connection.events if event.opcode == "close"]
        if {"sent", "received"} <= {event.kind for event in closes}:
            late = "The TCP connection was kept after both sides had sent a Close."
            yield from _dropped(connection, closes, evidence, "the second Close", late)


def _dropped(
    connection: ObservedConnection,
    closes: Sequence[Event],
    evidence: Evidence,
    since: str,
    late: str,
) -> Iterator[Observation]:
    """Judge when the TCP connection ended after the last Close, or that it had not when late."""
    timing, close = evidence.timing, closes[-1]
    ended = next((e for e in connection.events if e.kind in ("ended", "silent")), None)
    if ended is None:
        return
    by_server = isinstance(ended.content, Ended) and ended.content.how != "local"
    least, most = elapsed(close, ended)
    if not by_server and most <= DROPPED_WITHIN + timing.tolerance:
        return
    found = at_most(DROPPED_WITHIN, close, ended, trace=evidence.trace, since=since, late=late)
    if found.outcome == "violated":
        certain = DROPPED_WITHIN + timing.tolerance + KEPT_FOR_CERTAIN
        slack = evidence.trace.lateness + starved(evidence.trace, close, ended)
        actual = found.actual if by_server else f"still open {found.actual}"
        shown = tuple(event.n for event in (*closes, ended))
        found = replace(found, events=shown, actual=actual, provisional=least <= certain + slack)
    yield found


@rule(
    "S-GOING-AWAY",
    not_applicable_when={
        "shutdown left open": "The dialect does not say how a server that shuts down closes."
    },
)
def a_server_that_ends_says_so(evidence: Evidence) -> Iterator[Observation]:
    """A connection that was open when the server was asked to end is closed with 1001 or 1012.

    wsbeat asks with SIGTERM, on a server that it started for this alone; in virtual time it shuts
    uvicorn down, or cancels the function that serves. A connection that is still open 10 s later
    was not closed. The end of a silent connection after its time says nothing.
    """
    for connection in evidence.connections:
        asked, opened = connection.trace.asked_to_end, connection.opened
        if asked is None or opened is None or opened.latest > asked.earliest:
            continue
        departure = connection.departure
        if departure is not None and departure.event.latest < asked.earliest:
            continue
        silent = next((event for event in connection.events if event.kind == "silent"), None)
        late = silent and is_late(SHUTDOWN_LASTS, asked, silent, evidence.trace)
        if silent is not None and late is None:
            yield undecidable(why_undecided(evidence.trace, asked, silent), asked, silent)
        elif silent is not None and late:
            yield violated(
                "A server that was asked to end left a connection open.",
                asked,
                silent,
                expected=f"{EXPECTED} within {seconds(SHUTDOWN_LASTS)}",
                actual=f"still open after {seconds(elapsed(asked, silent)[0])}",
            )
        elif departure is None or departure.cause != "shutdown" or departure.event.kind == "broken":
            continue
        elif departure.close is not None and departure.close.code in SHUTDOWN_CODES:
            yield satisfied(asked, departure.event)
        else:
            yield violated(
                "A server that was asked to end did not say so to its clients.",
                asked,
                departure.event,
                expected=EXPECTED,
                actual=str(departure),
                provisional=departure.was_reset,
            )


@rule("S-MONOTONIC", not_applicable_when=NO_TIMEOUT)
def the_wall_clock_changes_nothing(evidence: Evidence) -> Iterator[Observation]:
    """When the server's wall clock jumps, its connections are closed in the same windows.

    Silent connections are neither closed at once nor kept. Those that ping stay open, which says
    nothing where no silent one was closed in time. Judged beside connections to a server whose
    wall clock does not jump, or does not yet, in virtual time: when those deviate too, the clock is
    not at fault. One that is kept for too long while another is closed after the jump is not kept
    by the clock either.
    """
    silences = silences_of(evidence)
    closes = any(silence.manner == "jumped" and silence.was_in_time for silence in silences)
    for connection in evidence.connections:
        jumps = connection.jumps
        if closes and jumps and len(connection.pings) > 1 and connection.outlived_the_limit:
            yield satisfied(connection.pings[0], *jumps, connection.pings[-1])
    undisturbed = [silence for silence in silences if silence.manner != "jumped"]
    shared_early = any(silence.too_early for silence in undisturbed)
    shared_late = any(silence.deviation in ("late", "never") for silence in undisturbed)
    compared = any(silence.was_in_time for silence in undisturbed)
    # What tells most of it is told first.
    jumped = sorted(
        (silence for silence in silences if silence.manner == "jumped"), key=_was_set_before
    )
    all_are_kept = not any(map(_was_closed_after_all, jumped))
    # Beside one that has been set before there is none that was not.
    among = LATE_ANYHOW if any(map(_was_set_before, jumped)) else frozenset()
    for silence in jumped:
        jumps = silence.connection.jumps
        if silence.unsure:
            yield not_sure(silence, evidence)
        elif silence.too_early and not shared_early:
            early = closed_early(
                silence,
                evidence,
                "A connection was closed too early after the server's wall clock had been set.",
                *jumps,
            )
            others = frozenset() if compared else EARLY_ANYHOW | {"B-TIMEOUT"}
            yield replace(early, among=early.among | others)
        elif silence.deviation == "never" and all_are_kept and not shared_late:
            yield closed_late(
                silence,
                evidence,
                "A silent connection was kept open after the server's wall clock had been set.",
                *jumps,
                among=among,
            )
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, *jumps, silence.end)


def _was_set_before(silence: Silence) -> bool:
    """Whether the wall clock was only set before the connection fell silent."""
    return all(jump.n < silence.since.n for jump in silence.connection.jumps)


def _was_closed_after_all(silence: Silence) -> bool:
    """Whether the server closed a connection after its wall clock had been set back."""
    back = [
        jump
        for jump in silence.connection.jumps
        if isinstance(jump.content, float) and jump.content < 0
    ]
    return silence.departure is not None and bool(back) and not silence.too_early

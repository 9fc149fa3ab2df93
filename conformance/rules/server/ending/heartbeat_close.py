"""The Close that a silent connection gets (protocol.md, section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.evidence.interval import is_early
from conformance.evidence.server.blame.suspicion import suspects_at
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.rules.circumstances import NO_TIMEOUT
from conformance.rules.ends import charged_with, or_given_up
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.rule import rule
from conformance.rules.server.findings.silence import EARLY_ANYHOW, or_torn_away
from conformance.trace.event import Close, Event
from spec.dialect.dialect import Dialect


@rule("S-TIMEOUT-CODE", not_applicable_when=NO_TIMEOUT)
def the_heartbeat_close_has_its_code_and_reason(evidence: Evidence) -> Iterator[Observation]:
    """A connection closed for want of pings gets a Close 1000 with the reason `heartbeat timeout`.

    Every end of a silent connection after the limit is one, unless something else explains it. The
    reason may be given for nothing else: not in answer to a Close that had another, before the
    limit was reached.
    """
    dialect = evidence.trace.dialect
    for connection, departure in evidence.departures():
        if departure.event.kind == "sent" and departure.close is not None:
            yield from _wrong_answers(connection, departure.event, departure.close)
        close, restart = departure.close, connection.last_restart_before(departure.event)
        shown = [departure.event] if restart is None else [restart, departure.event]
        named = close is not None and close.reason == dialect.reason
        if departure.cause in ("harness", "collapse"):
            continue
        if not (named or departure.cause == "heartbeat"):
            continue
        if departure.cause != "heartbeat":
            yield violated(
                "The reason of the heartbeat close was given for something else.",
                *shown,
                expected=f'the reason "{dialect.reason}" for silent connections alone',
                actual=str(departure),
                among=EARLY_ANYHOW if departure.cause == "shutdown" else frozenset(),
            )
        elif _ends_as_it_has_to(departure, dialect):
            yield satisfied(departure.event)
        else:
            suspects = suspects_at(connection, departure.event)
            yield violated(
                "A silent connection was closed with the wrong code or reason.",
                *_with_what_may_be_why(shown, suspects),
                expected=dialect.silent_end,
                actual=str(departure),
                among=charged_with(suspects)
                | or_given_up(connection, departure)
                | or_torn_away(departure, evidence),
            )


def _with_what_may_be_why(shown: Sequence[Event], suspects: Sequence[Exchange]) -> list[Event]:
    """What is shown of an end, and the last message under way then, which it may be for."""
    told = {each.n: each for each in (*shown, *(each.stimulus for each in suspects[-1:]))}
    return [event for _, event in sorted(told.items())]


def _ends_as_it_has_to(departure: Departure, dialect: Dialect) -> bool:
    close = departure.close
    if close is None:
        return dialect.ends.abort and departure.event.kind == "ended"
    return dialect.ends.has(close.code) and dialect.reason in (None, close.reason)


def _wrong_answers(connection: Connection, sent: Event, asked: Close) -> Iterator[Observation]:
    """Judge the answer to a Close of wsbeat, if it has the reason that nobody gave."""
    dialect = connection.trace.dialect
    for event in connection.events:
        given = event.content
        if event.n < sent.n or event.kind != "received" or not isinstance(given, Close):
            continue
        if dialect.reason != given.reason or dialect.reason == asked.reason:
            return
        restart = connection.last_restart_known_before(event)
        if restart is None or is_early(connection.timing.heartbeat_timeout, restart, event):
            yield violated(
                "The Close of a client was answered with the reason of the heartbeat close.",
                sent,
                event,
                expected=f'the reason "{dialect.reason}" for silent connections alone',
                actual=str(given),
                provisional=True,
            )
        return

"""What is said of a client that ended a connection though nothing was wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.beat import ON_THE_WAY
from conformance.evidence.client.departure import Departure, gives_up_so
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import strain
from conformance.evidence.client.told import Told
from conformance.evidence.interval import elapsed
from conformance.trace.event import Close, Event


def unasked(evidence: ClientEvidence) -> Iterator[tuple[Attempt, Departure]]:
    """The connections that a client ended though nothing was wrong with them."""
    for connection in evidence.connections:
        departure = connection.departure
        if departure is None or departure.cause != "client":
            continue
        if not _missed_a_control_pong(connection, departure.event):
            yield connection, departure


def _missed_a_control_pong(connection: Attempt, end: Event) -> bool:
    """Whether the harness kept back what RFC 6455 promises to the client's last control Ping.

    Libraries that keep a connection alive by themselves give it up then, and are right: something
    is wrong with it.
    """
    said = [each for each in connection.events if each.n < end.n and each.kind == "received"]
    pings = [each for each in said if each.opcode == "ping"]
    if not pings or elapsed(pings[-1], end)[0] <= ON_THE_WAY:
        return False
    later = [each for each in connection.events if pings[-1].n < each.n < end.n]
    return not any(each.kind == "sent" and each.opcode == "pong" for each in later)


def told_lately(connection: Attempt, end: Event) -> list[tuple[Event, Told]]:
    """What may have ended a connection: said just before, or before a pong that was not heard.

    A client that cannot go on after a message hears no pong any more, and gives up for want of it.
    What it bore before, but for the digits, is not what ended it.
    """
    timing = connection.timing
    found = just_told(connection, end)
    beats = [beat for beat in connection.beats if beat.event.n < end.n]
    close = end.content if isinstance(end.content, Close) else None
    if not beats or not gives_up_so(close, connection.dialect):
        return found
    unheard = beats[-1].event
    if elapsed(unheard, end)[1] < timing.pong_timeout - ON_THE_WAY:
        return found
    before = beats[-2].event.n if len(beats) > 1 else 0
    deaf = [each for each in connection.burdens if before < each[0].n < unheard.n]
    return sorted({each[0].n: each for each in (*deaf, *found)}.values(), key=lambda e: e[0].n)


def just_told(connection: Attempt, end: Event) -> list[tuple[Event, Told]]:
    timing, trace = connection.timing, connection.trace

    def soon(event: Event) -> float:
        return timing.reply_deadline + strain(trace, event.earliest, end.latest)

    return connection.suspects(end, soon)


def told_how(connection: Attempt, departure: Departure, evidence: ClientEvidence) -> str:
    death = died_with(connection, evidence)
    return f"{departure}; the process ended: {death[0].content!s}" if death else str(departure)


def died_with(connection: Attempt, evidence: ClientEvidence) -> tuple[Event, ...]:
    died = evidence.died
    return (died,) if died is not None and evidence.following(connection) is None else ()

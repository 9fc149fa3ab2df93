"""The rule on what a client bears (protocol.md: tolerance)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.departure import Departure
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.hearing import deafened_by, forsaken_after, heard_before
from conformance.evidence.client.returns import returns_of
from conformance.evidence.client.stretches import stretches_of
from conformance.evidence.interval import elapsed, seconds
from conformance.messages import from_client, from_server
from conformance.rules.circumstances import NO_BURDENS
from conformance.rules.client.findings.departures import (
    died_with,
    just_told,
    told_how,
    told_lately,
    unasked,
)
from conformance.rules.client.findings.returns import SHOWN, named
from conformance.rules.client.findings.stretches import charged, counting, not_kept
from conformance.rules.client.reconnect import stayed_away
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.rule import client_rule
from conformance.trace.event import RESOLUTION, Event
from spec.dialect.dialect import FIRST_OF_ITS_OWN

DEAF_ANYHOW = frozenset({"C-RECONNECT"})
"""What explains as well that nothing is heard any more: any message at all, a pong too, is why."""


@client_rule("C-TOLERATE", not_applicable_when=NO_BURDENS)
def a_client_bears_what_it_cannot_use(evidence: ClientEvidence) -> Iterator[Observation]:
    """After a message that it cannot use a client keeps its connection, and its pings come on time.

    Such are all messages of up to 65,536 bytes but pongs that answer a ping. A connection that the
    client ends within `reply_deadline` for no other visible reason is attributed to them, and one
    that it gives up for want of pongs that were sent, or forgets and replaces; so is a heartbeat
    that stops, though two more pings were due after the last of them, and an end from which it does
    not come back though it came back from one before them: it hears nothing any more. Under Plan B
    the witness is the pong to a later ping of the server; in a dialect that does not say when a
    client pings, any ping.
    """
    for connection, departure in unasked(evidence):
        told = told_lately(connection, departure.event)
        noise = [event for event, kind in told if kind in ("echo", "noise")]
        other = evidence.beside(connection)
        if noise and other is not None and other.began.latest < noise[0].earliest:
            continue  # It had another one before (C-RECONNECT-SINGLE).
        if noise and all(kind != "too large" for _, kind in told):
            among = _or_left(connection, departure) | _anyhow(connection, evidence)
            yield violated(
                f"A client did not bear {named(noise, connection)}.",
                *_accepted_so(connection),
                *noise[-SHOWN:],
                departure.event,
                *died_with(connection, evidence),
                expected="the connection stays, and so does the heartbeat",
                actual=told_how(connection, departure, evidence),
                provisional=bool(among) and not just_told(connection, departure.event),
                among=among,
            )
    yield from _forsaken(evidence)
    stretches = stretches_of(evidence)
    counted = counting(stretches)
    for stretch in stretches:
        if stretch.deafened_by and charged(stretch, counted) == "C-TOLERATE":
            yield not_kept(
                stretch,
                f"The heartbeat stopped after {named(stretch.deafened_by, stretch.connection)}.",
            )
        if stretch.disturbance is None or stretch.last_said is None:
            continue
        if stretch.kept:
            yield satisfied(stretch.disturbance, stretch.last_said, stretch.end)
        elif charged(stretch, counted) == "C-TOLERATE":
            last, start = stretch.last_said, stretch.start
            said = [e for e, _ in stretch.connection.told if start.n < e.n <= last.n]
            yield not_kept(
                stretch, f"The heartbeat stopped after {named(said, stretch.connection)}."
            )
    returns = list(returns_of(evidence))
    for back in returns:
        if deafened_by(back, returns):
            among = frozenset() if heard_before(back, returns) else DEAF_ANYHOW
            for found in stayed_away(back, returns, evidence):
                yield replace(found, among=among)
    for connection in evidence.connections:
        if evidence.plan_b:
            yield from _borne_under_plan_b(connection)
        elif evidence.trace.dialect.pings_freely:
            yield from _borne_before_a_ping(connection)


def _accepted_so(connection: Attempt) -> tuple[Event, ...]:
    """How a connection was accepted, if that was in a manner of its own."""
    opened = connection.opened
    return (opened,) if opened is not None and opened.manner else ()


def _forsaken(evidence: ClientEvidence) -> Iterator[Observation]:
    """The connections that a client left as they were, and replaced by others."""
    for earlier, attempt in pairwise(evidence.attempts):
        noise = forsaken_after(earlier, attempt)
        if noise:
            yield violated(
                f"A client did not bear {named(noise, earlier)}: "
                "it connected anew beside the connection.",
                *noise[-SHOWN:],
                attempt.began,
                earlier.seen_until,
                expected="the connection stays, and so does the heartbeat",
                actual=f"another attempt after {seconds(elapsed(noise[-1], attempt.began)[0])}, "
                f"and nothing more on connection {earlier.number}",
            )


def _or_left(connection: Attempt, departure: Departure) -> frozenset[str]:
    """What was broken, rather, if a client left, or missed a pong that it did not hear.

    That is so in dialects in which it gives a connection up as it leaves one: with 1000, or so. And
    whoever ends connections anyhow, does so sometimes shortly after something was said.
    """
    code = None if departure.close is None else departure.close.code
    if said := just_told(connection, departure.event):
        at_once = elapsed(said[-1][0], departure.event)[0] <= RESOLUTION
        return frozenset() if at_once else frozenset({"C-STAY"})
    return frozenset() if (code or 0) >= FIRST_OF_ITS_OWN else frozenset({"C-STAY"})


def _anyhow(connection: Attempt, evidence: ClientEvidence) -> frozenset[str]:
    """What was broken, rather, if it had ended another before on which nobody had said anything."""
    for each, departure in unasked(evidence):
        if each is connection:
            break
        if not each.burdens and departure.event.n < connection.began.n:
            return frozenset({"C-STAY"})
    return frozenset()


def _borne_under_plan_b(connection: Attempt) -> Iterator[Observation]:
    for event, told in connection.told:
        if told != "noise":
            continue
        pings = [later for later, kind in connection.told if kind == "ping" and later.n > event.n]
        for heard in connection.heard:
            if pings and heard.n > pings[0].n and _is_pong(heard, connection):
                yield satisfied(event, pings[0], heard)
                break


def _borne_before_a_ping(connection: Attempt) -> Iterator[Observation]:
    for event, told in connection.told:
        later = [beat.event for beat in connection.beats if beat.event.n > event.n]
        if told == "noise" and later:
            yield satisfied(event, later[0])


def _is_pong(heard: Event, connection: Attempt) -> bool:
    if connection.dialect.client_pings:
        return from_client.is_pong(heard.said, connection.dialect)
    return from_server.is_pong(str(heard.said), connection.dialect)

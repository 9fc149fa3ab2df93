"""Rules on the heartbeat of a client (protocol.md: the heartbeat)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.stretches import Stretch, stretches_of
from conformance.messages.numbers import number_of
from conformance.rules.circumstances import (
    FREE_PINGS,
    NO_PINGS_OF_CLIENTS,
    NO_RECONNECT,
    PUT_OFF_PINGS,
)
from conformance.rules.client.findings.stretches import (
    charged,
    counting,
    is_blurred,
    kept_before,
    named_disturbance,
    not_kept,
    unsure_about,
)
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import quoted
from conformance.rules.rule import OPTIONAL_PINGS, client_rule
from conformance.trace.event import Event


@client_rule("C-PING-FORM", optional_under=OPTIONAL_PINGS, not_applicable_when=NO_PINGS_OF_CLIENTS)
def the_ping_has_its_form(evidence: ClientEvidence) -> Iterator[Observation]:
    """Each ping is a text message, a JSON object with the member `type` and no other.

    A binary message that would be a ping as text is one in the wrong form. Of a client that sends
    no proper ping though one is due, every short message with the word is taken for its ping.
    In a dialect whose numbers have to rise, each has one above that of the ping before.
    """
    dialect = evidence.trace.dialect
    for connection in evidence.connections:
        highest: tuple[int, Event] | None = None
        for beat in connection.beats:
            number = number_of(beat.event.said, dialect) if dialect.rising else None
            if not beat.fault and number is not None and highest and number <= highest[0]:
                yield violated(
                    "A ping has a number that is not above that of the one before.",
                    highest[1],
                    beat.event,
                    expected=f"a number above {highest[0]}",
                    actual=quoted(beat.event.content),
                )
                continue
            if not beat.fault:
                highest = highest if number is None else (number, beat.event)
                yield satisfied(beat.event)
                continue
            yield violated(
                f"A ping does not have the form of one: {beat.fault}.",
                beat.event,
                expected=f"the text message {evidence.trace.dialect.ping.said.text}",
                actual=quoted(beat.event.content),
            )


@client_rule("C-PING-FIRST", not_applicable_when=FREE_PINGS)
def the_first_ping_comes_in_time(evidence: ClientEvidence) -> Iterator[Observation]:
    """The first ping of a connection comes by `heartbeat_interval` after it opened.

    Counted from when the 101 was sent; `tolerance` is added. Not judged where the harness said
    something before: that belongs to C-TOLERATE or C-PING-ALWAYS.
    """
    stretches = stretches_of(evidence)
    mine = [s for s in stretches if s.is_first and s.undisturbed]
    late = "The first ping of a connection did not come in time."
    yield from _judged("C-PING-FIRST", mine, stretches, late=late)


@client_rule("C-PING-CADENCE", not_applicable_when=FREE_PINGS)
def the_next_ping_comes_one_interval_later(evidence: ClientEvidence) -> Iterator[Observation]:
    """Two pings arrive `heartbeat_interval` apart, give or take `interval_tolerance` of it.

    Each gap is judged by itself; one that a late harness did not see sharply is passed over where
    it saw others. Gaps in which the harness said something, or answered late or
    not at all, belong to C-PING-ALWAYS or C-TOLERATE; gaps that are too short only after a
    reconnect, to C-PING-SINGLE.
    """
    stretches = stretches_of(evidence)
    mine = [s for s in stretches if not s.is_first and s.undisturbed]
    early = "A ping came too soon after the one before."
    late = "A ping did not come in time after the one before."
    yield from _judged("C-PING-CADENCE", mine, stretches, late=late, early=early)


@client_rule("C-PING-ALWAYS", not_applicable_when={**FREE_PINGS, **PUT_OFF_PINGS})
def nothing_keeps_a_client_from_its_pings(evidence: ClientEvidence) -> Iterator[Observation]:
    """The next ping comes when it is due though other messages came, or the pong was slow or lost.

    So it does where the client itself sends something else. Judged beside an interval in which
    nothing else happened: where that is not kept either, C-PING-FIRST or C-PING-CADENCE is broken.
    A heartbeat that never comes back after a message belongs to C-TOLERATE; a connection that is
    given up for want of a pong, to C-PONG-MISSING.
    """
    stretches = stretches_of(evidence)
    mine = [s for s in stretches if not s.undisturbed or s.own is not None]
    yield from _judged("C-PING-ALWAYS", mine, stretches)


@client_rule("C-PING-SINGLE", not_applicable_when={**FREE_PINGS, **NO_RECONNECT})
def there_is_one_heartbeat_timer(evidence: ClientEvidence) -> Iterator[Observation]:
    """After a reconnect pings are as far apart as they were on an earlier connection.

    Pings that come too soon only on later connections are those of a timer that was not stopped, or
    of what else an earlier connection left behind.
    """
    stretches = stretches_of(evidence)
    gaps, counted = [s for s in stretches if not s.is_first and s.undisturbed], counting(stretches)
    for stretch in gaps:
        if not any(s.kept and s.place < stretch.place for s in gaps):
            continue
        if charged(stretch, counted) == "C-PING-SINGLE" and stretch.deviation == "early":
            yield not_kept(
                stretch,
                "A ping came sooner after the one before than on an earlier connection.",
                kept_before(stretch, stretches),
                evidence,
            )
        elif stretch.kept:
            yield satisfied(stretch.start, stretch.end)


def _judged(
    requirement: str, mine: list[Stretch], stretches: list[Stretch], late: str = "", early: str = ""
) -> Iterator[Observation]:
    seen_well, counted = any(stretch.kept for stretch in mine), counting(stretches)
    for stretch in mine:
        if stretch.unsure:
            if not (seen_well and is_blurred(stretch)):
                yield unsure_about(stretch)
        elif stretch.kept:
            yield satisfied(stretch.start, stretch.end)
        elif charged(stretch, counted) == requirement:
            message = late if stretch.overdue else early
            earlier = kept_before(stretch, stretches)
            found = not_kept(stretch, message or _put_off(stretch), earlier)
            is_put_off = requirement == "C-PING-ALWAYS"
            yield replace(found, among=_anyhow(stretch)) if is_put_off else found


def _anyhow(stretch: Stretch) -> frozenset[str]:
    """What explains as well that a ping does not come when it is due, whatever was said."""
    return frozenset({"C-PING-FIRST" if stretch.is_first else "C-PING-CADENCE"})


def _put_off(stretch: Stretch) -> str:
    return f"A client did not keep to its pings when {named_disturbance(stretch)}."

"""Rules on what one connection means for another (protocol.md: one connection and the others)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.evidence.interval import elapsed, why_undecided
from conformance.evidence.refusal import asked_for, was_kept_from
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.silence import Beside, Silence, silences_of
from conformance.messages.from_client import Ping
from conformance.rules.circumstances import NO_CLOSING
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.rule import rule
from conformance.rules.server.findings.aborts import dropped_beside_one_another
from conformance.rules.server.findings.collapse import (
    all_ended,
    collapses,
    in_order,
    was_due,
)
from conformance.rules.server.findings.leaving import (
    ended_with_one,
    ended_with_resets,
    is_a_reset,
    taken_along,
)
from conformance.rules.server.findings.places import room_left
from conformance.rules.server.findings.silence import LATE_ANYHOW, closed_late, not_sure
from conformance.trace.event import CUT, OVERLOADED, Ended, Event, Refusal

REFUSED_ANYHOW = frozenset({"S-ACCEPT"})
"""What explains a refusal as well that came after resets, where one came without them, too."""


@rule("S-INDEPENDENT", seen_alone=True)
def one_connection_is_nothing_to_another(evidence: Evidence) -> Iterator[Observation]:
    """A silent connection is closed in its own window, though another one pings meanwhile.

    One that is closed late, at the same time as another that pinged later, had that one's clock;
    where the other was opened only afterwards, a late server (S-TIMEOUT-LATEST) is likelier.
    Where all connections end at once, and one of them had to or was ended by wsbeat, the others
    were taken along; not where they were only read at once, because wsbeat was late. Where only a
    part of them does, that may be for what was said beside, unless there was nothing beside.
    In a dialect in which silence ends nothing, others go on after one was closed in order, and
    none of those on which nothing was said ends with it.
    """
    yield from taken_along(evidence)
    if not evidence.trace.dialect.is_protocol:
        yield from ended_with_one(evidence)
    silences = silences_of(evidence)
    for silence in silences:
        if silence.deviation == "never" and silence.prolonged_by is not None:
            yield undecidable(
                "A connection was not closed while another one pinged; "
                "whether that kept it open cannot be told.",
                silence.since,
                silence.prolonged_by,
                silence.end,
            )
        elif silence.departure is None or silence.was_followed:
            continue
        elif silence.deviation == "late" and silence.prolonged_by is not None:
            yield closed_late(
                silence,
                evidence,
                "The ping of another connection kept this one open.",
                silence.prolonged_by,
                among=LATE_ANYHOW,
            )
        elif silence.deviation is None and any(
            silence.since.latest < ping.earliest < silence.end.earliest
            for connection in evidence.connections
            if connection is not silence.connection
            for ping in connection.signs_of_life
        ):
            yield satisfied(silence.since, silence.end)


@rule("S-NO-QUEUE", not_applicable_when=NO_CLOSING)
def a_dead_peer_delays_no_other_close(evidence: Evidence) -> Iterator[Observation]:
    """A silent connection is closed in its own window, though a dead peer is on another one.

    wsbeat is the dead peer: it leaves a Close unanswered or, where the server echoes, asks for some
    10 MB of echoes and reads none of them. Judged where another connection of the trace was closed
    in time before that: a server that closes late in any case has another fault. So has one that
    closes some in time beside the dead peer, and is late elsewhere, too.
    """
    dead = [each.died for each in evidence.connections if each.died is not None]
    yield from _hampered(
        evidence, "a dead peer", dead, "A connection was not closed in time beside a dead peer."
    )
    yield from dropped_beside_one_another(evidence)


@rule("S-SURVIVE")
def resets_leave_the_server_at_work(evidence: Evidence) -> Iterator[Observation]:
    """After resets the server still accepts connections, and still closes silent ones in time.

    Connections are reset in the handshake, before a message, between a message and its reply, in
    the closing handshake, one by one and a hundred at a time. Judged where a connection was closed
    in time, or accepted, before that. A server that had missed others, for which no reset can be
    why, has another fault. 429 and 503 are a server's right when it is full, which it is not when
    all that wsbeat opened is over; nor is 503 while fewer are open than were before. A handshake
    that was given up while wsbeat was late, or the server waited for a processor, decides nothing.
    Only a pong on a new connection and a close in time together show that the server is still at
    work; where one of them was not to be seen, it is looked at once more. In a dialect in which
    silence ends nothing, no connection on which nothing was said ends as others are reset.
    """
    yield from _all_ended_after_a_reset(evidence)
    if not evidence.trace.dialect.has_timeout:
        yield from ended_with_resets(evidence)
    cuts = [each.was_cut for each in evidence.connections if each.was_cut is not None]
    if not cuts:
        return
    closes = list(
        _hampered(
            evidence, "resets", cuts, "A connection was not closed in time after others were reset."
        )
    )
    serves = list(_serves(evidence, max(cuts, key=lambda cut: cut.n)))
    answers = evidence.trace.dialect.clients_are_answered
    wanted = [(("pong" if answers else "message") + " on a new connection", serves)]
    if evidence.trace.dialect.has_timeout:
        wanted.insert(0, ("close in time", closes))
    wanting = [
        what
        for what, seen in wanted
        if not any(observation.outcome == "satisfied" for observation in seen)
    ]
    decided = [each for each in (*closes, *serves) if not wanting or each.outcome != "satisfied"]
    yield from decided
    if wanting and not decided and evidence.trace.was_watched_to_its_end:
        said = _says_that_it_is_full(evidence, max(cuts, key=lambda cut: cut.n))
        why = "" if said is None else f" The server said that it is full ({said.detail})."
        yield undecidable(
            f"After connections were reset there was no {' and no '.join(wanting)}.{why}",
            cuts[0],
        )


def _hampered(
    evidence: Evidence, beside: Beside, causes: list[Event], message: str
) -> Iterator[Observation]:
    """Judge the silences that something on other connections may have prolonged."""
    if not causes:
        return
    first = min(causes, key=lambda event: event.n)
    silences = silences_of(evidence)
    compared = any(silence.was_in_time and silence.beside is None for silence in silences)
    affected = [silence for silence in silences if silence.beside == beside]
    comes_and_goes = any(silence.was_in_time for silence in affected)
    for silence in affected:
        if silence.was_in_time:
            yield satisfied(*in_order(silence.since, first, silence.end))
        elif silence.deviation == "perhaps late":
            yield not_sure(silence, evidence)
        elif silence.is_hampered and not compared:
            yield undecidable(
                "No connection was closed in time before that: whether this one was kept from it "
                "cannot be told.",
                *in_order(silence.since, first, silence.end),
                among=LATE_ANYHOW,
            )
        elif silence.is_hampered:
            late = closed_late(silence, evidence, message, first)
            # What resets have broken for good is not to be seen at work before them again. Else a
            # server may be late because it is so now and then, for several at the same time.
            hopeless = _is_hopeless(silence, evidence) and not comes_and_goes
            is_theirs = hopeless and not evidence.trace.ceased_by_itself
            among = late.among if is_theirs else LATE_ANYHOW | late.among
            yield replace(late, provisional=not hopeless, among=among)


def _all_ended_after_a_reset(evidence: Evidence) -> Iterator[Observation]:
    """The ends of all connections that followed a reset, or an end that is one to a server.

    Where no clock runs, it is seen by itself whether whoever leaves in order takes them along, too.
    Where all of them were due, they may have been ended for their silence, without a Close.
    """
    for cause, broken, note in collapses(evidence):
        if is_a_reset(cause, evidence):
            seen = all_ended(
                "All connections ended when one was reset.", cause, broken, note, evidence
            )
            is_one = cause.content == Ended("local", CUT) and evidence.trace.dialect.has_timeout
            are_due = seen.provisional and all(was_due(each, evidence) for each in broken)
            others = frozenset({"S-TIMEOUT-CODE"} if are_due else ())
            yield replace(seen, among=others if is_one else others | {"S-INDEPENDENT"})


def _is_hopeless(silence: Silence, evidence: Evidence) -> bool:
    """Whether a connection stayed open for longer than any busy machine explains."""
    timing = evidence.timing
    watched = elapsed(silence.since, silence.end)[0]
    return silence.deviation == "never" and watched > timing.latest_close + timing.heartbeat_timeout


def _serves(evidence: Evidence, last: Event) -> Iterator[Observation]:
    """Judge what became of the connections that were asked for after the last reset."""
    was_watched = evidence.trace.was_watched_to_its_end
    opened_before = any(
        connection.opened is not None and connection.opened.n < last.n
        for connection in evidence.connections
    )
    for connection in evidence.connections:
        asked = connection.events[0]
        if asked.n < last.n:
            continue
        refused = next((e for e in connection.events if e.kind == "refused"), None)
        if refused is None:
            if opened_before:
                yield from _answers(connection)
        elif not isinstance(refused.content, Refusal):
            continue
        elif refused.content.status in OVERLOADED:
            yield from _full(refused.content, last, asked, refused, evidence)
        elif opened_before and was_kept_from(evidence.trace, asked, refused):
            since = asked_for(asked, refused, evidence.trace)
            yield undecidable(why_undecided(evidence.trace, since, refused), asked, refused)
        elif opened_before and refused.content.status is None and not was_watched:
            yield undecidable(
                "Connections were reset, and then none was accepted any more. This was not watched "
                "to its end, as in a crowd, where one is reset all the time: what ended the server "
                "cannot be told.",
                last,
                asked,
                refused,
            )
        elif opened_before:
            yield violated(
                "The server accepts no connection after others were reset.",
                last,
                asked,
                refused,
                expected="a 101",
                actual=refused.content.detail,
                provisional=True,
                among=REFUSED_ANYHOW,
            )


def _full(
    refusal: Refusal, last: Event, asked: Event, refused: Event, evidence: Evidence
) -> Iterator[Observation]:
    """Judge a refusal after resets that says that the server is full."""
    known_since = asked.earliest - evidence.timing.latest_close
    room = room_left(asked, refusal, evidence, known_since)
    if room is not None and _is_long_gone(last, asked, evidence):
        yield violated(
            f"The server says that it is full, though {room}.",
            last,
            asked,
            refused,
            expected="a 101: whatever was open was reset or closed",
            actual=refusal.detail,
            provisional=True,
        )
    elif (room := room_left(asked, refusal, evidence, asked.earliest)) is not None:
        yield undecidable(
            f"The server says that it is full, though {room}. Whether it knew by then what had "
            "ended cannot be told.",
            last,
            asked,
            refused,
        )


def _says_that_it_is_full(evidence: Evidence, last: Event) -> Refusal | None:
    """How a server refused who came after the last reset, if it said that it takes no more."""
    later = (each for events in evidence.connections for each in events.events if each.n > last.n)
    said = (each.content for each in later if isinstance(each.content, Refusal))
    return next((each for each in said if each.status in OVERLOADED), None)


def _is_long_gone(last: Event, asked: Event, evidence: Evidence) -> bool:
    """Whether a server had time enough to close what it may not have seen reset."""
    return asked.earliest - last.latest >= evidence.timing.latest_close


def _answers(connection: Connection) -> Iterator[Observation]:
    dialect = connection.trace.dialect
    if not dialect.clients_are_answered:
        # It is at work if it says anything: its part of the prelude, or a ping. One that has
        # nothing to say shows by its closes that it is, which are asked for beside this.
        if not dialect.server_pings and not dialect.prelude and connection.opened is not None:
            yield satisfied(connection.opened)
        said = [e for e in connection.events if e.opcode == "text"]
        spoke = [e for e in said if e.kind in ("heard_first", "received")]
        if spoke and connection.opened is not None:
            yield satisfied(connection.opened, spoke[0])
    for exchange in connection.exchanges:
        if isinstance(exchange.message, Ping) and exchange.replies:
            yield satisfied(exchange.stimulus, exchange.replies[0].event)

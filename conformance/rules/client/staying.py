"""The rule on what a client keeps (protocol.md: C-STAY, in the missing pong)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.beat import ON_THE_WAY
from conformance.evidence.client.departure import Departure, gives_up_so
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late, is_slight, not_sure, strain
from conformance.evidence.client.told import begun_with, noted, told_by_browser
from conformance.evidence.interval import elapsed, seconds
from conformance.messages.json_text import value_of
from conformance.rules.client.findings.departures import died_with, told_how, told_lately, unasked
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.rule import client_rule
from conformance.trace.event import RESOLUTION, Event
from conformance.trace.note import OFFERED
from spec.dialect.dialect import Stage

FALSE_START = (
    "A client ended its first connection at once, and opened another. A page does so that is "
    "developed in React's StrictMode, which mounts it twice: check what is built for production."
)
"""What is said of a connection that was begun twice: it is the commonest reason."""


@client_rule("C-STAY")
def a_client_connects_and_stays(evidence: ClientEvidence) -> Iterator[Observation]:
    """A client that was started connects, and does not end a connection whose pings are answered.

    Not judged where it was asked to end, where it may have given up before it knew of a late answer
    (C-ANSWER-MISSING), where a ping was not answered in time (C-PONG-MISSING),
    where it had just been sent what it cannot use (C-TOLERATE), and where it had another connection
    beside (C-RECONNECT-SINGLE). In a dialect with a prelude it has to go through that, and say each
    of its messages within `reply_deadline`; `tolerance` is added.
    """
    if not evidence.attempts:
        end = evidence.died or (None if evidence.asked else evidence.nobody_until)
        if any(event.kind == "certificate" for event in evidence.trace.events):
            return  # It may have no TLS: that nothing of C-TLS-VERIFY was seen is said of that.
        if evidence.started is None or end is None:
            return
        if not evidence.shut_between(evidence.started, end):  # C-RECONNECT
            how = f"the process ended: {end.content!s}" if end is evidence.died else "nobody came"
            yield violated(
                "A client that was started did not connect.",
                evidence.started,
                end,
                expected="an attempt to connect",
                actual=f"{how}, after {seconds(elapsed(evidence.started, end)[0])}",
            )
        return
    for connection, departure in unasked(evidence):
        if told_lately(connection, departure.event) or connection.was_paused:
            continue
        if evidence.beside(connection) is not None or _fell_with_the_last(connection, evidence):
            continue
        assert connection.opened is not None
        if _stood_still(connection, departure):
            yield undecidable(
                not_sure(evidence.trace, connection.beats[-1].event, departure.event),
                connection.beats[-1].event,
                departure.event,
            )
            continue
        pongs = [beat.pong for beat in connection.beats if beat.pong is not None]
        yield violated(
            FALSE_START
            if evidence.is_false_start(connection)
            else f"A client ended a connection that it had no reason to end{_cut(connection)}.",
            *_before(connection, evidence),
            *_offered(connection),
            connection.opened,
            *[part for pong in pongs[-1:] for part in begun_with(pong, connection.events)],
            *pongs[-1:],
            *told_by_browser(evidence.trace, departure.event),
            departure.event,
            *died_with(connection, evidence),
            expected="the connection stays, as its pings are answered",
            actual=told_how(connection, departure, evidence),
            provisional=bool(pongs)
            and (
                elapsed(pongs[-1], departure.event)[0] <= evidence.timing.tolerance
                or strain(evidence.trace, pongs[-1].earliest, departure.event.latest) > 0
            ),
            among=_died_connecting(connection, departure, evidence),
        )
    for connection in evidence.connections:
        if not evidence.is_crowded(connection):
            yield from _introduced(connection)
    timing = evidence.timing
    for connection in evidence.connections:
        assert connection.opened is not None
        beats = connection.beats
        owes_pongs = connection.dialect.pong is not None
        answered = [b for b in beats if not owes_pongs or b.answered_within(timing.pong_timeout)]
        ended_it = connection.departure is not None and connection.departure.cause == "client"
        long_enough = connection.lasted > timing.heartbeat_interval + timing.pong_timeout
        if long_enough and not ended_it and len(answered) == len(beats):
            yield satisfied(connection.opened, *[beat.event for beat in beats[-1:]])


NO_SUBPROTOCOL = (
    ", when it was accepted without any of the subprotocols that it had offered: the protocol has "
    "none, and where one is offered many a library ends such a connection"
)
"""What is said of a client that offered one, and ended its connection before it said anything."""


def _offered(connection: Attempt) -> tuple[Event, ...]:
    """The note that it was offered a subprotocol, if nothing else was said."""
    note = noted(connection.events, OFFERED)
    return () if note is None or connection.heard else (note,)


def _died_connecting(
    connection: Attempt, departure: Departure, evidence: ClientEvidence
) -> frozenset[str]:
    """What was broken, rather, if its process died before it can have read that it is accepted."""
    assert connection.opened is not None
    died = bool(died_with(connection, evidence)) and not connection.heard
    at_once = elapsed(connection.opened, departure.event)[0] <= RESOLUTION
    return frozenset({"C-RECONNECT"}) if died and at_once else frozenset()


def _cut(connection: Attempt) -> str:
    """What is said where the pong that came last may not have been taken for one."""
    if _offered(connection):
        return NO_SUBPROTOCOL
    if not connection.heard and connection.opened is not None and connection.opened.manner:
        return f", when it was accepted {connection.opened.manner}: such a 101 is as good as any"
    pongs = [beat.pong for beat in connection.beats if beat.pong is not None]
    is_cut = bool(pongs) and bool(begun_with(pongs[-1], connection.events))
    return ", where its last pong came in several frames" if is_cut else ""


def _introduced(connection: Attempt) -> Iterator[Observation]:
    """What is to be said of a client that does not go through the prelude of its dialect."""
    timing, prelude = connection.timing, connection.dialect.prelude
    end = connection.over or connection.first("silent")
    if not prelude or connection.ready is not None or connection.opened is None or end is None:
        return
    spoken = [each for each in connection.events if each.kind in ("said_first", "heard_first")]
    last = spoken[-1] if spoken else connection.opened
    if is_late(timing.reply_deadline, last, end, connection.trace):
        owed = _owed_first(connection, [each for each in spoken if each.kind == "heard_first"])
        yield violated(
            "A client did not go through the prelude of its dialect.",
            connection.opened,
            *spoken,
            end,
            expected="the prelude" if owed is None else owed.form.said.text,
            actual=f"none for {seconds(elapsed(last, end)[0])}",
            provisional=is_slight(timing.reply_deadline, last, end, connection.trace),
        )


def _owed_first(connection: Attempt, heard: Sequence[Event]) -> Stage | None:
    """What a client has to say next in a prelude: what it may leave out it need not have said."""
    left = [each for each in connection.dialect.prelude if each.by == "client"]
    for event in heard:
        text = str(event.said)
        for stage in left:
            if stage.form.read(text, value_of(text)) is not None:
                left.remove(stage)
                break
            if not stage.optional:
                break
    return next((each for each in left if not each.optional), None)


def _fell_with_the_last(connection: Attempt, evidence: ClientEvidence) -> bool:
    """Whether it was one connection too many, of a client that had come to an end for good."""
    is_over = any(each.ended_for_good for each in evidence.connections)
    return is_over and connection in evidence.strays


def _before(connection: Attempt, evidence: ClientEvidence) -> tuple[Event, ...]:
    """The last ping of the attempt before, and its end: a client may confuse the two."""
    place = evidence.attempts.index(connection)
    if place == 0:
        return ()
    earlier = evidence.attempts[place - 1]
    found = [*[beat.event for beat in earlier.beats[-1:]], earlier.over]
    return tuple(event for event in found if event is not None and event.n < connection.began.n)


def _stood_still(connection: Attempt, departure: Departure) -> bool:
    """Whether a client that gave up may have had the pong before it, but no time to read it.

    Where the harness was late at all, so was the client, which may have had more to do.
    """
    beats = connection.beats
    if not beats or not gives_up_so(departure.close, connection.dialect):
        return False
    last = beats[-1].event
    busy = strain(connection.trace, last.earliest, departure.event.latest)
    waited = elapsed(last, departure.event)[1] >= connection.timing.pong_timeout - ON_THE_WAY
    return waited and busy > 0

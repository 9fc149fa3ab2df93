"""Rules on what a client bears, and on what it keeps (protocol.md: tolerance, and C-STAY)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.beat import ON_THE_WAY
from conformance.evidence.client.departure import Departure, gives_up_so
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late, is_slight, not_sure, strain
from conformance.evidence.client.returns import deafened_by, returns_of
from conformance.evidence.client.stretches import stretches_of
from conformance.evidence.client.told import Told
from conformance.evidence.interval import elapsed, seconds
from conformance.messages import from_client, from_server
from conformance.messages.json_text import value_of
from conformance.rules.circumstances import NO_BURDENS
from conformance.rules.client.reconnect import stayed_away
from conformance.rules.client.return_findings import SHOWN, named
from conformance.rules.client.stretch_findings import charged, not_kept
from conformance.rules.observation import Observation, satisfied, undecidable, violated
from conformance.rules.rule import client_rule
from conformance.trace.event import Close, Event
from spec.dialect.dialect import FIRST_OF_ITS_OWN, Stage

FALSE_START = (
    "A client ended its first connection at once, and opened another. A page does so that is "
    "developed in React's StrictMode, which mounts it twice: check what is built for production."
)
"""What is said of a connection that was begun twice: it is the commonest reason."""


@client_rule("C-TOLERATE", not_applicable_when=NO_BURDENS)
def a_client_bears_what_it_cannot_use(evidence: ClientEvidence) -> Iterator[Observation]:
    """After a message that it cannot use a client keeps its connection, and its pings come on time.

    Such are all messages of up to 65,536 bytes but pongs that answer a ping. A connection that the
    client ends within `reply_deadline` for no other visible reason is attributed to them, and one
    that it gives up for want of pongs that were sent; so is a heartbeat that stops, though two more
    pings were due after the last of them, and an end from which it does not come back though it
    came back from one before them: it hears nothing any more. Under Plan B the witness is the pong
    to a later ping of the server; in a dialect that does not say when a client pings, any ping.
    """
    for connection, departure in _unasked(evidence):
        told = _told_lately(connection, departure.event)
        noise = [event for event, kind in told if kind in ("echo", "noise")]
        if noise and all(kind != "too large" for _, kind in told):
            among = _or_left(connection, departure)
            yield violated(
                f"A client did not bear {named(noise)}.",
                *noise[-SHOWN:],
                departure.event,
                *_death(connection, evidence),
                expected="the connection stays, and so does the heartbeat",
                actual=_how(connection, departure, evidence),
                provisional=bool(among),
                among=among,
            )
    stretches = stretches_of(evidence)
    for stretch in stretches:
        if stretch.deafened_by and charged(stretch, stretches) == "C-TOLERATE":
            yield not_kept(stretch, f"The heartbeat stopped after {named(stretch.deafened_by)}.")
        if stretch.disturbance is None or stretch.last_said is None:
            continue
        if stretch.kept:
            yield satisfied(stretch.disturbance, stretch.last_said, stretch.end)
        elif charged(stretch, stretches) == "C-TOLERATE":
            last, start = stretch.last_said, stretch.start
            said = [e for e, _ in stretch.connection.told if start.n < e.n <= last.n]
            yield not_kept(stretch, f"The heartbeat stopped after {named(said)}.")
    returns = list(returns_of(evidence))
    for back in returns:
        if deafened_by(back, returns):
            yield from stayed_away(back, returns, evidence)
    for connection in evidence.connections:
        if evidence.plan_b:
            yield from _borne_under_plan_b(connection)
        elif evidence.trace.dialect.pings_freely:
            yield from _borne_before_a_ping(connection)


@client_rule("C-STAY")
def a_client_connects_and_stays(evidence: ClientEvidence) -> Iterator[Observation]:
    """A client that was started connects, and does not end a connection whose pings are answered.

    Not judged where it was asked to end, where a ping was not answered in time (C-PONG-MISSING),
    where it had just been sent what it cannot use (C-TOLERATE), and where it had another connection
    beside (C-RECONNECT-SINGLE). In a dialect with a prelude it has to go through that, and say each
    of its messages within `reply_deadline`; `tolerance` is added.
    """
    if not evidence.attempts:
        end = evidence.died or (None if evidence.asked else evidence.nobody_until)
        if evidence.started is not None and end is not None:
            how = f"the process ended: {end.content!s}" if end is evidence.died else "nobody came"
            yield violated(
                "A client that was started did not connect.",
                evidence.started,
                end,
                expected="an attempt to connect",
                actual=f"{how}, after {seconds(elapsed(evidence.started, end)[0])}",
            )
        return
    for connection, departure in _unasked(evidence):
        if _told_lately(connection, departure.event) or connection.was_paused:
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
            else "A client ended a connection that it had no reason to end.",
            *_before(connection, evidence),
            connection.opened,
            *pongs[-1:],
            departure.event,
            *_death(connection, evidence),
            expected="the connection stays, as its pings are answered",
            actual=_how(connection, departure, evidence),
            provisional=bool(pongs)
            and (
                elapsed(pongs[-1], departure.event)[0] <= evidence.timing.tolerance
                or strain(evidence.trace, pongs[-1].earliest, departure.event.latest) > 0
            ),
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


def _unasked(evidence: ClientEvidence) -> Iterator[tuple[Attempt, Departure]]:
    """The connections that a client ended though nothing was wrong with them."""
    for connection in evidence.connections:
        departure = connection.departure
        if departure is not None and departure.cause == "client":
            yield connection, departure


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


def _told_lately(connection: Attempt, end: Event) -> list[tuple[Event, Told]]:
    """What may have ended a connection: said just before, or before a pong that was not heard.

    A client that cannot go on after a message hears no pong any more, and gives up for want of it.
    What it bore before, but for the digits, is not what ended it.
    """
    timing = connection.timing
    found = _just_told(connection, end)
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


def _just_told(connection: Attempt, end: Event) -> list[tuple[Event, Told]]:
    timing, trace = connection.timing, connection.trace

    def soon(event: Event) -> float:
        return timing.reply_deadline + strain(trace, event.earliest, end.latest)

    return connection.suspects(end, soon)


def _or_left(connection: Attempt, departure: Departure) -> frozenset[str]:
    """What was broken, rather, if a client left, or missed a pong that it did not hear.

    That is so in dialects in which it gives a connection up as it leaves one: with 1000, or so.
    """
    code = None if departure.close is None else departure.close.code
    if _just_told(connection, departure.event) or (code or 0) >= FIRST_OF_ITS_OWN:
        return frozenset()
    return frozenset({"C-STAY"})


def _death(connection: Attempt, evidence: ClientEvidence) -> tuple[Event, ...]:
    died = evidence.died
    return (died,) if died is not None and evidence.following(connection) is None else ()


def _how(connection: Attempt, departure: Departure, evidence: ClientEvidence) -> str:
    death = _death(connection, evidence)
    return f"{departure}; the process ended: {death[0].content!s}" if death else str(departure)


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

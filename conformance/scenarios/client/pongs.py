"""What a server may do with its pongs, and with a connection whose pings it does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, cycle

import spec
from conformance.scenarios.client.common.ends import GOING_AWAY, end, passing
from conformance.scenarios.client.common.noise import bears_any, talk_of
from conformance.scenarios.client.common.waits import (
    at_ease,
    comeback,
    first_ping,
    gaps,
    given_up_by,
    returned,
    seen_again,
    talk,
    watched,
)
from conformance.scenarios.client.heartbeat import UNDISTURBED
from conformance.scenarios.scenario import played
from conformance.scenarios.spellings import spellings
from conformance.scenarios.step import Step
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Reception, Spelled
from conformance.wire.client.listener import Listener
from spec.dialect.dialect import Dialect
from spec.dialect.form import Form

SPELLINGS: Sequence[Spelled] = (
    lambda text: text.replace(":", ": "),
    lambda text: f"\n{text.replace('{', '{ ').replace(':', ' : ').replace('}', ' }')}\n",
    lambda text: (
        text.replace("type", "\\u0074ype").replace('"pi', '"p\\u0069').replace('"po', '"p\\u006f')
    ),
)
"""How else a pong, and a ping of Plan B, may be written: the value is what counts (1.5)."""


PINGED_AGAIN = 2.5
"""For how many intervals a client is pinged on a connection that follows another."""


AFTERWARDS = 0.3
"""How long a new connection stands before the old one ends, in fractions of an interval."""


@played(
    "C-STAY",
    "B-CLIENT-PONG",
    lasts=lambda timing: first_ping(timing) + gaps(timing, len(SPELLINGS) + 1),
    suits=lambda dialect: dialect.pong is not None and dialect.pong.heard.is_json,
)
async def spells_its_messages_in_other_ways(listener: Listener, timing: spec.Timing) -> None:
    """Answers pings, and pings under Plan B, with white space and with escapes in its messages."""
    behaviour, dialect = listener.behaviour, listener.dialect
    ways = [*zip(_ways(dialect, dialect.pong), _ways(dialect, dialect.ping), strict=True)]
    listener.behaviour = replace(behaviour, pong=ways[0][0], ping=ways[0][1])
    connection = await listener.first_connection()
    if connection is None:
        return
    for number, (pong, ping) in enumerate(ways, 1):
        connection.behaviour.pong, connection.behaviour.ping = pong, ping
        await connection.has_pinged(number, by=listener.after(first_ping(timing)))
    await connection.ended(by=listener.after(gaps(timing, 1)))


def _is_pinged_seldom(dialect: Dialect) -> bool:
    """Whether a server may ping, and wsbeat does so in few scenarios: it would put pings off."""
    return dialect.server_pings and dialect.pong is not None and not dialect.keeps_the_beat


@played(
    "B-CLIENT-PONG",
    lasts=lambda timing: (
        (len(SPELLINGS) + PINGED_AGAIN) * timing.heartbeat_interval
        + comeback(timing)
        + timing.reply_deadline
    ),
    suits=lambda dialect: not dialect.is_protocol and _is_pinged_seldom(dialect),
)
async def pings_the_client_anew_in_other_ways(listener: Listener, timing: spec.Timing) -> None:
    """Pings the client in other spellings, ends the connection, and pings on the next one."""
    ways, interval = _ways(listener.dialect, listener.dialect.ping), timing.heartbeat_interval
    plain = replace(listener.behaviour, pings_every=interval)
    listener.behaviour = replace(plain, ping=ways[0])
    connection = await listener.first_connection()
    if connection is None:
        return
    # Each is said in the middle of its interval, and answered before the next begins.
    await connection.ended(by=listener.after(1.5 * interval))
    for way in ways[1:]:
        connection.behaviour.ping = way
        await connection.ended(by=listener.after(interval))
    listener.behaviour = plain
    connection.part("eof")
    back = await returned(listener, timing)
    if back is not None:
        await back.ended(by=listener.after(PINGED_AGAIN * interval + timing.reply_deadline))


def _ways(dialect: Dialect, form: Form | None) -> Sequence[Spelled]:
    """In which other ways a message may be written."""
    return SPELLINGS if dialect.is_protocol or form is None else spellings(form)[1:]


UNHEARD = 3
"""How many connections in a row get no pong: some clients take that many for final."""


@played(
    "C-PONG-MISSING",
    "C-RECONNECT",
    lasts=lambda timing: UNHEARD * (given_up_by(timing) + comeback(timing)),
)
async def never_answers_a_ping(listener: Listener, timing: spec.Timing) -> None:
    """Answers no ping at all, on this connection and on those that follow."""
    listener.behaviour = replace(listener.behaviour, pongs=0)
    connection = await listener.first_connection()
    for _ in range(UNHEARD):
        if connection is None:
            return
        await connection.ended(by=listener.after(first_ping(timing) + gaps(timing, 2)))
        if not connection.over:
            return
        connection = await returned(listener, timing)


@played(
    "C-PONG-MISSING",
    lasts=lambda timing: first_ping(timing) + gaps(timing, 2) + comeback(timing),
    suits=bears_any,
)
async def talks_but_answers_no_ping(listener: Listener, timing: spec.Timing) -> None:
    """Answers some pings, then none, and goes on talking, of pongs too: that is no pong."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.pongs = 0
    await talk(listener, connection, timing, gaps(timing, 3), _news(listener.dialect))
    if connection.over:
        await returned(listener, timing)


def _news(dialect: Dialect) -> Iterator[Step]:
    """What a server says that answers no ping."""
    if dialect.is_protocol:
        for number in count(1):
            yield f'{{"type":"news","number":{number},"text":"ping, pong"}}'
    yield from cycle(talk_of(dialect, pongs=bool(dialect.copied)))


@played(
    "C-STAY",
    "C-RECONNECT",
    lasts=lambda timing: (
        first_ping(timing) + gaps(timing, 2) + comeback(timing) + first_ping(timing)
    ),
)
async def cuts_a_connection_with_a_ping_unanswered(listener: Listener, timing: spec.Timing) -> None:
    """Ends a connection just after a ping, without a pong to it, and keeps the next one."""
    connection = await _pinged_once_more(listener, timing)
    if connection is not None:
        connection.part("eof")
        await _keeps_the_next(listener, timing)


@played(
    "C-STAY",
    "C-RECONNECT",
    lasts=lambda timing: (
        first_ping(timing) + gaps(timing, 2) + comeback(timing) + first_ping(timing)
    ),
)
async def closes_a_connection_with_a_ping_unanswered(
    listener: Listener, timing: spec.Timing
) -> None:
    """Closes just after a ping, as a Close does that crosses it, and keeps the next connection."""
    connection = await _pinged_once_more(listener, timing)
    if connection is not None:
        await end(listener, connection, passing(listener.dialect), timing)
        await _keeps_the_next(listener, timing)


async def _pinged_once_more(listener: Listener, timing: spec.Timing) -> Accepted | None:
    """The first connection, with a ping that has no answer after others that had one."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is not None:
        connection.behaviour.pongs = 0
        await connection.has_pinged(UNDISTURBED + 1, by=listener.after(gaps(timing, 1)))
    return connection


async def _keeps_the_next(listener: Listener, timing: spec.Timing) -> None:
    back = await returned(listener, timing)
    if back is not None:
        await watched(listener, back, timing, 2)


@played(
    "C-RECONNECT-SINGLE",
    "C-PONG-MISSING",
    lasts=lambda timing: (
        first_ping(timing) + gaps(timing, 2) + comeback(timing) + first_ping(timing)
    ),
)
async def ends_the_old_connection_late(listener: Listener, timing: spec.Timing) -> None:
    """Falls silent; when the client is back it ends the connection that was given up."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.mute = True
    await connection.ended(by=listener.after(gaps(timing, 3)))
    again = await returned(listener, timing) if connection.over else None
    if again is not None:
        await again.ended(by=listener.after(AFTERWARDS * timing.heartbeat_interval))
        connection.part("eof")
        await watched(listener, again, timing, 2)


@played(
    "C-RECONNECT",
    "C-RECONNECT-FLOOR",
    "C-RECONNECT-CEILING",
    lasts=lambda timing: given_up_by(timing) + 2 * comeback(timing) + 2 * first_ping(timing),
)
async def closes_after_a_lost_pong(listener: Listener, timing: spec.Timing) -> None:
    """Lets the client give up for want of a pong, lets the next one last, and closes it."""
    back = await _back_from_giving_up(listener, timing)
    if back is not None:
        await back.ended(by=listener.after(first_ping(timing)))
        await end(listener, back, passing(listener.dialect), timing)
        await seen_again(listener, timing)


@played(
    "C-RECONNECT",
    "C-RECONNECT-FLOOR",
    "C-BACKOFF",
    "C-PONG-MISSING",
    lasts=lambda timing: 2 * given_up_by(timing) + 3 * comeback(timing),
)
async def refuses_a_client_that_gave_up(listener: Listener, timing: spec.Timing) -> None:
    """Lets the client give up for want of a pong, refuses its next attempt, and does so again."""
    refused = await _back_from_giving_up(listener, timing, Reception(503))
    if refused is None:
        return
    listener.reception = Reception()
    listener.behaviour = replace(listener.behaviour, pongs=0)
    back = await returned(listener, timing)
    if back is None:
        return
    await back.ended(by=listener.after(given_up_by(timing)))
    if back.over:
        await seen_again(listener, timing)


@played(
    "C-PONG-MISSING",
    lasts=lambda timing: (
        2 * first_ping(timing) + 2 * gaps(timing, 1) + 2 * comeback(timing) + timing.pong_timeout
    ),
)
async def stops_answering_after_a_reconnect(listener: Listener, timing: spec.Timing) -> None:
    """Closes a connection, answers a ping on the next one, and then none; accepts another."""
    connection = await at_ease(listener, timing, 1)
    if connection is None:
        return
    await end(listener, connection, passing(listener.dialect, GOING_AWAY), timing)
    back = await returned(listener, timing)
    if back is None:
        return
    await back.has_pinged(1, by=listener.after(first_ping(timing)))
    back.behaviour.pongs = 0
    await back.ended(by=listener.after(gaps(timing, 1) + timing.pong_timeout + timing.tolerance))
    if back.over:
        await seen_again(listener, timing)


async def _back_from_giving_up(
    listener: Listener, timing: spec.Timing, reception: Reception | None = None
) -> Accepted | None:
    """The next attempt of a client that gave up for want of a pong; what it is to meet with."""
    behaviour = listener.behaviour
    listener.behaviour = replace(behaviour, pongs=0)
    connection = await listener.first_connection()
    if connection is None:
        return None
    listener.behaviour = behaviour
    if reception is not None:
        listener.reception = reception
    await connection.ended(by=listener.after(given_up_by(timing)))
    return await returned(listener, timing) if connection.over else None

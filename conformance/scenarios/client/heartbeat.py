"""What a server may do on a connection that it keeps, beside which the client's heart must beat.

Each of these leaves one gap between pings undisturbed, so that a client that cannot keep time is
told from one that is put off by what follows.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import spec
from conformance.scenarios.client.common.asking import shortly
from conformance.scenarios.client.common.noise import (
    bears_any,
    bears_pongs,
    talk_of,
    unasked_pong,
)
from conformance.scenarios.client.common.waits import (
    at_ease,
    comeback,
    first_ping,
    gaps,
    given_up_by,
    gives_up,
    returned,
    talk,
    watched,
)
from conformance.scenarios.scenario import played
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener

UNDISTURBED = 2
"""How many pings are awaited before anything out of the ordinary is done."""


SPARE = 0.3
"""By how much a late pong comes before it is overdue, at the most: a part of `pong_timeout`."""


TOLERANCES_SPARE = 2.0
"""The same in `tolerance`, where that is less: a client that is not starved has read it by then."""


TOLERANCES_OF_QUIET = 1.2
"""How much of `tolerance` is waited for an answer that should not come."""


def _calm(timing: spec.Timing) -> float:
    return first_ping(timing) + gaps(timing, UNDISTURBED - 1)


@played(
    "C-PING-FORM",
    "C-PING-FIRST",
    "C-PING-CADENCE",
    "C-STAY",
    "C-RECONNECT-SINGLE",
    lasts=lambda timing: first_ping(timing) + gaps(timing, 3),
)
async def answers_pings_at_once(listener: Listener, timing: spec.Timing) -> None:
    """Accepts the client and answers its pings at once, for several of them."""
    connection = await listener.first_connection()
    if connection is not None:
        await watched(listener, connection, timing, 4)


def _late_pong(timing: spec.Timing) -> float:
    """How late a pong may be and certainly still be in time, in seconds after the ping."""
    spare = min(SPARE * timing.pong_timeout, TOLERANCES_SPARE * timing.tolerance)
    return timing.pong_timeout - spare


@played(
    "C-STAY",
    "C-PONG-MISSING",
    "C-PING-ALWAYS",
    lasts=lambda timing: _calm(timing) + gaps(timing, 3),
    suits=lambda dialect: dialect.states("pong_timeout"),
)
async def answers_pings_slowly(listener: Listener, timing: spec.Timing) -> None:
    """Answers some pings at once, then so late that its pongs are still just in time."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is not None:
        connection.behaviour.slowness = _late_pong(timing)
        await connection.ended(by=listener.after(gaps(timing, 3)))


@played(
    "C-PING-ALWAYS",
    "C-TOLERATE",
    lasts=lambda timing: _calm(timing) + gaps(timing, 2) + gaps(timing, 2),
    suits=bears_any,
)
async def talks_without_a_pause(listener: Listener, timing: spec.Timing) -> None:
    """Sends messages of all sorts at short intervals, for longer than two pings take, then none."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    said = cycle(talk_of(listener.dialect))
    await talk(listener, connection, timing, 2 * timing.longest_gap + timing.tolerance, said)
    await connection.ended(by=listener.after(gaps(timing, 2)))


@played(
    "C-TOLERATE",
    "C-PING-ALWAYS",
    "C-PONG-MISSING",
    lasts=lambda timing: _calm(timing) + gaps(timing, 3) + timing.pong_timeout,
    suits=bears_pongs,
)
async def answers_every_ping_twice(listener: Listener, timing: spec.Timing) -> None:
    """Answers some pings as it ought to, then each of them with two pongs, and then none."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.pongs = 2
    await connection.has_pinged(2 * UNDISTURBED, by=listener.after(gaps(timing, UNDISTURBED)))
    connection.behaviour.pongs = 0
    await _given_up(listener, connection, timing)


@played(
    "C-PONG-MISSING",
    "C-PING-ALWAYS",
    "C-PING-SINGLE",
    "C-RECONNECT",
    lasts=lambda timing: (
        _abandoned(timing) + 2 * comeback(timing) + first_ping(timing) + gaps(timing, 1)
    ),
)
async def stops_answering_pings(listener: Listener, timing: spec.Timing) -> None:
    """Answers some pings, then none, and refuses the client when it has given up, for once.

    A Close of the client is answered, and the connection that follows is kept.
    """
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.pongs = 0
    listener.planned = [(Reception(503), replace(listener.behaviour))]
    await _given_up(listener, connection, timing, refused=1)


@played(
    "C-PONG-MISSING",
    "C-RECONNECT",
    lasts=lambda timing: _abandoned(timing) + comeback(timing) + first_ping(timing),
)
async def falls_silent(listener: Listener, timing: spec.Timing) -> None:
    """Answers some pings and then nothing, not even the Close of the client."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.mute = True
    await _given_up(listener, connection, timing)


@played(
    "C-PONG-MISSING",
    "C-RECONNECT",
    lasts=lambda timing: _abandoned(timing) + comeback(timing) + given_up_by(timing),
    suits=lambda dialect: dialect.pong is not None and gives_up(dialect),
)
async def answers_on_the_connection_that_was_given_up(
    listener: Listener, timing: spec.Timing
) -> None:
    """Answers pings on a connection that the client has given up, and on the next one none.

    What comes from the earlier connection is nothing to the later one, and none of it a return.
    """
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.mute = True
    listener.behaviour = replace(listener.behaviour, pongs=0)
    await connection.ended(by=listener.after(gaps(timing, 3)))
    if not connection.over:
        return
    await shortly(listener, timing)
    connection.pong_late()
    again = await returned(listener, timing)
    if again is None:
        connection.part("eof")  # One that waited for the answer to its Close, comes back now.
        await returned(listener, timing)
        return
    await again.has_pinged(1, by=listener.after(first_ping(timing)))
    connection.pong_late()
    await again.ended(by=listener.after(gaps(timing, 2)))


def _abandoned(timing: spec.Timing) -> float:
    """When a client ought to have given up a server that stopped to answer, in seconds."""
    return _calm(timing) + timing.longest_gap + timing.pong_timeout + timing.tolerance


async def _given_up(
    listener: Listener, connection: Accepted, timing: spec.Timing, *, refused: int = 0
) -> None:
    """Wait for the client to give up and come back; one that does not, pings on meanwhile.

    So many of its next attempts are `refused`.
    """
    await connection.ended(by=listener.after(gaps(timing, 3)))
    if not connection.over:
        return
    again = await returned(listener, timing)
    for _ in range(refused):
        again = again and await returned(listener, timing)
    if again is not None:
        await watched(listener, again, timing, 1 + refused)


AT_ONCE = 3
"""How many pings come in one moment."""


@played(
    "B-CLIENT-PONG",
    "B-NO-LOOP",
    lasts=lambda timing: 4 * timing.heartbeat_interval + 2 * _until_quiet(timing),
)
async def pings_the_client(listener: Listener, timing: spec.Timing) -> None:
    """Plan B: pings the client, sends it a pong if servers say any, then several pings at once.

    It did not ask for the pong. The pings are as of a link that stalled: each is to be answered.
    """
    pinging = replace(listener.behaviour, pings_every=timing.heartbeat_interval)
    listener.behaviour = pinging
    connection = await listener.first_connection()
    if connection is None:
        return
    await connection.ended(by=listener.after(3.5 * timing.heartbeat_interval))
    connection.behaviour.pings_every = 4 * timing.heartbeat_interval  # None amid what comes now.
    if listener.dialect.client_pings:
        await connection.say(unasked_pong(listener.dialect))
    await connection.ended(by=listener.after(_until_quiet(timing)))
    if listener.dialect.is_protocol and not connection.over:
        ping = connection.behaviour.ping(connection.a_ping())
        await connection.say(*[ping] * AT_ONCE)
        await connection.ended(by=listener.after(_until_quiet(timing)))


def _until_quiet(timing: spec.Timing) -> float:
    """When an answer, and one that is too many, has certainly come, in seconds."""
    return timing.reply_deadline + TOLERANCES_OF_QUIET * timing.tolerance

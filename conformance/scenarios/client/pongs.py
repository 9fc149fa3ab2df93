"""What a server may do with its pongs, and with a connection whose pings it does not answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import spec
from conformance.scenarios.client.heartbeat import UNDISTURBED
from conformance.scenarios.client.waits import (
    at_ease,
    comeback,
    first_ping,
    gaps,
    returned,
    talk,
    watched,
)
from conformance.scenarios.scenario import played
from conformance.wire.client.listener import Listener

SPELLINGS = (
    ('{"type": "pong"}', '{"type": "ping"}'),
    ('\n{ "type" : "pong" }\n', '\n{ "type" : "ping" }\n'),
    ('{"\\u0074ype":"p\\u006fng"}', '{"\\u0074ype":"p\\u0069ng"}'),
)
"""How else a pong, and a ping of Plan B, may be written: the value is what counts (1.5)."""


AFTERWARDS = 0.3
"""How long a new connection stands before the old one ends, in fractions of an interval."""


@played(
    "C-STAY",
    "B-CLIENT-PONG",
    lasts=lambda timing: first_ping(timing) + gaps(timing, len(SPELLINGS) + 1),
)
async def spells_its_messages_in_other_ways(listener: Listener, timing: spec.Timing) -> None:
    """Answers pings, and pings under Plan B, with white space and with escapes in its messages."""
    behaviour = listener.behaviour
    listener.behaviour = replace(behaviour, pong=SPELLINGS[0][0], ping=SPELLINGS[0][1])
    connection = await listener.first_connection()
    if connection is None:
        return
    for number, (connection.behaviour.pong, connection.behaviour.ping) in enumerate(SPELLINGS, 1):
        await connection.has_pinged(number, by=listener.after(first_ping(timing)))
    await connection.ended(by=listener.after(gaps(timing, 1)))


@played(
    "C-PONG-MISSING",
    lasts=lambda timing: 2 * (_unanswered(timing) + comeback(timing)),
)
async def never_answers_a_ping(listener: Listener, timing: spec.Timing) -> None:
    """Answers no ping at all, on this connection and on the next one."""
    listener.behaviour = replace(listener.behaviour, pongs=0)
    connection = await listener.first_connection()
    for _ in range(2):
        if connection is None:
            return
        await connection.ended(by=listener.after(first_ping(timing) + gaps(timing, 2)))
        if not connection.over:
            return
        connection = await returned(listener, timing)


@played(
    "C-PONG-MISSING",
    lasts=lambda timing: first_ping(timing) + gaps(timing, 2) + comeback(timing),
)
async def talks_but_answers_no_ping(listener: Listener, timing: spec.Timing) -> None:
    """Answers some pings, then none, and goes on talking, of pongs too: that is no pong."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.pongs = 0
    news = (f'{{"type":"news","number":{number},"text":"ping, pong"}}' for number in count(1))
    await talk(listener, connection, timing, gaps(timing, 3), news)
    if connection.over:
        await returned(listener, timing)


@played(
    "C-STAY",
    "C-RECONNECT",
    lasts=lambda timing: (
        first_ping(timing) + gaps(timing, 2) + comeback(timing) + first_ping(timing)
    ),
)
async def cuts_a_connection_with_a_ping_unanswered(listener: Listener, timing: spec.Timing) -> None:
    """Ends a connection just after a ping, without a pong to it, and keeps the next one."""
    connection = await at_ease(listener, timing, UNDISTURBED)
    if connection is None:
        return
    connection.behaviour.pongs = 0
    await connection.has_pinged(UNDISTURBED + 1, by=listener.after(gaps(timing, 1)))
    connection.part("eof")
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


def _unanswered(timing: spec.Timing) -> float:
    """When a client ought to have given up a server that never answered, in seconds."""
    return first_ping(timing) + timing.pong_timeout + timing.tolerance

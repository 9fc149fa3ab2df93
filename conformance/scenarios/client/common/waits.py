"""How long things take that scenarios for clients wait for, and the waiting itself.

What is waited for is what the contract allows at the latest, and half a tolerance more: what comes
just too late is then still seen to come.
"""

from __future__ import annotations

from collections.abc import Iterable

import spec
from conformance.scenarios.waits import certainly_late
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener
from spec.dialect.dialect import Dialect

BRIEFLY = 0.3
"""How long a connection lasts that is cut short, as a fraction of `heartbeat_interval`."""


CHATTER = 1 / 6
"""How often a talkative server talks, as a fraction of `heartbeat_interval`."""


FAILED_ATTEMPTS = 5
"""How many attempts in a row fail: as many as it takes to see whether the waits are capped."""


GROWING_ATTEMPTS = 12
"""How many fail where the waits still grow, and are below the cap."""


EVEN_ATTEMPTS = 25
"""How many fail of a client that does not back off: libraries give up after 3 to 20."""


MOST_FAILED = 50
"""How many fail at the most, of those that fit in as well."""


ROOM = 6.5
"""For how long attempts may fail at no cost, in `heartbeat_interval`: other scenarios last longer.

Such are those that watch a heart before a connection is lost, and after it.
"""


GROWING = 1.25
"""By what a wait is multiplied that has certainly grown, in spite of some jitter."""


def first_ping(timing: spec.Timing) -> float:
    """When the first ping is certainly overdue, in seconds after the opening."""
    return certainly_late(timing.heartbeat_interval, timing)


def gaps(timing: spec.Timing, count: int) -> float:
    """When so many further pings are certainly overdue, in seconds after a ping."""
    return certainly_late(count * timing.longest_gap, timing)


def comeback(timing: spec.Timing) -> float:
    """When a client that lost its connection certainly ought to have come back, in seconds."""
    return certainly_late(timing.reconnect_delay + timing.reconnect_jitter, timing)


def until_back(timing: spec.Timing) -> float:
    """When who lost a brief connection is certainly back, in seconds after it had opened."""
    return BRIEFLY * timing.heartbeat_interval + comeback(timing)


def latest_comeback(timing: spec.Timing) -> float:
    """When an attempt that has not come counts as none, in seconds after what it follows."""
    return timing.reconnect_cap + 3 * timing.tolerance


def stillness(timing: spec.Timing) -> float:
    """For how long nothing may come of a client that has ended, in seconds."""
    bound = timing.heartbeat_interval + timing.reconnect_delay + timing.reconnect_jitter
    return certainly_late(bound, timing)


def patience(timing: spec.Timing) -> float:
    """How long a client may take to answer a Close, in seconds."""
    return certainly_late(timing.reply_deadline, timing)


def given_up_by(timing: spec.Timing) -> float:
    """When a client ought to have given up a server that never answered a ping, in seconds."""
    return certainly_late(first_ping(timing) + timing.pong_timeout, timing)


def gives_up(dialect: Dialect) -> bool:
    """Whether a client is known to give up a connection on which no pong comes, and when."""
    ends = dialect.client.gives_up
    return ends is not None and ends.any and dialect.states("pong_timeout")


async def steady(listener: Listener, connection: Accepted, timing: spec.Timing, count: int) -> None:
    """Wait until the client has pinged so often undisturbed, or is certainly too late to."""
    await connection.has_pinged(
        count, by=listener.after(first_ping(timing) + gaps(timing, count - 1))
    )


async def watched(
    listener: Listener, connection: Accepted, timing: spec.Timing, count: int
) -> None:
    """Watch for as long as `count` pings may take, but for no longer than the connection lasts.

    A client that pings too often is seen to: the time is waited in any case.
    """
    await connection.ended(by=listener.after(first_ping(timing) + gaps(timing, count - 1)))


async def returned(listener: Listener, timing: spec.Timing) -> Accepted | None:
    """The client's next attempt; None when it counts as none that comes."""
    return await listener.connection_or_end(by=listener.after(latest_comeback(timing)))


async def briefly(listener: Listener, timing: spec.Timing) -> Accepted | None:
    """The first connection, after a short while in which its connection stood open."""
    connection = await listener.first_connection()
    if connection is not None:
        await connection.ended(by=listener.after(BRIEFLY * timing.heartbeat_interval))
    return connection


async def at_ease(listener: Listener, timing: spec.Timing, count: int = 2) -> Accepted | None:
    """The first connection, after so many pings that nothing disturbed."""
    connection = await listener.first_connection()
    if connection is not None:
        await steady(listener, connection, timing, count)
    return connection


async def kept_waiting(
    listener: Listener, connection: Accepted, timing: spec.Timing
) -> Accepted | None:
    """End a connection, and do not answer the next attempt: that one; None if there is none."""
    listener.reception = Reception(None)
    connection.part("eof")
    return await listener.attempt(by=listener.after(latest_comeback(timing)))


async def talk(
    listener: Listener,
    connection: Accepted,
    timing: spec.Timing,
    lasting: float,
    said: Iterable[str | bytes],
) -> None:
    """Say one thing after the other at short intervals, for so many seconds at the most."""
    until = listener.after(lasting)
    for message in said:
        if listener.now() >= until or connection.over:
            return
        await connection.say(message)
        await connection.ended(by=listener.after(CHATTER * timing.heartbeat_interval))


async def seen_again(listener: Listener, timing: spec.Timing) -> Accepted | None:
    """Wait for the client to come back; for a while, nobody else is to come with it.

    Of two attempts that it makes of one end, the second may have waited for longer: a failure that
    was counted twice has grown the delay twice.
    """
    again = await returned(listener, timing)
    if again is not None:
        await again.ended(by=listener.after(timing.reconnect_delay + timing.tolerance))
    return again

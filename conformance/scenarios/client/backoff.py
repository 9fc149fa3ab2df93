"""How long a client waits that fails again and again: because it is refused, or soon cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus

import spec
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    FAILED_ATTEMPTS,
    GROWING,
    MOST_FAILED,
    briefly,
    comeback,
    first_ping,
    latest_comeback,
    seen_again,
)
from conformance.scenarios.scenario import played
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener

FAILURES = ("C-BACKOFF", "C-RECONNECT", "C-RECONNECT-FLOOR", "C-RECONNECT-SINGLE")


STATUSES = (503, 500, 429, 502, 200)
"""What attempts are refused with, one after the other; in another dialect, those from 500 on."""


@played(
    *FAILURES,
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + 2 * comeback(timing)
        + _growing(timing)
        + first_ping(timing)
    ),
)
async def refuses_several_attempts_in_a_row(listener: Listener, timing: spec.Timing) -> None:
    """Refuses every attempt for a while, accepts one, lets that last, and ends it."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    known = listener.dialect.is_protocol
    statuses = [each for each in STATUSES if known or each >= HTTPStatus.INTERNAL_SERVER_ERROR]
    listener.reception = Reception(statuses[0])
    connection.part("eof")

    def refuse_the_next(attempt: int, _: Accepted) -> None:
        listener.reception = Reception(statuses[attempt % len(statuses)])

    if await _fails(listener, timing, refuse_the_next):
        listener.reception = Reception()
        await _lasts(listener, timing)


@played(
    *FAILURES,
    "C-RECONNECT-CEILING",
    lasts=lambda timing: 2 * comeback(timing) + _growing(timing) + first_ping(timing),
)
async def ends_several_connections_at_once(listener: Listener, timing: spec.Timing) -> None:
    """Ends every connection as soon as it is open for a while, lets one last, and ends it."""
    connection = await listener.first_connection()
    if connection is None:
        return
    connection.part("eof")
    if await _fails(listener, timing, lambda _, attempt: attempt.part("eof")):
        await _lasts(listener, timing)


async def _fails(
    listener: Listener, timing: spec.Timing, fail: Callable[[int, Accepted], None]
) -> bool:
    """Let one attempt after the other come to nothing, until it is seen whether waits are capped.

    `fail` is told how many there were, and the latest. Returns whether the client still came.
    """
    waits, since = [0.0], listener.now()
    for attempt in range(1, MOST_FAILED + 1):
        came = await _next_attempt(listener, timing)
        if came is None:
            return False
        fail(attempt, came)
        waits, since = [*waits, listener.now() - since], listener.now()
        if attempt >= FAILED_ATTEMPTS and not _still_grow(waits, timing):
            break
    return True


async def _lasts(listener: Listener, timing: spec.Timing) -> None:
    """Let the next connection last, and see how soon the client comes back from its end."""
    back = await _next_attempt(listener, timing)
    if back is not None and not await back.ended(by=listener.after(first_ping(timing))):
        back.part("eof")
        await seen_again(listener, timing)


def _still_grow(waits: Sequence[float], timing: spec.Timing) -> bool:
    """Whether it is not yet to be seen if waits are capped."""
    return waits[-2] * GROWING < waits[-1] <= timing.reconnect_cap


async def _next_attempt(listener: Listener, timing: spec.Timing) -> Accepted | None:
    """The next attempt, also when it comes so late that the wait cannot be capped."""
    return await listener.connection_or_end(by=listener.after(2 * latest_comeback(timing)))


def _growing(timing: spec.Timing) -> float:
    """How long a client takes that waits twice as long after each failure, in seconds."""
    return sum(
        min(timing.reconnect_cap, 2.0**failures * timing.reconnect_delay + timing.reconnect_jitter)
        for failures in range(1, FAILED_ATTEMPTS + 1)
    )

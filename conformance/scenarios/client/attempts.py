"""What attempts to connect may meet with, the very first one too, and how long that may take."""

from __future__ import annotations

import spec
from conformance.scenarios.client.waits import (
    at_ease,
    briefly,
    comeback,
    first_ping,
    gaps,
    kept_waiting,
    returned,
    seen_again,
    watched,
)
from conformance.scenarios.scenario import played
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Stage

FIRST_STATUSES = (401, 403, 400)
"""What the first attempts of a client are refused with: no status is final (C-RECONNECT)."""


REFUSALS = 2
"""How many attempts fail between two connections on which the heart is watched."""


SLOWLY = 1.5
"""How long a handshake takes, in fractions of the longest first wait before an attempt."""


@played(
    "C-RECONNECT",
    "C-RECONNECT-FLOOR",
    "C-BACKOFF",
    lasts=lambda timing: (len(FIRST_STATUSES) + 1) * 2 * comeback(timing),
)
async def refuses_the_first_attempts(stage: Stage, timing: spec.Timing) -> None:
    """Refuses a client that was never connected, each time with another status, then accepts it."""
    stage.reception = Reception(FIRST_STATUSES[0])
    guest = await stage.first_guest()
    for status in (*FIRST_STATUSES[1:], 101):
        if guest is None:
            return
        stage.reception = Reception(status)
        guest = await returned(stage, timing)
    if guest is not None:
        await guest.ended(by=stage.after(timing.tolerance))


@played(
    "C-PING-SINGLE",
    "C-BACKOFF",
    lasts=lambda timing: (
        2 * first_ping(timing) + gaps(timing, 3) + 2 * (REFUSALS + 1) * comeback(timing)
    ),
)
async def refuses_attempts_of_a_client_that_pinged(stage: Stage, timing: spec.Timing) -> None:
    """Lets the client ping undisturbed, refuses some attempts, and keeps the next connection."""
    guest = await at_ease(stage, timing)
    if guest is None:
        return
    stage.reception = Reception(503)
    guest.part("eof")
    for _ in range(REFUSALS):
        if await returned(stage, timing) is None:
            return
    stage.reception = Reception()
    back = await returned(stage, timing)
    if back is not None:
        await watched(stage, back, timing, 3)


@played(
    "C-RECONNECT-SINGLE",
    lasts=lambda timing: 3 * comeback(timing) + timing.tolerance,
)
async def answers_a_handshake_slowly(stage: Stage, timing: spec.Timing) -> None:
    """Accepts an attempt to reconnect only after longer than the client waits between two."""
    guest = await briefly(stage, timing)
    if guest is None:
        return
    late = await kept_waiting(stage, guest, timing)
    if late is not None:
        stage.reception = Reception()
        await stage.until(stage.after(SLOWLY * (timing.reconnect_delay + timing.reconnect_jitter)))
        late.admit()
        await late.ended(by=stage.after(timing.tolerance))


@played(
    "C-RECONNECT",
    "C-RECONNECT-FLOOR",
    "C-RECONNECT-CEILING",
    lasts=lambda timing: 2 * comeback(timing),
)
async def ends_a_connection_at_once(stage: Stage, timing: spec.Timing) -> None:
    """Accepts the client, and ends the connection before anything was said."""
    guest = await stage.first_guest()
    if guest is not None:
        guest.part("eof")
        await seen_again(stage, timing)


@played(
    "C-TOLERATE",
    lasts=lambda timing: first_ping(timing) + gaps(timing, 2),
)
async def greets_the_client(stage: Stage, timing: spec.Timing) -> None:
    """Says something, and a pong besides, before the client has pinged."""
    guest = await stage.first_guest()
    if guest is not None:
        await guest.say('{"type":"welcome"}', '{"type":"pong"}')
        await watched(stage, guest, timing, 2)

"""What a server may do on a connection that it keeps, beside which the client's heart must beat.

Each of these leaves one gap between pings undisturbed, so that a client that cannot keep time is
told from one that is put off by what follows.
"""

from __future__ import annotations

from itertools import cycle

import spec
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
from conformance.wire.client.accepted import Guest
from conformance.wire.client.listener import Stage

UNDISTURBED = 2
"""How many pings are awaited before anything out of the ordinary is done."""


LATE_PONG = 0.7
"""How late a pong may be and still be in time, as a fraction of `pong_timeout`."""


SETTLING = 1.2
"""How much of `tolerance` is waited for an answer that should not come."""


TALK: tuple[str | bytes, ...] = (
    '{"type":"news"}',
    '{"type":"echo","data":{"order":17}}',
    '{"type":"pong"}',
    b"\x00news",
)
"""What it says, one after the other: each comes again before an interval is over."""


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
async def answers_pings_at_once(stage: Stage, timing: spec.Timing) -> None:
    """Accepts the client and answers its pings at once, for several of them."""
    guest = await stage.first_guest()
    if guest is not None:
        await watched(stage, guest, timing, 4)


@played(
    "C-STAY",
    "C-PONG-MISSING",
    "C-PING-ALWAYS",
    lasts=lambda timing: _calm(timing) + gaps(timing, 3),
)
async def answers_pings_slowly(stage: Stage, timing: spec.Timing) -> None:
    """Answers some pings at once, then so late that its pongs are still just in time."""
    guest = await at_ease(stage, timing, UNDISTURBED)
    if guest is not None:
        guest.manners.slowness = LATE_PONG * timing.pong_timeout
        await guest.ended(by=stage.after(gaps(timing, 3)))


@played(
    "C-PING-ALWAYS",
    "C-TOLERATE",
    lasts=lambda timing: _calm(timing) + gaps(timing, 2) + gaps(timing, 1),
)
async def talks_without_a_pause(stage: Stage, timing: spec.Timing) -> None:
    """Sends messages of all sorts at short intervals, for longer than two pings take, then none."""
    guest = await at_ease(stage, timing, UNDISTURBED)
    if guest is None:
        return
    await talk(stage, guest, timing, 2 * timing.longest_gap + timing.tolerance, cycle(TALK))
    await guest.ended(by=stage.after(gaps(timing, 1)))


@played(
    "C-TOLERATE",
    "C-PING-ALWAYS",
    "C-PONG-MISSING",
    lasts=lambda timing: _calm(timing) + gaps(timing, 3) + timing.pong_timeout,
)
async def answers_every_ping_twice(stage: Stage, timing: spec.Timing) -> None:
    """Answers some pings as it ought to, then each of them with two pongs, and then none."""
    guest = await at_ease(stage, timing, UNDISTURBED)
    if guest is None:
        return
    guest.manners.pongs = 2
    await guest.has_pinged(2 * UNDISTURBED, by=stage.after(gaps(timing, UNDISTURBED)))
    guest.manners.pongs = 0
    await _given_up(stage, guest, timing)


@played(
    "C-PONG-MISSING",
    "C-PING-ALWAYS",
    "C-RECONNECT",
    lasts=lambda timing: _abandoned(timing) + comeback(timing) + first_ping(timing),
)
async def stops_answering_pings(stage: Stage, timing: spec.Timing) -> None:
    """Answers some pings and then none; a Close of the client is answered."""
    guest = await at_ease(stage, timing, UNDISTURBED)
    if guest is None:
        return
    guest.manners.pongs = 0
    await _given_up(stage, guest, timing)


@played(
    "C-PONG-MISSING",
    "C-RECONNECT",
    lasts=lambda timing: _abandoned(timing) + comeback(timing) + first_ping(timing),
)
async def falls_silent(stage: Stage, timing: spec.Timing) -> None:
    """Answers some pings and then nothing, not even the Close of the client."""
    guest = await at_ease(stage, timing, UNDISTURBED)
    if guest is None:
        return
    guest.manners.mute = True
    await _given_up(stage, guest, timing)


def _abandoned(timing: spec.Timing) -> float:
    """When a client ought to have given up a server that stopped to answer, in seconds."""
    return _calm(timing) + timing.longest_gap + timing.pong_timeout + timing.tolerance


async def _given_up(stage: Stage, guest: Guest, timing: spec.Timing) -> None:
    """Wait for the client to give up and come back; one that does not, pings on meanwhile."""
    await guest.ended(by=stage.after(gaps(timing, 3)))
    if not guest.over:
        return
    again = await returned(stage, timing)
    if again is not None:
        await watched(stage, again, timing, 1)


@played(
    "B-CLIENT-PONG",
    "B-NO-LOOP",
    lasts=lambda timing: 4 * timing.heartbeat_interval + timing.reply_deadline,
)
async def pings_the_client(stage: Stage, timing: spec.Timing) -> None:
    """Plan B: pings the client, and sends it a pong that it did not ask for."""
    guest = await stage.first_guest()
    if guest is None:
        return
    await guest.ended(by=stage.after(3.5 * timing.heartbeat_interval))
    await guest.say('{"type":"pong"}')
    await guest.ended(by=stage.after(timing.reply_deadline + SETTLING * timing.tolerance))

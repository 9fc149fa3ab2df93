"""The client's own end: it is asked to end, at different moments of its life."""

from __future__ import annotations

from dataclasses import replace

import spec
from conformance.scenarios.client.waits import (
    briefly,
    comeback,
    first_ping,
    kept_waiting,
    returned,
    stillness,
)
from conformance.scenarios.scenario import played
from conformance.wire.client.listener import Stage

SHORTLY = 0.3
"""How long after a moment a client is asked to end, as a fraction of what it waits for."""


async def _quiet_end(stage: Stage, timing: spec.Timing, *, firmly: bool = False) -> None:
    """Ask the client to end, and watch until nothing more can come of it."""
    await stage.ask(firmly=firmly)
    await stage.until_over(by=stage.after(stillness(timing)))


def _until_still(timing: spec.Timing) -> float:
    return first_ping(timing) + stillness(timing)


@played("C-CLOSE-ON-EXIT", "C-CLOSE-FINAL", lasts=_until_still, asks=True)
async def is_told_to_end(stage: Stage, timing: spec.Timing) -> None:
    """Lets the client ping once, then asks it to end: with SIGTERM, or by closing its page."""
    guest = await stage.first_guest()
    if guest is not None:
        await guest.has_pinged(1, by=stage.after(first_ping(timing)))
        await _quiet_end(stage, timing)


@played("C-CLOSE-ON-EXIT", "C-CLOSE-FINAL", lasts=_until_still, asks=True)
async def is_interrupted(stage: Stage, timing: spec.Timing) -> None:
    """Asks the client to end soon after it connected: with SIGINT, where there is a choice."""
    guest = await briefly(stage, timing)
    if guest is not None:
        await _quiet_end(stage, timing, firmly=True)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: 2 * SHORTLY * timing.heartbeat_interval + stillness(timing),
    asks=True,
)
async def is_told_to_end_while_it_waits(stage: Stage, timing: spec.Timing) -> None:
    """Ends the connection, and asks the client to end before it can have reconnected."""
    guest = await briefly(stage, timing)
    if guest is not None:
        guest.part("eof")
        await stage.until(stage.after(SHORTLY * timing.reconnect_delay))
        await _quiet_end(stage, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: comeback(timing) + timing.heartbeat_interval + stillness(timing),
    asks=True,
)
async def is_told_to_end_while_it_connects(stage: Stage, timing: spec.Timing) -> None:
    """Does not answer an attempt to reconnect, and meanwhile asks the client to end."""
    guest = await briefly(stage, timing)
    if guest is not None:
        if await kept_waiting(stage, guest, timing) is not None:
            await stage.until(stage.after(SHORTLY * timing.reconnect_delay))
        await _quiet_end(stage, timing)


@played(
    "C-CLOSE-ON-EXIT",
    "C-CLOSE-FINAL",
    lasts=lambda timing: comeback(timing) + 2 * first_ping(timing) + stillness(timing),
    asks=True,
)
async def is_told_to_end_after_a_reconnect(stage: Stage, timing: spec.Timing) -> None:
    """Ends the connection, lets the client ping on the next one, and asks it to end."""
    guest = await briefly(stage, timing)
    if guest is None:
        return
    guest.part("eof")
    back = await returned(stage, timing)
    if back is not None:
        await back.has_pinged(1, by=stage.after(first_ping(timing)))
        await _quiet_end(stage, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: comeback(timing) + timing.heartbeat_interval + stillness(timing),
    asks=True,
)
async def is_accepted_after_it_was_told_to_end(stage: Stage, timing: spec.Timing) -> None:
    """Asks the client to end while an attempt to reconnect waits, and then accepts that."""
    guest = await briefly(stage, timing)
    if guest is None:
        return
    late = await kept_waiting(stage, guest, timing)
    if late is not None:
        await stage.until(stage.after(SHORTLY * timing.reconnect_delay))
        await stage.ask()
        await stage.until(stage.after(SHORTLY * timing.reconnect_delay))
        late.admit()
        await stage.until_over(by=stage.after(stillness(timing)))


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: first_ping(timing) + stillness(timing) + timing.pong_timeout,
    asks=True,
)
async def is_told_to_end_with_a_ping_unanswered(stage: Stage, timing: spec.Timing) -> None:
    """Answers no ping, and asks the client to end while it waits for the pong."""
    stage.manners = replace(stage.manners, pongs=0)
    guest = await stage.first_guest()
    if guest is not None:
        await guest.has_pinged(1, by=stage.after(first_ping(timing)))
        await stage.ask()
        await stage.until_over(by=stage.after(stillness(timing) + timing.pong_timeout))

"""The client's own end: it is asked to end, at different moments of its life."""

from __future__ import annotations

import spec

from ..wire.stage import Reception, Stage
from .client_moments import comeback, first_ping, stillness
from .scenario import played

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
    guest = await stage.first_guest()
    if guest is not None:
        await guest.ended(by=stage.after(SHORTLY * timing.heartbeat_interval))
        await _quiet_end(stage, timing, firmly=True)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: 2 * SHORTLY * timing.heartbeat_interval + stillness(timing),
    asks=True,
)
async def is_told_to_end_while_it_waits(stage: Stage, timing: spec.Timing) -> None:
    """Ends the connection, and asks the client to end before it can have reconnected."""
    guest = await stage.first_guest()
    if guest is not None:
        await guest.ended(by=stage.after(SHORTLY * timing.heartbeat_interval))
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
    guest = await stage.first_guest()
    if guest is not None:
        await guest.ended(by=stage.after(SHORTLY * timing.heartbeat_interval))
        stage.reception = Reception(None)
        guest.part("eof")
        if await stage.connecting(by=stage.after(comeback(timing))):
            await stage.until(stage.after(SHORTLY * timing.reconnect_delay))
        await _quiet_end(stage, timing)

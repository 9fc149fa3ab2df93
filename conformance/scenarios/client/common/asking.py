"""How a client is asked to end, and what is waited for then."""

from __future__ import annotations

import spec
from conformance.scenarios.client.common.waits import first_ping, latest_comeback, stillness
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener

SHORTLY = 0.3
"""How long after a moment a client is asked to end, as a fraction of what it waits for."""


def until_still(timing: spec.Timing) -> float:
    """How long it takes until a client that pinged, and then was asked to end, is still."""
    return first_ping(timing) + stillness(timing)


async def quiet_end(listener: Listener, timing: spec.Timing, *, firmly: bool = False) -> None:
    """Ask the client to end, and watch until nothing more can come of it."""
    await listener.ask(firmly=firmly)
    await listener.until_over(by=listener.after(stillness(timing)))


async def shortly(listener: Listener, timing: spec.Timing) -> None:
    """Let a client be for a part of what it waits before it reconnects."""
    await listener.until(listener.after(SHORTLY * timing.reconnect_delay))


async def ask_amid(listener: Listener, timing: spec.Timing) -> None:
    """Ask a client to end a little after something began, and a little before that is over."""
    await shortly(listener, timing)
    await listener.ask()
    await shortly(listener, timing)


async def end_while_it_waits(
    listener: Listener, timing: spec.Timing, old: Accepted | None = None
) -> None:
    """Ask a client to end that has just begun to wait; it may have had to wait up to the cap.

    An `old` connection that it has given up ends shortly after that.
    """
    listener.reception = Reception()
    await shortly(listener, timing)
    await listener.ask()
    if old is not None:
        await shortly(listener, timing)
        old.part("eof")
    await listener.until_over(by=listener.after(latest_comeback(timing)))

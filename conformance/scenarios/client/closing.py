"""The client's own end: it is asked to end, at different moments of its life."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import spec
from conformance.scenarios.client.common.asking import (
    SHORTLY,
    ask_amid,
    end_while_it_waits,
    quiet_end,
    shortly,
    until_still,
)
from conformance.scenarios.client.common.ends import goes_down
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    briefly,
    comeback,
    first_ping,
    kept_waiting,
    latest_comeback,
    returned,
    stillness,
)
from conformance.scenarios.scenario import played
from conformance.scenarios.waits import certainly_late
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener

LATE = 0.85
"""After which part of its wait a client is asked to end whose timer may have fired already.

Something else is done before an attempt, then.
"""


@played("C-CLOSE-ON-EXIT", "C-CLOSE-FINAL", lasts=until_still, asks=True)
async def is_told_to_end(listener: Listener, timing: spec.Timing) -> None:
    """Lets the client ping once, then asks it to end: with SIGTERM, or by closing its page."""
    connection = await listener.first_connection()
    if connection is not None:
        await connection.has_pinged(1, by=listener.after(first_ping(timing)))
        await quiet_end(listener, timing)


@played("C-CLOSE-ON-EXIT", "C-CLOSE-FINAL", lasts=until_still, asks=True)
async def is_interrupted(listener: Listener, timing: spec.Timing) -> None:
    """Asks the client to end soon after it connected: with SIGINT, where there is a choice."""
    connection = await briefly(listener, timing)
    if connection is not None:
        await quiet_end(listener, timing, firmly=True)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        2 * SHORTLY * timing.heartbeat_interval + LATE * timing.reconnect_delay + stillness(timing)
    ),
    asks=True,
)
async def is_told_to_end_while_it_waits(listener: Listener, timing: spec.Timing) -> None:
    """Ends the connection, and asks the client to end just before it can have reconnected."""
    connection = await briefly(listener, timing)
    if connection is not None:
        connection.part("eof")
        await listener.until(listener.after(LATE * timing.reconnect_delay))
        await quiet_end(listener, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval + comeback(timing) + latest_comeback(timing)
    ),
    asks=True,
)
async def is_told_to_end_while_nobody_listens(listener: Listener, timing: spec.Timing) -> None:
    """Refuses TCP connections for a while, asks the client to end, and then listens again."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    await goes_down(listener, connection, timing)
    await listener.ask()
    await shortly(listener, timing)
    listener.open_door()
    await listener.until_over(by=listener.after(latest_comeback(timing)))


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + comeback(timing)
        + certainly_late(timing.reconnect_cap, timing)
        + latest_comeback(timing)
    ),
    asks=True,
)
async def is_told_to_end_after_it_gave_up_an_attempt(
    listener: Listener, timing: spec.Timing
) -> None:
    """Does not answer an attempt to reconnect, and asks the client to end when it waits again."""
    connection = await briefly(listener, timing)
    asked = None if connection is None else await kept_waiting(listener, connection, timing)
    if asked is None:
        return
    listener.reception = Reception()
    if await asked.ended(by=listener.after(certainly_late(timing.reconnect_cap, timing))):
        await end_while_it_waits(listener, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: comeback(timing) + timing.heartbeat_interval + stillness(timing),
    asks=True,
)
async def is_told_to_end_while_it_connects(listener: Listener, timing: spec.Timing) -> None:
    """Does not answer an attempt to reconnect, and meanwhile asks the client to end."""
    connection = await briefly(listener, timing)
    if connection is not None:
        if await kept_waiting(listener, connection, timing) is not None:
            await shortly(listener, timing)
        await quiet_end(listener, timing)


@played(
    "C-CLOSE-ON-EXIT",
    "C-CLOSE-FINAL",
    lasts=lambda timing: comeback(timing) + 2 * first_ping(timing) + stillness(timing),
    asks=True,
)
async def is_told_to_end_after_a_reconnect(listener: Listener, timing: spec.Timing) -> None:
    """Ends the connection, lets the client ping on the next one, and asks it to end."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    connection.part("eof")
    back = await returned(listener, timing)
    if back is not None:
        await back.has_pinged(1, by=listener.after(first_ping(timing)))
        await quiet_end(listener, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: comeback(timing) + timing.heartbeat_interval + stillness(timing),
    asks=True,
)
async def is_accepted_after_it_was_told_to_end(listener: Listener, timing: spec.Timing) -> None:
    """Asks the client to end while an attempt to reconnect waits, and then accepts that."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    late = await kept_waiting(listener, connection, timing)
    if late is not None:
        await ask_amid(listener, timing)
        late.admit()
        await listener.until_over(by=listener.after(stillness(timing)))


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: first_ping(timing) + stillness(timing) + timing.pong_timeout,
    asks=True,
)
async def is_told_to_end_with_a_ping_unanswered(listener: Listener, timing: spec.Timing) -> None:
    """Answers no ping, and asks the client to end while it waits for the pong."""
    listener.behaviour = replace(listener.behaviour, pongs=0)
    connection = await listener.first_connection()
    if connection is not None:
        await connection.has_pinged(1, by=listener.after(first_ping(timing)))
        await listener.ask()
        await listener.until_over(by=listener.after(stillness(timing) + timing.pong_timeout))


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        SHORTLY * timing.reconnect_delay + certainly_late(0.0, timing) + stillness(timing)
    ),
    asks=True,
)
async def is_told_to_end_while_it_first_fetches(listener: Listener, timing: spec.Timing) -> None:
    """Keeps a client waiting that fetches by HTTP before it first connects, and asks it to end.

    Answers it then. Who fetches nothing at this port connects, and that is all.
    """
    listener.desk.is_shut = True
    if await _fetches(listener, listener.after(listener.patience)):
        listener.arrived.set()
        await _end_while_it_fetches(listener, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + comeback(timing)
        + SHORTLY * timing.reconnect_delay
        + certainly_late(0.0, timing)
        + stillness(timing)
    ),
    asks=True,
)
async def is_told_to_end_while_it_fetches(listener: Listener, timing: spec.Timing) -> None:
    """Ends a connection, keeps a client waiting that fetches by HTTP then, and asks it to end.

    Answers it then. Who fetches nothing at this port comes back, and that is all.
    """
    connection = await briefly(listener, timing)
    if connection is None:
        return
    listener.desk.is_shut = True
    connection.part("eof")
    if await _fetches(listener, listener.after(latest_comeback(timing))):
        await _end_while_it_fetches(listener, timing)


async def _fetches(listener: Listener, by: float) -> bool:
    """Wait until a client is kept waiting; False if it connects, is over, or nothing comes."""
    fetching = asyncio.ensure_future(listener.desk.somebody_waits())
    coming = asyncio.ensure_future(listener.connection_or_end(by))
    try:
        await asyncio.wait((fetching, coming), return_when=asyncio.FIRST_COMPLETED)
        return fetching.done()
    finally:
        for wait in (fetching, coming):
            wait.cancel()


async def _end_while_it_fetches(listener: Listener, timing: spec.Timing) -> None:
    """Ask a client to end that waits for an answer, which it gets when it must have heard that.

    What it asks meanwhile, to take its leave, is answered.
    """
    await shortly(listener, timing)
    listener.desk.is_shut = False
    await listener.ask()
    if not await listener.until_over(by=listener.after(certainly_late(0.0, timing))):
        listener.desk.serve_all()
        await listener.until_over(by=listener.after(stillness(timing)))

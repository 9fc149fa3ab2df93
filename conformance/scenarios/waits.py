"""How long a scenario waits: until what is due would be too late, or until it is roused."""

from __future__ import annotations

from asyncio import FIRST_COMPLETED, Event, create_task, wait

import spec
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial

SLACK = 1.6
"""How many times the tolerance is waited beyond a bound: what comes just too late is still seen."""


def certainly_late(due: float, timing: spec.Timing) -> float:
    """When what is due after so many seconds is too late for certain, in seconds."""
    return due + SLACK * timing.tolerance


async def is_answered(dial: Dial, peer: Peer) -> bool:
    """Ping, or send a control Ping where a client's pings get no pongs; whether it is answered."""
    if peer.dialect.clients_are_answered:
        owed = peer.heard.pongs + 1
        await peer.ping()
        return await peer.hear_answers(owed, by=dial.after(dial.patience))
    owed = peer.heard.control_pongs + 1
    await peer.control_ping(b"wsbeat")
    return await peer.hear_pongs(owed, by=dial.after(dial.patience))


async def rests(peer: Peer, by: float, roused: Event) -> bool:
    """Wait until some time, or until it is roused; whether the server has ended it meanwhile."""
    ending, rousing = create_task(peer.ended(by)), create_task(roused.wait())
    try:
        await wait({ending, rousing}, return_when=FIRST_COMPLETED)
    finally:
        ending.cancel()
        rousing.cancel()
        await wait({ending, rousing})
    roused.clear()
    return peer.over

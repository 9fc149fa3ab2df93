"""Plain connections beside what goes badly, and dead ones."""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import spec
from conformance.messages.limits import SIZE
from conformance.scenarios.server.liveness import overdue
from conformance.scenarios.waits import is_answered
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial

BYSTANDERS = 4

LARGE = f'{{"business":"{"a" * (SIZE - 536)}"}}'

SLIGHTLY = 0.01
"""How much later, as a fraction of `check_interval`, a bystander's clock starts."""


STAY = 6
"""How many connections stay, beside which others are closed: several of each third of them."""

ROUNDS = 3
"""How often it is looked again with new ones where some ended: what ends others, does so again."""

ENDED_BY_THEN = 0.14
"""Within how many seconds a connection ends of what was said on it, or became of another."""


async def stay(dial: Dial, peers: Sequence[Peer]) -> None:
    """Wait until one of some connections would have ended of what just happened."""
    by = dial.after(ENDED_BY_THEN)
    for each in peers:
        await each.ended(by)


async def lost_some(dial: Dial, peers: Sequence[Peer]) -> bool:
    """Whether one of some connections ends of what just happened."""
    await stay(dial, peers)
    return any(each.over for each in peers)


async def are_answered(dial: Dial, peers: Sequence[Peer]) -> None:
    """Wait for the answer to a ping on each of some connections."""
    for each in peers:
        await is_answered(dial, each)


async def some_that_stay(dial: Dial, stack: AsyncExitStack, beside: int) -> list[Peer]:
    """Connections that are open and answered, beside which there is room for so many."""
    most = None if dial.permit is None else dial.permit.most
    count = STAY if most is None else min(STAY, most - beside)
    staying = [await stack.enter_async_context(dial()) for _ in range(count)]
    await are_answered(dial, staying)
    return staying


async def stand_by(dial: Dial, timing: spec.Timing, moment: float, patience: float = 0.0) -> None:
    """Plain connections whose clocks start slightly after `moment`; half are there before.

    It takes until all are closed. They are watched for `patience` seconds longer than is needed to
    see that a close is late.
    """
    later = moment + SLIGHTLY * timing.check_interval
    watched = overdue(timing) + patience
    async with TaskGroup() as group:
        for number in range(BYSTANDERS):
            comes = 0.0 if number % 2 else later
            group.create_task(falls_silent(dial, comes, later, watched))


async def falls_silent(dial: Dial, comes: float, pings: float, watched: float) -> None:
    await dial.until(comes)
    with suppress(HandshakeRefused):
        async with dial() as peer:
            await dial.until(pings)
            await peer.beat()
            await peer.watch(by=dial.after(watched))


@asynccontextmanager
async def dead(dial: Dial) -> AsyncIterator[Peer]:
    """A connection on which a Close is not answered; at the end it is dropped.

    One that the server has not closed is closed in order, unless nothing would be read of that.
    """
    peer = await dial.open()
    peer.answers_close = False
    try:
        yield peer
    finally:
        if not peer.is_deaf:
            await peer.close(by=dial.after(dial.patience if peer.is_open else 0.0))
        peer.abort()

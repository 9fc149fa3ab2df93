"""Connections that are reset, one by one and in crowds, and what becomes of others after that."""

from __future__ import annotations

from asyncio import TaskGroup
from contextlib import AsyncExitStack, suppress

import spec
from conformance.scenarios.scenario import clocked, prompt
from conformance.scenarios.server.liveness import overdue
from conformance.scenarios.server.neighbours.bystanders import (
    BYSTANDERS,
    LARGE,
    ROUNDS,
    STAY,
    are_answered,
    dead,
    lost_some,
    some_that_stay,
    stand_by,
    stay,
)
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial
from spec.dialect.dialect import Dialect

CROWD = 100
"""How many connections are reset at a time (protocol.md, limits), and altogether in any case."""

MOMENTS = 4
"""At how many moments of an open connection it is reset; the handshake is one more."""

KINDS = MOMENTS + 1
"""Those, and the handshake: with a reset of each a server may lose a place, or of one alone."""

LONGEST = 10.0
"""How long (seconds) as many are reset as there are places, or `latest_close` where it is longer.

Some ten times what a server on the same machine takes for several hundreds of each kind.
"""

AFTER_A_LOOK = 0.1
"""How long (seconds) after a close a server has certainly looked at all of its connections."""

BESIDES = 1 + MOMENTS + 1 + BYSTANDERS + 1
"""How many connections there are beside the crowd."""


RESET = 48
"""How many are reset at once beside those: where few share a process or a thread, one with each."""


def _has_no_clock(dialect: Dialect) -> bool:
    """Whether silence ends nothing, so that no close in time shows that a server goes on."""
    return not dialect.is_protocol and not dialect.has_timeout


@clocked("S-SURVIVE", connections=BESIDES + CROWD, fewest=BESIDES + MOMENTS, is_rough=True)
async def resets_connections_alone_and_in_a_crowd(dial: Dial, timing: spec.Timing) -> None:
    """Resets connections at every moment of their lives; others have to be closed after that.

    The first is reset in the middle of the closing handshake, as soon as the server has closed all
    that were due with it: what ends with the reset is told from what ended before. Then come single
    ones, and then a crowd that was there when the server looked. A server whose check comes late
    may close the first only when the others are due: they are not waited for.
    Where fewer are allowed at a time, several crowds come one after the other, and in the end as
    many as were let in before: a place that is lost with each reset is missing then. When all is
    over, one more connects; measured again, only after whatever was reset is long gone.
    """
    # In other dialects a check may take no time: the first is over before others are due.
    moment, crowd = max(timing.check_interval, 2 * timing.tolerance), list[Peer]()
    most = None if dial.permit is None else dial.permit.most
    size = CROWD if most is None else min(CROWD, most - BESIDES)

    async def joins(place: float) -> None:
        # All come while nothing is due yet, and one after the other: a server is no target.
        await dial.until(moment + (timing.heartbeat_timeout - moment) / 2 * place)
        with suppress(HandshakeRefused):  # A server that is full may say so; the trace tells how.
            crowd.append(await dial.open())

    async def is_reset_when_closed() -> float:
        with suppress(HandshakeRefused):
            async with dead(dial) as peer:
                await peer.beat()
                await peer.ended(by=dial.at(moment + timing.heartbeat_timeout))
                await dial.until(dial.clock.now() - dial.start + AFTER_A_LOOK)
                peer.cut()
        await _reset_several(dial, MOMENTS)
        await _knock_and_run(dial, 1)
        # Nothing is awaited in between: the server learns of all of them at once.
        for number, each in enumerate(crowd):
            _reset(number % MOMENTS, each)
        await _knock_and_run(dial, size - len(crowd))
        for _ in range(CROWD // size - 1):
            await _reset_several(dial, joining)
            await _knock_and_run(dial, size - joining)
        await _is_served(dial)
        return dial.clock.now() - dial.start

    joining = size - size // MOMENTS
    async with TaskGroup() as group:
        last_reset = group.create_task(is_reset_when_closed())
        for number in range(joining):
            group.create_task(joins(number / joining))
        await stand_by(dial, timing, moment, patience=timing.heartbeat_timeout)
    places = dial.target.max_connections or 0
    again = joining if size < CROWD or places > CROWD else 0
    if places > CROWD:
        by = dial.after(max(LONGEST, timing.latest_close))
        await _reset_for_each_place(dial, places, size, by)
    if dial.recorder.heading.attempt > 1:
        # Whose places are counted, the server has to know to be free.
        last_end = dial.clock.now() - dial.start
        await dial.until((last_end if again else last_reset.result()) + overdue(timing))
    await _are_served(dial, again, (timing.heartbeat_timeout - moment) / 2)


@prompt("S-SURVIVE", connections=STAY + RESET, suits=_has_no_clock)
async def resets_some_beside_others(dial: Dial, _: spec.Timing) -> None:
    """Resets connections, all at once, beside some that stay, which have to answer as before.

    Nothing is said on those before and after, for a moment. Where some ended, others stand by, and
    it is looked whether they do so again. No Close comes before a reset: who ends others when one
    is closed is told by that. In the end one more connects.
    """
    for _round in range(ROUNDS):
        if not await _lost_some_to_resets(dial):
            break
    await _is_served(dial)


async def _lost_some_to_resets(dial: Dial) -> bool:
    """Whether some ended as others were reset."""
    most = None if dial.permit is None else dial.permit.most
    async with AsyncExitStack() as stack:
        beside = RESET if most is None else max(1, min(RESET, most - STAY))
        staying = await some_that_stay(dial, stack, beside)
        await stay(dial, staying)
        await _reset_several(dial, beside, MOMENTS - 1)
        if await lost_some(dial, staying):
            return True
        await are_answered(dial, staying)
    return False


async def _are_served(dial: Dial, count: int, within: float) -> None:
    """Connect so many at once, as slowly as a crowd came before, and one more, which pings."""
    async with AsyncExitStack() as opened:
        with suppress(HandshakeRefused):
            start = dial.clock.now() - dial.start
            for number in range(count):
                await dial.until(start + within * number / count)
                await opened.enter_async_context(dial())
            await _is_served(dial)


async def _is_served(dial: Dial) -> None:
    """Connect and ping once, if the server lets us."""
    with suppress(HandshakeRefused):
        async with dial() as peer:
            await peer.ping()
            if peer.dialect.clients_are_answered:
                await peer.hear_answers(1, by=dial.after(dial.patience))
            elif peer.dialect.server_pings:
                longest = dial.target.timing.longest_gap
                await peer.hear_pings(1, by=dial.after(longest + dial.patience))


async def _reset_several(dial: Dial, count: int, moments: int = MOMENTS) -> None:
    """Open so many connections, as far as they are opened, and reset them at once.

    Before the last of the moments wsbeat says goodbye, which is an end in order to some servers.
    """
    opened = list[Peer]()
    with suppress(HandshakeRefused):
        for _ in range(count):
            opened.append(await dial.open())
    for number, peer in enumerate(opened):
        _reset(number % moments, peer)


def _reset(manner: int, peer: Peer) -> None:
    """Reset a connection in a moment of its life: before a message, between it and its reply..."""
    match manner:
        case 1 if peer.dialect.client_pings:
            peer.pour(peer.a_ping())
        case 1 if peer.dialect.pong is not None:
            peer.pour(peer.a_pong())
        case 2:
            peer.pour(LARGE)
        case 3:
            peer.say_goodbye()
    peer.cut()


async def _reset_for_each_place(dial: Dial, places: int, at_once: int, by: float) -> None:
    """Reset as many connections in each moment as the server was said to have places, in crowds.

    The crowd that was reset before has its part in that. It ends `by` a time of the clock.
    """
    each = -(-at_once // KINDS)
    for _ in range(CROWD // KINDS, places, each):
        if dial.clock.now() > by:
            return
        await _reset_several(dial, MOMENTS * each)
        await _knock_and_run(dial, each)


async def _knock_and_run(dial: Dial, count: int) -> None:
    """Ask for so many connections, and reset each before the handshake is answered."""
    for _ in range(count):
        try:
            (await dial.knock()).cut()
        except HandshakeRefused:
            return  # A server that is full may do so, and one that is gone cannot help it.

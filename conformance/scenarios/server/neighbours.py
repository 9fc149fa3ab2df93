"""Connections that end badly, or do not end, and what becomes of others beside them.

In each of these scenarios one connection is closed before anything bad happens: a server that
closes late in any case is told from one that the others have kept from it. Beside crowds of dead
peers another connection pings and talks all the time, and at once when one of them is sent its
Close: what waits for the dead shows there, however short it waits.
"""

from __future__ import annotations

from asyncio import Event, TaskGroup
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import spec
from conformance.messages.limits import DROPPED_WITHIN, SIZE
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.liveness import overdue
from conformance.scenarios.waits import certainly_late, rests
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial

DEAD = 5
"""How many peers leave a Close unanswered. Were each waited for, it would take 10 s and more."""

LOOKS = 3
"""How often it is looked by how much longer a drop has to be watched for."""

DEAF = 2
"""How many peers read nothing."""

ECHOES = 160
"""How many echoes of nearly 64 KiB they ask for, some 10 MB: more than all buffers on the way."""

BYSTANDERS = 4


CROWD = 100
"""How many connections are reset at a time (protocol.md, limits), and altogether in any case."""

SLIGHTLY = 0.01
"""How much later, as a fraction of `check_interval`, a bystander's clock starts."""

LARGE = f'{{"business":"{"a" * (SIZE - 536)}"}}'


MOMENTS = 4
"""At how many moments of an open connection it is reset; the handshake is one more."""

BESIDES = 1 + MOMENTS + 1 + BYSTANDERS + 1
"""How many connections there are beside the crowd."""


@clocked("S-DROP", connections=2, is_rough=True)
async def leaves_a_close_unanswered(dial: Dial, timing: spec.Timing) -> None:
    """Falls silent and does not answer the Close, until the server drops the TCP connection.

    Where wsbeat was late, or the server waited for a processor, that is watched for longer.
    """

    async def falls_silent() -> None:
        async with _dead(dial) as peer:
            await peer.beat()
            if await peer.ended(by=dial.after(overdue(timing))):
                due = dial.after(DROPPED_WITHIN)
                for _ in range(LOOKS):
                    slack = dial.recorder.slack_since(due)
                    if await peer.dropped(by=certainly_late(due, timing) + slack):
                        break

    async with TaskGroup() as group:
        for _ in range(2):
            group.create_task(falls_silent())


@clocked("S-NO-QUEUE", "S-REPLY-SOON", connections=DEAD + BYSTANDERS + 1, is_rough=True)
async def falls_silent_beside_peers_that_answer_no_close(dial: Dial, timing: spec.Timing) -> None:
    """Several peers are due at one check and leave their Close unanswered; others are due too."""

    all_over, seen, unanswered = Event(), Event(), Event()

    async def answers_no_close() -> None:
        async with _dead(dial) as peer:
            await peer.beat()
            if await peer.ended(by=dial.after(overdue(timing))):
                unanswered.set()
            await seen.wait()

    async with TaskGroup() as group:
        group.create_task(_lives_on(dial, timing, all_over, seen, unanswered))
        for _ in range(DEAD):
            group.create_task(answers_no_close())
        await _stand_by(dial, timing, 0.0)
        all_over.set()


@clocked("S-NO-QUEUE", "S-REPLY-SOON", connections=1 + DEAF + BYSTANDERS + 1, is_rough=True)
async def falls_silent_beside_peers_that_read_nothing(dial: Dial, timing: spec.Timing) -> None:
    """Some peers ask for 10 MB of echoes and read none; others are due at the same check.

    Where that is measured again, nobody goes deaf before the first connection was closed.
    """
    moment, all_over, seen = timing.check_interval, Event(), Event()

    async def reads_nothing() -> None:
        await dial.until(moment)
        async with _dead(dial) as peer:
            await peer.beat()
            peer.go_deaf()
            for number in range(ECHOES):
                await dial.until(moment + timing.heartbeat_timeout / 2 * number / ECHOES)
                if peer.is_held_up or not peer.pour(LARGE):
                    break
            await seen.wait()

    if not dial.target.capabilities.echo:
        return
    async with TaskGroup() as group:
        # What lives is there from the beginning: a comparison is with one that it was beside.
        group.create_task(_lives_on(dial, timing, all_over, seen, unanswered=Event()))
        first = group.create_task(_falls_silent(dial, 0.0, 0.0, overdue(timing)))
        if dial.recorder.heading.attempt > 1:
            await first
            moment = dial.after(timing.tolerance) - dial.start
        for _ in range(DEAF):
            group.create_task(reads_nothing())
        await _stand_by(dial, timing, moment)
        all_over.set()


@clocked("S-SURVIVE", connections=BESIDES + CROWD, fewest=BESIDES + MOMENTS, is_rough=True)
async def resets_connections_alone_and_in_a_crowd(dial: Dial, timing: spec.Timing) -> None:
    """Resets connections at every moment of their lives; others have to be closed after that.

    The first is reset in the middle of the closing handshake, as soon as the server has closed it.
    Then come single ones, and then a crowd that was there when the server looked. A server whose
    check comes late may close the first only when the others are due: they are not waited for.
    Where fewer are allowed at a time, several crowds come one after the other. When all is over,
    one more connects; measured again, only after whatever was reset is long gone.
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
            async with _dead(dial) as peer:
                await peer.beat()
                await peer.ended(by=dial.at(moment + timing.heartbeat_timeout))
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
        await _stand_by(dial, timing, moment, patience=timing.heartbeat_timeout)
    if dial.recorder.heading.attempt > 1:
        await dial.until(last_reset.result() + overdue(timing))
    await _is_served(dial)


async def _is_served(dial: Dial) -> None:
    """Connect and ping once, if the server lets us."""
    with suppress(HandshakeRefused):
        async with dial() as peer:
            await peer.ping()
            if peer.dialect.clients_are_answered:
                await peer.hear_until(1, by=dial.after(dial.patience))
            elif peer.dialect.server_pings:
                longest = dial.target.timing.longest_gap
                await peer.hear_pings(1, by=dial.after(longest + dial.patience))


async def _reset_several(dial: Dial, count: int) -> None:
    """Open so many connections, as far as they are opened, and reset them at once."""
    opened = list[Peer]()
    with suppress(HandshakeRefused):
        for _ in range(count):
            opened.append(await dial.open())
    for number, peer in enumerate(opened):
        _reset(number % MOMENTS, peer)


def _reset(manner: int, peer: Peer) -> None:
    """Reset a connection in a moment of its life: before a message, between it and its reply..."""
    match manner:
        case 1:
            peer.pour(peer.a_ping() if peer.dialect.client_pings else peer.a_pong())
        case 2:
            peer.pour(LARGE)
        case 3:
            peer.say_goodbye()
    peer.cut()


async def _knock_and_run(dial: Dial, count: int) -> None:
    """Ask for so many connections, and reset each before the handshake is answered."""
    for _ in range(count):
        try:
            (await dial.knock()).cut()
        except HandshakeRefused:
            return  # A server that is full may do so, and one that is gone cannot help it.


async def _stand_by(dial: Dial, timing: spec.Timing, moment: float, patience: float = 0.0) -> None:
    """Plain connections whose clocks start slightly after `moment`; half are there before.

    It takes until all are closed. They are watched for `patience` seconds longer than is needed to
    see that a close is late.
    """
    later = moment + SLIGHTLY * timing.check_interval
    watched = overdue(timing) + patience
    async with TaskGroup() as group:
        for number in range(BYSTANDERS):
            comes = 0.0 if number % 2 else later
            group.create_task(_falls_silent(dial, comes, later, watched))


async def _lives_on(
    dial: Dial, timing: spec.Timing, over: Event, seen: Event, unanswered: Event
) -> None:
    """Ping and talk by turns until something is over, then wait for what is still owed.

    Each time that a Close stands `unanswered`, a ping follows at once.
    `seen` is set when all was answered, or when it takes the end of the dead to see it answered. If
    a reply does not come then either, another message tells whether it was lost.
    Under Plan B, the server's pings are answered some time after they came, and nothing else then.
    """
    apart = min(timing.heartbeat_interval / 4, timing.reply_deadline + timing.tolerance)
    too_late = certainly_late(timing.reply_deadline, timing)
    declared, said, answered = dial.target.capabilities, 0, 0
    async with dial() as peer:
        while not over.is_set() and not await rests(peer, dial.after(apart), unanswered):
            if peer.heard.pings > answered:
                answered = peer.heard.pings
                await peer.pong()
                continue
            if not peer.dialect.clients_are_answered:
                await peer.ping()
                continue
            # One after the other: a server may take nearly as long as it is allowed for each.
            await peer.ping()
            said += 1
            if await peer.hear_until(said, by=dial.after(too_late)) and declared.echo:
                said += await peer.say(f'{{"number":{said}}}')
                await peer.hear_until(said, by=dial.after(too_late))
        if not await peer.hear_until(said, by=dial.after(too_late)):
            seen.set()
            if not await peer.hear_until(said, by=dial.after(dial.patience)):
                # What was held up holds up what comes after it; what was lost does not.
                await (peer.say(f'{{"number":{said + 1}}}') if declared.echo else peer.ping())
                await peer.watch(by=dial.after(too_late))
    seen.set()


async def _falls_silent(dial: Dial, comes: float, pings: float, watched: float) -> None:
    await dial.until(comes)
    with suppress(HandshakeRefused):
        async with dial() as peer:
            await dial.until(pings)
            await peer.beat()
            await peer.watch(by=dial.after(watched))


@asynccontextmanager
async def _dead(dial: Dial) -> AsyncIterator[Peer]:
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

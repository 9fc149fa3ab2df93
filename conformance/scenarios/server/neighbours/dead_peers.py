"""Connections that answer no Close, never hang up or read nothing, and what becomes of others.

Beside crowds of dead peers another connection pings and talks all the time, and at once when one of
them is sent its Close: what waits for the dead shows there, however short it waits.
"""

from __future__ import annotations

from asyncio import Event, TaskGroup
from contextlib import suppress

import spec
from conformance.messages.limits import DROPPED_WITHIN, KEPT_FOR_CERTAIN
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.liveness import overdue
from conformance.scenarios.server.neighbours.bystanders import (
    BYSTANDERS,
    LARGE,
    dead,
    falls_silent,
    stand_by,
)
from conformance.scenarios.spellings import what_ends
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

SMALL_ECHOES = 1200
"""How many small ones follow. A server that has a queue of so many messages for each connection, as
of 256 or 1024, waits for the peer only when that is full, too."""


@clocked("S-DROP", "S-CONTROL", connections=2, is_rough=True)
async def leaves_a_close_unanswered(dial: Dial, timing: spec.Timing) -> None:
    """Falls silent and does not answer the Close, until the server drops the TCP connection.

    On the second a ping comes late, as if it had crossed the Close: nothing is owed for it, nor may
    anything be said (S-CONTROL).
    """

    async def is_silent(*, pings: bool) -> None:
        async with dead(dial) as peer:
            await peer.beat()
            if await peer.ended(by=dial.after(overdue(timing))):
                if pings and peer.dialect.client_pings:
                    peer.say_behind_its_close(peer.a_ping())
                await _until_dropped(peer, dial, timing)

    async with TaskGroup() as group:
        for number in range(2):
            group.create_task(is_silent(pings=number == 1))


@clocked("S-HANG-UP", connections=2)
async def waits_for_the_server_to_hang_up(dial: Dial, timing: spec.Timing) -> None:
    """Closes, or answers the Close, and leaves its own end open until the TCP connection ends.

    In a dialect in which silence ends nothing, the server closes over what it cannot bear, if that
    has to end a connection there.
    """
    unbearable = None if dial.target.dialect.has_timeout else what_ends(dial.target.dialect)

    async def waits(*, closes: bool) -> None:
        async with dial() as peer:
            await peer.beat()
            if closes:
                peer.say_goodbye()
            elif unbearable is not None:
                await peer.say(unbearable)
            if await peer.ended(by=dial.after(dial.patience if closes else overdue(timing))):
                await _until_dropped(peer, dial, timing)
                peer.abort()

    async with TaskGroup() as group:
        group.create_task(waits(closes=True))
        group.create_task(waits(closes=False))


async def _until_dropped(peer: Peer, dial: Dial, timing: spec.Timing) -> None:
    """Wait for the end of a TCP connection on which a Close has come, until it is late for certain.

    For longer where wsbeat was late, or the server waited for a processor; and for some seconds
    more where it was kept, until no busy machine is why.
    """
    due = dial.after(DROPPED_WITHIN)
    for _ in range(LOOKS):
        slack = dial.recorder.slack_since(due)
        if await peer.dropped(by=certainly_late(due, timing) + slack):
            return
    certain = certainly_late(due, timing) + KEPT_FOR_CERTAIN
    await peer.dropped(by=certain + dial.recorder.slack_since(due))


@clocked("S-NO-QUEUE", "S-REPLY-SOON", connections=DEAD + BYSTANDERS + 2, is_rough=True)
async def falls_silent_beside_peers_that_answer_no_close(dial: Dial, timing: spec.Timing) -> None:
    """Several peers are due and answer no Close; others are due too, and then one more connects."""

    all_over, seen, unanswered = Event(), Event(), Event()
    some_stand, came = Event(), Event()

    async def answers_no_close() -> None:
        async with dead(dial) as peer:
            await peer.beat()
            if await peer.ended(by=dial.after(overdue(timing))):
                unanswered.set()
                some_stand.set()
            await seen.wait()
            await came.wait()

    async def comes_beside_them() -> None:
        await all_over.wait()
        if some_stand.is_set():
            await _comes(dial, timing, came)
        came.set()

    async with TaskGroup() as group:
        group.create_task(comes_beside_them())
        group.create_task(_lives_on(dial, timing, all_over, seen, unanswered))
        for _ in range(DEAD):
            group.create_task(answers_no_close())
        await stand_by(dial, timing, 0.0)
        all_over.set()


async def _comes(dial: Dial, timing: spec.Timing, late: Event) -> None:
    """Connect, and ping; `late` is set once the answer certainly is, which is waited for then."""
    with suppress(HandshakeRefused):
        async with dial() as peer:
            if peer.dialect.clients_are_answered:
                await peer.ping()
                too_late = certainly_late(timing.reply_deadline, timing)
                if not await peer.hear_answers(1, by=dial.after(too_late)):
                    late.set()
                    await peer.hear_answers(1, by=dial.after(dial.patience))


@clocked("S-NO-QUEUE", "S-REPLY-SOON", connections=1 + DEAF + BYSTANDERS + 1, is_rough=True)
async def falls_silent_beside_peers_that_read_nothing(dial: Dial, timing: spec.Timing) -> None:
    """Some peers ask for 10 MB of echoes and read none; others are due at the same check.

    Behind the large ones they ask for many small ones, for queues that count messages.
    Where that is measured again, nobody goes deaf before the first connection was closed.
    """
    moment, all_over, seen = timing.check_interval, Event(), Event()

    async def reads_nothing() -> None:
        await dial.until(moment)
        async with dead(dial) as peer:
            await peer.beat()
            peer.go_deaf()
            await _ask_for_much(dial, peer, moment, timing.heartbeat_timeout)
            await seen.wait()

    if not dial.target.capabilities.echo:
        return
    async with TaskGroup() as group:
        # What lives is there from the beginning: a comparison is with one that it was beside.
        group.create_task(_lives_on(dial, timing, all_over, seen, unanswered=Event()))
        first = group.create_task(falls_silent(dial, 0.0, 0.0, overdue(timing)))
        if dial.recorder.heading.attempt > 1:
            await first
            moment = dial.after(timing.tolerance) - dial.start
        for _ in range(DEAF):
            group.create_task(reads_nothing())
        await stand_by(dial, timing, moment)
        all_over.set()


async def _ask_for_much(dial: Dial, peer: Peer, since: float, until_due: float) -> None:
    """Ask for the large echoes in half the time until a peer is due, then for the small ones.

    A server that cannot keep up gets more of that time, and one that has ceased to read no more.
    """
    pace, asked = until_due / 2 / ECHOES, 0
    for tick in range(ECHOES * 3 // 2):
        await dial.until(since + pace * tick)
        if peer.is_held_up:
            continue
        if asked == ECHOES or not peer.pour(LARGE):
            break
        asked += 1
    for number in range(SMALL_ECHOES):
        peer.pour(str(number))


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
        # Where there are no echoes, pongs alone are answers: a server may say other things, too.
        hears = peer.hear_until if declared.echo else peer.hear_answers
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
            if await hears(said, by=dial.after(too_late)) and declared.echo:
                said += await peer.say(f'{{"number":{said}}}')
                await hears(said, by=dial.after(too_late))
        if not await hears(said, by=dial.after(too_late)):
            seen.set()
            if not await hears(said, by=dial.after(dial.patience)):
                # What was held up holds up what comes after it; what was lost does not.
                await (peer.say(f'{{"number":{said + 1}}}') if declared.echo else peer.ping())
                await peer.watch(by=dial.after(too_late))
    seen.set()

"""Connections on which the server pings, and pongs restart its clock (protocol.md: Plan B).

What restarts no clock is tried by the scenarios of silences: under Plan B, their pings are such.
"""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import Sequence

import spec
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.liveness import PHASES, SERIES, moments, pings_once, watch
from conformance.scenarios.spellings import Spelling, spellings
from conformance.wire.server.dial import Dial
from conformance.wire.server.manner import COMPRESSING
from spec.dialect.dialect import Dialect


def _counts_messages(dial: Dial) -> bool:
    """Whether both sides ping in another dialect, and any message restarts the clock."""
    return dial.target.dialect.client_pings and dial.target.dialect.alive == "messages"


def _is_only_pinged(dialect: Dialect) -> bool:
    """Whether the server pings and is answered, and no client is."""
    return dialect.server_pings and not dialect.client_pings and dialect.pong is not None


def _pongs_unasked(dialect: Dialect) -> bool:
    """Whether pongs may come without a ping, and restart the clock then."""
    return dialect.is_protocol or (dialect.alive == "pongs" and dialect.pong_unasked)


@clocked("B-SERVER-PING", "B-TIMEOUT", "B-NO-LOOP", connections=PHASES)
async def answers_every_ping(dial: Dial, timing: spec.Timing) -> None:
    """Answers the server's pings, for longer than a silent connection could live.

    Not those that come at once after an answer: two peers that answer each other never end.
    """

    async def answers(moment: float) -> None:
        await dial.until(moment)
        await _answers_pings(dial, timing)

    first, *others = moments(timing)
    async with TaskGroup() as group:
        # Where whatever is said counts, a plain one tells a fault of the limit from one of that.
        plain = _counts_messages(dial)
        group.create_task(pings_once(dial, timing, first) if plain else answers(first))
        for moment in others:
            group.create_task(answers(moment))


@clocked("B-SERVER-PING", "B-TIMEOUT", "B-NO-LOOP", connections=1, suits=_is_only_pinged)
async def answers_every_ping_compressed(dial: Dial, timing: spec.Timing) -> None:
    """The same on a connection that offered permessage-deflate, where pongs are all that is said.

    So they are all that a server gets which is compressed, and what it made of that is seen late.
    """
    await _answers_pings(dial.asking(COMPRESSING), timing)


async def _answers_pings(dial: Dial, timing: spec.Timing) -> None:
    by = dial.start + timing.longest_wait + timing.tolerance
    async with dial() as peer:
        heard = 0
        while await peer.hear_pings(heard + 1, by):
            await peer.pong()
            await peer.ended(by=dial.after(timing.shortest_gap / 2))
            heard = peer.heard.pings
        await peer.watch(by)


@clocked("B-TIMEOUT", "B-SERVER-PING", connections=2)
async def answers_the_first_ping_and_no_more(dial: Dial, timing: spec.Timing) -> None:
    """Answers one ping of the server, then none, beside a connection that answers none at all."""
    by = timing.heartbeat_interval + timing.tolerance

    async def answers(count: int) -> None:
        async with dial() as peer:
            if count and await peer.hear_pings(count, by=dial.after(by)):
                await peer.pong()
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        plain = _counts_messages(dial)
        group.create_task(pings_once(dial, timing, 0.0) if plain else answers(0))
        group.create_task(answers(1))


@clocked("B-TIMEOUT", "B-NO-LOOP", connections=2 * PHASES, suits=_pongs_unasked)
async def sends_pongs_unasked_and_falls_silent(dial: Dial, timing: spec.Timing) -> None:
    """Sends one pong, or several, that no ping asked for, then says nothing more.

    Several of one connection have a spelling of their own.
    """

    async def sends(moment: float, spelled: Spelling, count: int) -> None:
        async with dial() as peer:
            for number in range(1, count + 1):
                await dial.until(moment * number / count)
                await peer.say(spelled(peer.a_pong()))
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        # In the first phase all that one connection sends come at once.
        for moment, spelled in zip(moments(timing), pong_spellings(dial), strict=True):
            group.create_task(sends(moment, str, 1))
            group.create_task(sends(moment, spelled, SERIES))


def pong_spellings(dial: Dial) -> Sequence[Spelling]:
    """Four ways to spell a pong; further members change nothing about one, either."""
    dialect = dial.target.dialect
    assert dialect.pong is not None
    return spellings(dialect.ping if dialect.is_protocol else dialect.pong)

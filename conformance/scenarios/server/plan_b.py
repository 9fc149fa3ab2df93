"""Connections on which the server pings, and pongs restart its clock (protocol.md: Plan B).

What restarts no clock is tried by the scenarios of silences: under Plan B, their pings are such.
"""

from __future__ import annotations

from asyncio import TaskGroup

import spec
from conformance.messages.dialect import PLAIN_PONG
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.liveness import PHASES, SERIES, moments, watch
from conformance.wire.server.dial import Dial

PONGS = (
    PLAIN_PONG,
    '{ "type" : "pong" }\n',
    '{"type":"\\u0070ong"}',
    '{"id":7,"type":"pong","sent":1700000000}',
)
"""A pong in spellings that are free, one for each phase; in the first, all come at once."""


@clocked("B-SERVER-PING", "B-TIMEOUT", "B-NO-LOOP", connections=PHASES)
async def answers_every_ping(dial: Dial, timing: spec.Timing) -> None:
    """Answers the server's pings, for longer than a silent connection could live.

    Not those that come at once after an answer: two peers that answer each other never end.
    """

    by = dial.start + timing.longest_wait + timing.tolerance

    async def answers(moment: float) -> None:
        await dial.until(moment)
        async with dial() as peer:
            heard = 0
            while await peer.hear_pings(heard + 1, by):
                await peer.pong()
                await peer.ended(by=dial.after(timing.shortest_gap / 2))
                heard = peer.heard.pings
            await peer.watch(by)

    async with TaskGroup() as group:
        for moment in moments(timing):
            group.create_task(answers(moment))


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
        group.create_task(answers(0))
        group.create_task(answers(1))


@clocked("B-TIMEOUT", "B-NO-LOOP", connections=2 * PHASES)
async def sends_pongs_unasked_and_falls_silent(dial: Dial, timing: spec.Timing) -> None:
    """Sends one pong, or several, that no ping asked for, then says nothing more.

    Several of one connection have a spelling of their own.
    """

    async def sends(moment: float, text: str, count: int) -> None:
        async with dial() as peer:
            for number in range(1, count + 1):
                await dial.until(moment * number / count)
                await peer.say(text)
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        for moment, text in zip(moments(timing), PONGS, strict=True):
            group.create_task(sends(moment, PLAIN_PONG, 1))
            group.create_task(sends(moment, text, SERIES))

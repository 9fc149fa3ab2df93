"""Connections that stop pinging, one way or another, in several phases of the server's check.

A server looks only every `check_interval`, so one connection sees one phase of its check. Beside
every special connection stands a plain one whose clock starts again a moment earlier, so that a
fault of the limit is told from a fault of what was special.
"""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import TypeAlias

import spec
from conformance.messages.dialect import PLAIN_PING
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.limits import filled
from conformance.scenarios.step import Step
from conformance.wire.peer import Peer
from conformance.wire.server.dial import Dial

PHASES = 4


SERIES = 5


PINGS = (
    PLAIN_PING,
    '{ "type" : "ping" }\n',
    '{"type":"\\u0070ing"}',
    '{"id":7,"type":"ping","sent":1700000000}',
)
"""A ping in spellings that are free, one for each phase; in the first, all come at once."""


TALK_INTERVAL = 0.3
"""How often a connection talks on, as a fraction of `heartbeat_interval`."""


Talk: TypeAlias = Callable[[int], Step]
"""What a connection says the first time, the second time, and so on."""


@clocked(
    "S-TIMEOUT-EARLIEST",
    "S-TIMEOUT-LATEST",
    "S-TIMEOUT-CODE",
    "S-QUIET",
    "S-REPLY-SOON",
    connections=PHASES,
    is_plain_silence=True,
)
async def falls_silent_after_a_ping(dial: Dial, timing: spec.Timing) -> None:
    """Connects, pings once and says nothing more, until the server closes."""
    async with TaskGroup() as group:
        for moment in moments(timing):
            group.create_task(_pings_once(dial, timing, moment))


@clocked("S-CLOCK-START", "S-QUIET", "B-TIMEOUT", connections=2 * PHASES, is_plain_silence=True)
async def never_pings(dial: Dial, timing: spec.Timing) -> None:
    """Connects and says nothing at all, until the server closes."""

    async def connects_only(moment: float) -> None:
        await dial.until(moment)
        async with dial() as peer:
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        for moment in moments(timing):
            group.create_task(_pings_once(dial, timing, moment))
            group.create_task(connects_only(moment))


@clocked("S-INDEPENDENT", connections=2)
async def falls_silent_beside_one_that_pings_later(dial: Dial, timing: spec.Timing) -> None:
    """Two connections ping once, the second so much later that the first has to be closed before.

    Were they to share a clock, both would be closed at the same time, too late for the first. Under
    Plan B they send pongs instead, which are what restarts the clock there.
    """
    later = timing.check_interval + timing.tolerance

    async def pings_at(moment: float) -> None:
        async with dial() as peer:
            await dial.until(moment)
            await peer.beat()
            await peer.watch(by=dial.start + later + timing.latest_close)

    async with TaskGroup() as group:
        group.create_task(pings_at(0.0))
        group.create_task(pings_at(later))


@clocked("S-REFRESH", connections=2 * PHASES)
async def pings_in_a_quick_series_and_falls_silent(dial: Dial, timing: spec.Timing) -> None:
    """Pings several times in less than `heartbeat_interval`, then says nothing more.

    Each series has a spelling of its own.
    """

    async def pings_often(moment: float, text: str) -> None:
        async with dial() as peer:
            for number in range(1, SERIES + 1):
                await dial.until(moment * number / SERIES)
                await peer.say(text)
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        for moment, text in zip(moments(timing), PINGS, strict=True):
            group.create_task(_pings_once(dial, timing, moment))
            group.create_task(pings_often(moment, text))


@clocked("S-REFRESH", "S-TIMEOUT-LATEST", "B-TIMEOUT", connections=4)
async def falls_silent_after_a_large_text(dial: Dial, timing: spec.Timing) -> None:
    """Says a text of 64 KiB, business or a ping, then nothing more; under Plan B, it is a pong."""
    later = timing.heartbeat_interval / 2

    async def pings_after_business() -> None:
        async with dial() as peer:
            await peer.say(filled('{"text":"', '"}'))
            await peer.beat()
            await watch(peer, dial, timing)

    async def pings_at_length(moment: float) -> None:
        async with dial() as peer:
            await dial.until(moment)
            kind = "pong" if dial.target.capabilities.server_ping else "ping"
            await peer.say(filled(f'{{"type":"{kind}","padding":"', '"}'))
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        group.create_task(_pings_once(dial, timing, 0.0))
        group.create_task(_pings_once(dial, timing, later))
        group.create_task(pings_after_business())
        group.create_task(pings_at_length(later))


@clocked("S-REFRESH", "B-TIMEOUT", connections=PHASES + 1)
async def keeps_pinging_at_the_interval(dial: Dial, timing: spec.Timing) -> None:
    """Pings every `heartbeat_interval`, for longer than a silent connection could live."""

    async def pings_on(moment: float) -> None:
        async with dial() as peer:
            while moment < timing.longest_wait and not peer.over:
                await dial.until(moment)
                await peer.ping()
                moment += timing.heartbeat_interval
            await peer.watch(by=dial.start + timing.longest_wait)

    async with TaskGroup() as group:
        group.create_task(_pings_once(dial, timing, 0.0))
        for moment in moments(timing):
            group.create_task(pings_on(moment % timing.heartbeat_interval))


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES)
async def talks_business_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends business messages at short intervals until the server closes."""
    near = ['{"type":"PING"}', '{"type":"PONG"}', '{"ping":"pong"}']
    if not dial.target.capabilities.server_ping:
        near.append('{"type":"pong"}')
    await _talks_on(
        dial,
        timing,
        lambda number: f'{{"business":{number}}}',
        _in_turn(*near),
        _in_turn('["business"]', "[]"),
        _in_turn('"business"', "0", "null"),
    )


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES)
async def sends_text_that_is_not_json_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends text that is not JSON at short intervals until the server closes."""
    texts = ("ping", "", '{"business":1,}', "hello, I am not JSON")
    await _talks_on(dial, timing, *map(_in_turn, texts))


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES)
async def sends_binary_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends binary messages at short intervals until the server closes."""
    await _talks_on(dial, timing, _in_turn(b'{"type":"ping"}'))


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES)
async def sends_control_pings_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends control Pings at short intervals until the server closes."""
    await _talks_on(dial, timing, None)


def moments(timing: spec.Timing) -> Iterator[float]:
    """When the clocks of a scenario's connections start, in seconds: spread over a check."""
    return (timing.check_interval * phase / PHASES for phase in range(PHASES))


async def _pings_once(dial: Dial, timing: spec.Timing, moment: float) -> None:
    """A plain connection: its clock is started by the handshake and, at once, by a ping."""
    await dial.until(moment)
    async with dial() as peer:
        await peer.ping()
        await watch(peer, dial, timing)


async def _talks_on(dial: Dial, timing: spec.Timing, *talks: Talk | None) -> None:
    """A plain connection and a talking one in each phase, which take turns at what they say.

    None stands for control Pings. What one connection says comes round before the limit: each of
    several texts is seen to prolong nothing, and where messages do, that each kind does.
    """

    async def talks_on(moment: float, said: Talk | None) -> None:
        await dial.until(moment)
        async with dial() as peer:
            await peer.ping()
            # From here on, however long the handshake took: it is from the ping that time counts.
            due, turn, number = dial.after(overdue(timing)), dial.clock.now(), 0
            while (turn := turn + timing.heartbeat_interval * TALK_INTERVAL) < due:
                if await peer.ended(by=turn):
                    break
                number += 1
                await (peer.control_ping(b"wsbeat") if said is None else peer.say(said(number)))
            await peer.watch(by=due)

    async with TaskGroup() as group:
        for moment, said in zip(moments(timing), cycle(talks), strict=False):
            group.create_task(_pings_once(dial, timing, moment))
            group.create_task(talks_on(moment, said))


def _in_turn(*said: Step) -> Talk:
    """These messages one after the other, again and again."""
    return lambda number: said[number % len(said)]


async def watch(peer: Peer, dial: Dial, timing: spec.Timing) -> None:
    """Say nothing more until the server closes, or is certainly too late to."""
    await peer.watch(by=dial.after(overdue(timing)))


def overdue(timing: spec.Timing) -> float:
    """When a close that has not come yet is certainly too late, in seconds after the last ping."""
    return timing.latest_close + 1.6 * timing.tolerance

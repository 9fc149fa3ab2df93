"""Connections that stop pinging, one way or another, in several phases of the server's check.

One connection sees one phase of the check. Beside every special one stands a plain one whose clock
starts again a moment earlier: a fault of the limit is told from a fault of what was special.
"""

from __future__ import annotations

from asyncio import Task, TaskGroup, wait
from collections.abc import Iterator

import spec
from conformance.messages.limits import SIZE
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.limits import filled
from conformance.scenarios.spellings import Spelling, padded, spellings
from conformance.scenarios.waits import certainly_late
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial
from spec.dialect.dialect import Dialect

PHASES, SERIES = 4, 5


A_LITTLE_MORE = 1.1
"""How many times the tolerance the clocks start over, beyond a check."""

PHASES_OF_TWO_CHECKS = 6
"""How many connections show a server that looks less often than it may, whatever the moment."""

CLOSE_TOGETHER = 50
"""How many show one that rounds to whole seconds, or looks a little too seldom: at production it
is wrong about those alone whose clocks begin in a certain second or two of a check."""

MANY, TEXTS = 450, 20
"""How many messages a connection says in half an interval, two of three pings, which are more than
a byte can count, and how many of the others differ: who is told of all is not to drown in it."""

QUICKLY = 15
"""How many ping twice: the more, the sooner after the last a ping may come that is overlooked."""

MORE_THAN_A_PHASE = 1.25
"""How far apart two pings are, in phases: any check falls between their limits somewhere."""

LATECOMERS, PART_OF_A_CHECK = 7, 0.75
"""How many connections ping after the limit, spread over the check by which they are due; and over
which part of a check their clocks begin."""


def _has_pings(dialect: Dialect) -> bool:
    """Whether a client may ping."""
    return dialect.client_pings


@clocked(
    "S-TIMEOUT-EARLIEST",
    "S-TIMEOUT-LATEST",
    "S-TIMEOUT-CODE",
    "S-QUIET",
    "S-REPLY-SOON",
    "S-ONLY-PINGS",
    connections=CLOSE_TOGETHER + 1,
    fewest=PHASES_OF_TWO_CHECKS + 1,
    is_plain_silence=True,
)
async def falls_silent_after_a_ping(dial: Dial, timing: spec.Timing) -> None:
    """Connects, pings once and says nothing more, until the server closes.

    The clocks of the plain ones start over more than a check, and close together: a server that
    looks every second time is late for one of them. One answers no control Ping of the server.
    """

    async def answers_nothing() -> None:
        async with dial() as peer:
            peer.ignore_control_pings()
            await peer.ping()
            await watch(peer, dial, timing)

    phases = PHASES_OF_TWO_CHECKS if dial.is_limited else CLOSE_TOGETHER
    async with TaskGroup() as group:
        group.create_task(answers_nothing())
        last = timing.check_interval + A_LITTLE_MORE * timing.tolerance
        for phase in range(phases):
            group.create_task(pings_once(dial, timing, last * phase / (phases - 1)))


@clocked("S-CLOCK-START", "S-QUIET", "B-TIMEOUT", connections=2 * PHASES, is_plain_silence=True)
async def never_pings(dial: Dial, timing: spec.Timing) -> None:
    """Connects and says nothing at all, until the server closes."""

    async def connects_only(moment: float) -> None:
        await dial.until(moment)
        async with dial() as peer:
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        for moment in moments(timing):
            group.create_task(pings_once(dial, timing, moment))
            group.create_task(connects_only(moment))


@clocked("S-INDEPENDENT", connections=3)
async def falls_silent_beside_one_that_pings_later(dial: Dial, timing: spec.Timing) -> None:
    """Two connections ping once, the second so much later that the first has to be closed before.

    Were they to share a clock, both would be closed at the same time, too late for the first. A
    third pings when even a server that looks every second time is about to close the first: it
    closes that one all the same, and only a shared clock goes on. Under Plan B they send pongs.
    """
    later = timing.check_interval + timing.tolerance
    last = 2 * timing.check_interval + timing.tolerance / 2

    async def pings_at(moment: float) -> bool:
        """Whether it was closed late."""
        async with dial() as peer:
            await dial.until(moment)
            await peer.beat()
            closed = await peer.watch(by=dial.start + last + timing.latest_close)
            return closed and dial.clock.now() - dial.start > moment + timing.latest_close

    async def pings_last(first: Task[bool], second: Task[bool]) -> None:
        if last >= timing.heartbeat_timeout:
            await dial.until(last)
        async with dial() as peer:
            await dial.until(last)
            await peer.beat()
            await wait((first, second))
            if first.result():
                await watch(peer, dial, timing)

    async with TaskGroup() as group:
        first, second = (group.create_task(pings_at(moment)) for moment in (0.0, later))
        group.create_task(pings_last(first, second))


@clocked("S-REFRESH", connections=2 * PHASES + 1, suits=_has_pings)
async def pings_in_a_quick_series_and_falls_silent(dial: Dial, timing: spec.Timing) -> None:
    """Pings several times in less than `heartbeat_interval`, then says nothing more.

    Each series has a spelling of its own; one is sent in frames of one byte.
    """

    async def pings_in_frames(moment: float) -> None:
        async with dial() as peer:
            for number in range(1, SERIES + 1):
                await dial.until(moment * number / SERIES)
                text = peer.a_ping()
                await peer.say_in_frames(text, [bytes([byte]) for byte in text.encode()])
            await watch(peer, dial, timing)

    async def pings_often(moment: float, spelled: Spelling) -> None:
        async with dial() as peer:
            for number in range(1, SERIES + 1):
                await dial.until(moment * number / SERIES)
                await peer.say(spelled(peer.a_ping()))
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        # In the first phase all of a series come at once.
        ways = spellings(dial.target.dialect.ping)
        for moment, spelled in zip(moments(timing), ways, strict=True):
            group.create_task(pings_once(dial, timing, moment))
            group.create_task(pings_often(moment, spelled))
        group.create_task(pings_in_frames(timing.check_interval / 2))


@clocked("S-REFRESH", connections=PHASES + QUICKLY, fewest=2 * PHASES, suits=_has_pings)
async def pings_twice_and_falls_silent(dial: Dial, timing: spec.Timing) -> None:
    """Pings once more, a little more than a phase later, then says nothing more.

    A server that overlooks a ping soon after the last closes one of them early, whenever it looks.
    """
    phases = PHASES if dial.is_limited else QUICKLY
    apart = MORE_THAN_A_PHASE * timing.check_interval / phases

    async def pings_twice(moment: float) -> None:
        async with dial() as peer:
            for restart in (moment, moment + apart):
                await dial.until(restart)
                await peer.ping()
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        for moment in moments(timing):
            group.create_task(pings_once(dial, timing, moment + apart))
        for moment in moments(timing, phases):
            group.create_task(pings_twice(moment))


@clocked("S-REFRESH", "S-TIMEOUT-LATEST", "B-TIMEOUT", connections=4)
async def falls_silent_after_a_large_text(dial: Dial, timing: spec.Timing) -> None:
    """Says a text of 64 KiB and a ping right behind it, or that is one, then nothing more.

    By then, the clock of the handshake is too early at any check. Under Plan B, pongs are pings.
    """
    later = timing.heartbeat_interval
    dialect = dial.target.dialect

    async def pings_after_business() -> None:
        async with dial() as peer:
            await dial.until(later)
            large = [filled('{"text":"', '"}')] if dialect.is_protocol else []
            await peer.say(*large, *peer.beats)
            await watch(peer, dial, timing)

    async def pings_at_length(moment: float) -> None:
        async with dial() as peer:
            await dial.until(moment)
            form = dialect.ping if peer.beats_with_pings else dialect.pong
            await peer.say(*((form and padded(form, beat, SIZE)) or beat for beat in peer.beats))
            await watch(peer, dial, timing)

    async with TaskGroup() as group:
        group.create_task(pings_once(dial, timing, 0.0))
        group.create_task(pings_once(dial, timing, later))
        group.create_task(pings_after_business())
        group.create_task(pings_at_length(later))


@clocked("S-REFRESH", "B-TIMEOUT", connections=LATECOMERS + 2)
async def pings_after_the_limit(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, and again when it may be closed already and need not be: several such moments.

    One connection pings all the time and stays: those that end are never all there are.
    """

    async def stays() -> None:
        async with dial() as peer:
            last = dial.at(timing.longest_wait)
            while dial.clock.now() < last and not peer.over:
                await peer.beat()
                await peer.ended(by=min(last, dial.after(timing.heartbeat_interval)))

    async def pings_late(begins: float, late: float) -> None:
        await dial.until(begins)
        async with dial() as peer:
            await peer.beat()
            if not await peer.ended(by=dial.start + begins + timing.heartbeat_timeout + late):
                await peer.beat()
            await peer.watch(by=dial.start + timing.longest_wait)

    async with TaskGroup() as group:
        group.create_task(stays())
        group.create_task(pings_once(dial, timing, 0.0))
        for number in range(1, LATECOMERS + 1):
            late = timing.check_interval * number / (LATECOMERS + 1)
            # They begin one after the other, lest all of them be due at the same moment.
            group.create_task(pings_late(late * PART_OF_A_CHECK, late))


@clocked("S-REFRESH", "B-TIMEOUT", connections=PHASES + 2)
async def keeps_pinging_at_the_interval(dial: Dial, timing: spec.Timing) -> None:
    """Pings every `heartbeat_interval`, for longer than a silent connection could live.

    One has pinged and talked very often before that, a thing at a time where answers come at once.
    """

    async def pings_on(moment: float, said: int = 0) -> None:
        async with dial() as peer:
            for number in range(said):
                if dial.echoes:
                    await peer.hear_until(number, by=dial.at(moment))
                await dial.until(dial.clock.now() - dial.start + moment / 2 / said)
                await (peer.ping() if number % 3 else peer.say(f'{{"number":{number % TEXTS}}}'))
            while moment < timing.longest_wait and not peer.over:
                await dial.until(moment)
                await peer.ping()
                moment += timing.heartbeat_interval
            await peer.watch(by=dial.start + timing.longest_wait)

    async with TaskGroup() as group:
        group.create_task(pings_once(dial, timing, 0.0))
        if dial.target.dialect.is_protocol and not dial.target.capabilities.server_ping:
            group.create_task(pings_on(timing.heartbeat_interval, MANY))
        for moment in moments(timing):
            group.create_task(pings_on(moment % timing.heartbeat_interval))


def moments(timing: spec.Timing, phases: int = PHASES) -> Iterator[float]:
    """When the clocks of a scenario's connections start, in seconds: spread over a check."""
    return (timing.check_interval * phase / phases for phase in range(phases))


async def pings_once(dial: Dial, timing: spec.Timing, moment: float) -> None:
    """A plain connection: its clock is started by the handshake and, at once, by a ping."""
    await dial.until(moment)
    async with dial() as peer:
        await peer.ping()
        await watch(peer, dial, timing)


async def watch(peer: Peer, dial: Dial, timing: spec.Timing) -> None:
    """Say nothing more until the server closes, or is certainly too late to."""
    await peer.watch(by=dial.after(overdue(timing)))


def overdue(timing: spec.Timing) -> float:
    """When a close that has not come is too late for certain, in seconds after the last ping."""
    return certainly_late(timing.latest_close, timing)

"""What is done to the server's own process: it is asked to end, and its wall clock is set.

Each of these scenarios has instances of the server for itself, so that it disturbs no other; or it
comes when all others are over.
"""

from __future__ import annotations

from asyncio import Barrier, TaskGroup
from collections.abc import Sequence

import spec
from conformance.messages.limits import SHUTDOWN_LASTS
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.liveness import overdue
from conformance.scenarios.spellings import business
from conformance.scenarios.waits import certainly_late
from conformance.targets.started.instance import Instance
from conformance.targets.started.wall_clock import HOUR
from conformance.trace.event import Event
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial
from conformance.wire.server.process import (
    ask_to_end,
    had_its_wall_clock_set,
    set_wall_clock,
    tell_wall_clock,
)

PHASES = 4


KEEPERS = 2


BUSINESS = '{"order":17}'


@clocked("S-GOING-AWAY", connections=PHASES, needs=("process",))
async def asks_the_server_to_end(dial: Dial, timing: spec.Timing) -> None:
    """Connects several times to a server of its own and has it end.

    One connection is silent, the others have pinged or talked before. Those that the server does
    not close go on pinging.
    """
    [instance] = dial.instances
    own = dial.to(instance)
    all_connected, asked = Barrier(PHASES + 1), Barrier(PHASES + 1)

    async def stays(*, pings: bool, talks: bool) -> None:
        async with own() as peer:
            said = [peer.a_ping()] if pings else []
            said += [talk] if talks and (talk := _order(dial)) is not None else []
            await peer.say(*said)
            await peer.hear_until(len(said), by=dial.after(dial.patience))
            await all_connected.wait()
            await asked.wait()
            by = dial.after(certainly_late(SHUTDOWN_LASTS, timing))
            while not await peer.ended(min(by, dial.after(timing.heartbeat_interval))):
                if dial.clock.now() >= by:
                    break
                await peer.ping()
            await peer.watch(by)

    async with TaskGroup() as group:
        for pings, talks in ((False, False), (True, False), (False, True), (True, True)):
            group.create_task(stays(pings=pings, talks=talks))
        await all_connected.wait()
        ask_to_end(instance, dial.recorder, dial.clock)
        await asked.wait()


def _order(dial: Dial) -> str | None:
    """A business message; None where the dialect has none that does no harm."""
    return BUSINESS if dial.target.dialect.is_protocol else business(dial.target.dialect, 17)


@clocked("S-MONOTONIC", connections=2 * (PHASES + KEEPERS), needs=("wall clock", "wall clock"))
async def sets_the_wall_clock_of_the_server(dial: Dial, timing: spec.Timing) -> None:
    """Sets the wall clock of a server of its own forward by an hour, then back by two.

    Some connections fall silent before that, in several phases of the server's check; others go on
    pinging. The same is done to a second server, whose wall clock is not set; where there is only
    one, as in virtual time, that is done to it before. Measured again, that one's has been set.
    """
    set_to_jump, left_alone = dial.instances
    is_only = left_alone is set_to_jump
    tell_wall_clock(set_to_jump, dial.recorder, dial.clock)
    told = []
    if is_only and dial.recorder.heading.attempt > 1:
        told.append(had_its_wall_clock_set(HOUR, dial.recorder, dial.clock))
    # What is not set is watched for longer, so that a fault of both is always seen on both.
    undisturbed = _lives(dial.to(left_alone), timing, [], told, longer=timing.tolerance)
    if is_only:
        await undisturbed
        await _jumps(dial.from_now(), timing, set_to_jump)
        # Whoever comes next to this server finds the clock as it was.
        set_to_jump.set_wall_clock(HOUR)
        return
    async with TaskGroup() as group:
        group.create_task(undisturbed)
        group.create_task(_jumps(dial, timing, set_to_jump))


async def _jumps(dial: Dial, timing: spec.Timing, instance: Instance) -> None:
    """Sets a server's wall clock while some are silent and others ping."""
    peers, told = list[Peer](), list[Event]()

    def jumps(by: int) -> None:
        told.append(set_wall_clock(instance, by, peers, dial.recorder, dial.clock))

    async with TaskGroup() as group:
        group.create_task(_lives(dial.to(instance), timing, peers, told))
        all_silent = timing.check_interval * (PHASES - 1) / PHASES + timing.tolerance
        # All have pinged by then, and none is due yet.
        await dial.until(all_silent)
        jumps(HOUR)
        # The server has looked in between.
        await dial.until(all_silent + timing.check_interval + timing.tolerance)
        jumps(-2 * HOUR)


async def _lives(
    own: Dial, timing: spec.Timing, peers: list[Peer], told: Sequence[Event], longer: float = 0.0
) -> None:
    """Connects to a server, which `peers` get, to fall silent or to go on pinging.

    What is `told` of the wall clock by the time at which a connection is seen to be open concerns
    it too: the server may have opened it before.
    """

    def join(peer: Peer) -> None:
        peers.append(peer)
        for each in told:
            when = own.recorder.origin + each.earliest, own.recorder.origin + each.latest
            own.recorder.record(peer.number, *when, "jumped", content=each.content)

    async def falls_silent(moment: float) -> None:
        async with own() as peer:
            join(peer)
            await own.until(moment)
            await peer.ping()
            await peer.watch(by=own.after(overdue(timing)))

    async def pings_on(moment: float, until: float) -> None:
        async with own() as peer:
            join(peer)
            while moment < until and not peer.over:
                await own.until(moment)
                await peer.ping()
                moment += timing.heartbeat_interval
            await peer.watch(by=own.start + until)

    async with TaskGroup() as group:
        for phase in range(PHASES):
            group.create_task(falls_silent(timing.check_interval * phase / PHASES))
        for phase in range(KEEPERS):
            moment = timing.heartbeat_interval * phase / KEEPERS
            group.create_task(pings_on(moment, timing.longest_wait + longer))

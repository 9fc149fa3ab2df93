"""Connections that follow generated schedules, side by side in one window."""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import Sequence
from itertools import count

import spec
from conformance.scenarios.scenario import scheduled
from conformance.scenarios.schedule import MARK, SCHEDULES_AT_ONCE, Said, Schedule
from conformance.scenarios.server.liveness import overdue
from conformance.scenarios.spellings import bears_binary, bears_text, business, ping_in_binary
from conformance.scenarios.step import Step
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial

IGNORED: dict[Said, Step] = {"not JSON": "ping", "binary": b'{"type":"ping"}'}
"""What stands between two business messages, so that no other reply is attributed to it."""


REPLIES: dict[Said, int] = {"ping": 1, "business": 1, "not JSON": 2, "binary": 2}


SETTLING_TIME = 0.04
"""How long (seconds) a connection that was opened is left alone, lest a greeting be a reply."""


@scheduled(
    "S-REFRESH",
    "S-ONLY-PINGS",
    "S-TIMEOUT-EARLIEST",
    "S-TIMEOUT-LATEST",
    "B-TIMEOUT",
    connections=4 * SCHEDULES_AT_ONCE,
    fewest=8,
)
async def follows_a_generated_schedule(dial: Dial, timing: spec.Timing, schedule: Schedule) -> None:
    """Pings, talks and connects anew at moments that Hypothesis drew, then says nothing more.

    For each of its pings a plain connection is opened and pings at that moment, so that a fault of
    the limit is told from one of what the connection did. Under Plan B, pongs stand for pings.
    """
    dial.note(MARK + schedule.to_text())

    async def pings_once(moment: float) -> None:
        await dial.until(moment)
        async with dial() as peer:
            await peer.beat()
            await peer.watch(by=_until(dial, schedule) or dial.after(overdue(timing)))

    own = dial.target.dialect.is_protocol

    async def follows() -> None:
        peer = await dial.open()
        # Counted from what restarted the clock, however long its handshake took.
        due, owed, numbers = dial.after(overdue(timing)), 0, count(1)
        try:
            for move in schedule.moves:
                if await peer.ended(by=dial.start + move.moment):
                    return
                if move.said == "reconnect":
                    await peer.hear_until(owed, by=dial.after(dial.patience))
                    await _hang_up(peer, dial)
                    peer, owed = await dial.open(), 0
                    await peer.ended(by=dial.after(SETTLING_TIME))
                elif move.said == "ping":
                    await peer.beat()
                elif move.said == "control Ping":
                    await peer.control_ping(b"wsbeat")
                else:
                    await peer.say(*_said(dial, move.said, next(numbers)))
                if move.said in ("ping", "reconnect"):
                    due = dial.after(overdue(timing))
                if own or move.said == "ping":
                    owed += REPLIES.get(move.said, 0)
            await peer.watch(by=_until(dial, schedule) or due)
        finally:
            await _hang_up(peer, dial)

    async with TaskGroup() as group:
        for moment in schedule.pings or (0.0,):
            group.create_task(pings_once(moment))
        group.create_task(follows())


def _said(dial: Dial, said: Said, number: int) -> Sequence[Step]:
    """What is said where a schedule has something that is no heartbeat, if a dialect bears it.

    No business message is like another: the echo of a later one is none of one that got none.
    """
    dialect = dial.target.dialect
    if dialect.is_protocol:
        before, after = (f'{{"business":{2 * number + place}}}' for place in range(2))
        return (before,) if said == "business" else (before, IGNORED[said], after)
    match said:
        case "binary":
            return (ping_in_binary(dialect),) if bears_binary(dialect) else ()
        case "not JSON":
            return ("hello, I am not JSON",) if bears_text(dialect) else ()
    return () if (talk := business(dialect, 1)) is None else (talk,)


def _until(dial: Dial, schedule: Schedule) -> float | None:
    """The clock's time up to which a schedule goes on; None where the server is to close."""
    return None if schedule.until is None else dial.start + schedule.until


async def _hang_up(peer: Peer, dial: Dial) -> None:
    await peer.close(by=dial.after(dial.patience))

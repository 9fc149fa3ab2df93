"""What ended beside an explored connection: those that clocked scenarios have, in a process apart.

A process of a server that dies takes along what it serves, the explored connection among it, though
nothing that was said there is why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from conformance.trace.event import Ended, Event
from conformance.wire.clock import Clock
from conformance.wire.company import TOGETHER, Parting
from conformance.wire.recorder import Recorder

Partings: TypeAlias = Callable[[], Sequence[Parting] | None]
"""When connections beside were seen to end together; None where there are none."""

TOLD_WITHIN = 0.03
"""After how long (seconds) it is told that a connection beside has ended."""

KNOWN_WITHIN = 2 * TOGETHER
"""After how long (seconds) it is told whether others ended with it."""


def alone() -> None:
    """Nothing goes on beside."""


async def note_partings(partings: Partings, recorder: Recorder, clock: Clock) -> None:
    """Note of each connection that broke off how many of those beside it did, too.

    Where nobody can be reached any more it cannot be looked at again what they ended of.
    """

    async def until(moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - clock.now()))

    def at(moment: float) -> list[Parting]:
        return [each for each in partings() or () if each.is_near(moment)]

    for end in () if partings() is None else _broken_off(recorder.events):
        moment = end.latest + recorder.origin
        await until(moment + TOLD_WITHIN)
        if not at(moment):
            continue
        await until(moment + KNOWN_WITHIN)
        beside = max(at(moment), key=lambda each: each.count)
        is_there = any(each.kind == "opened" for each in recorder.events[end.n :])
        if beside.count > 1 and is_there:
            first = min(beside.first, end.earliest + recorder.origin)
            recorder.ended_together(
                Parting(first, max(beside.last, moment), beside.count + 1, beside.most + 1)
            )


def _broken_off(events: Sequence[Event]) -> list[Event]:
    """Where the server ended connections without a Close."""
    closed = {each.connection for each in events if each.opcode == "close"}
    return [
        each
        for each in events
        if isinstance(each.content, Ended)
        and each.content.how != "local"
        and each.connection not in closed
    ]

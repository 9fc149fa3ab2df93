"""What ended beside an explored connection: those that clocked scenarios have, in a process apart.

A process of a server that dies takes along what it serves, the explored connection among it, though
nothing that was said there is why. Whether that was so is asked of the process that knows: it
answers when it has looked, however busy the machine is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import spec
from conformance.trace.event import Ended, Event
from conformance.wire.clock import Clock
from conformance.wire.company import TOGETHER, Company, Parting
from conformance.wire.recorder import Recorder

EndedNear: TypeAlias = Callable[[float, float], Awaitable[Sequence[Parting]]]
"""Answers which connections beside ended together with one that ended between two times."""

SPREAD = 0.03
"""How much later (seconds) the first of those beside ends, at the most, than an explored one."""

KNOWN_WITHIN = 2 * TOGETHER
"""After how long (seconds) all that ended with them has."""


async def alone(_: float, __: float) -> Sequence[Parting]:
    """Nothing goes on beside."""
    return ()


async def note_partings(ended_near: EndedNear, recorder: Recorder) -> None:
    """Note of each connection that broke off how many of those beside it did, too.

    Where nobody can be reached any more it cannot be looked at again what they ended of.
    """
    for end in _broken_off(recorder.events):
        if not any(each.kind == "opened" for each in recorder.events[end.n :]):
            continue
        earliest, latest = end.earliest + recorder.origin, end.latest + recorder.origin
        known = await ended_near(earliest, latest)
        beside = max(known, key=lambda each: each.count, default=None)
        if beside is not None and beside.count > 1:
            first, last = min(beside.first, earliest), max(beside.last, latest)
            recorder.ended_together(Parting(first, last, beside.count + 1, beside.most + 1))


async def ended_near(
    company: Company, timing: spec.Timing, clock: Clock, earliest: float, latest: float
) -> Sequence[Parting]:
    """What of a company ended together with a connection, as soon as all has been seen.

    That connection, which is none of the company, ended between two times of the clock.
    """
    await _has_looked(clock, latest + SPREAD)
    if not company.broken_near(earliest, latest):
        return ()
    await _has_looked(clock, latest + KNOWN_WITHIN)
    ends = company.broken_near(earliest, latest)
    return [
        each
        for each in (*company.collapses(), *company.partings(timing))
        if any(each.first <= end <= each.last for end in ends)
    ]


async def _has_looked(clock: Clock, moment: float) -> None:
    """Wait until all has been read that had happened by a time of the clock."""
    while clock.look_before() < moment:  # noqa: ASYNC110 - nothing tells when it has looked
        await asyncio.sleep(max(0.0, moment - clock.now()))


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

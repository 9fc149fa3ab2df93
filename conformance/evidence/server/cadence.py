"""The pings of a server on one connection, and whether they keep their interval (Plan B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from conformance.evidence.interval import elapsed
from conformance.evidence.server.evidence import Connection
from conformance.trace.event import Event

PROMPTLY = 0.15
"""A ping that comes so soon (seconds) after a pong, and before it was due, answers it."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """The pings of a server that are due by themselves, and those that pongs called forth.

    `loops` gives the latter by the number of the pong. `first_or_end` is the first ping, or, where
    there is none, the last moment at which it had not come.
    """

    connection: Connection
    opened: Event | None
    pings: tuple[Event, ...]
    loops: Mapping[int, Event]
    first_or_end: Event
    end: Event


def cadence_of(connection: Connection) -> Cadence | None:
    """The pings of a connection, sorted; None where it was never open."""
    if connection.opened is None:
        return None
    loops: dict[int, Event] = {}
    pings: list[Event] = []
    for ping in connection.server_pings:
        pong = _called_forth_by(ping, pings, connection)
        if pong is None or pong.n in loops:
            pings.append(ping)
        else:
            loops[pong.n] = ping
    if any(_is_hasty(one, next_one, connection) for one, next_one in pairwise(pings)):
        # What is too fast by itself needs no pongs to be so.
        loops, pings = {}, list(connection.server_pings)
    end = _end(connection)
    first_or_end = pings[0] if pings else end
    return Cadence(connection, connection.opened, tuple(pings), loops, first_or_end, end)


def _called_forth_by(ping: Event, before: list[Event], connection: Connection) -> Event | None:
    """The pong that a ping seems to answer, because it comes at once after it, and too early."""
    if not before or not _is_hasty(before[-1], ping, connection):
        return None
    pongs = [e for e in connection.heartbeats if before[-1].n < e.n < ping.n]
    last = pongs[-1] if pongs else None
    if last is None or elapsed(last, ping)[0] > PROMPTLY:
        return None
    return last


def _is_hasty(before: Event, after: Event, connection: Connection) -> bool:
    return elapsed(before, after)[1] < connection.timing.shortest_gap


def _end(connection: Connection) -> Event:
    """The moment until which a ping would have been seen."""
    for event in connection.events:
        if event.kind in ("ended", "broken", "silent") or event.opcode == "close":
            return event
    return connection.events[-1]

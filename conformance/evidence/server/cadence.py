"""The pings of a server on one connection, and whether they keep their interval (Plan B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    as_it_likes = connection.trace.dialect.server_next == "free"
    for ping in connection.server_pings:
        pong = None if as_it_likes else _called_forth_by(ping, pings, connection)
        if pong is None or pong.n in loops:
            pings.append(ping)
        else:
            loops[pong.n] = ping
    if not as_it_likes and any(_is_hasty(*pair, connection) for pair in pairwise(pings)):
        # What is too fast by itself needs no pongs to be so.
        loops, pings = {}, list(connection.server_pings)
    end = _end(connection)
    first_or_end = pings[0] if pings else end
    return Cadence(connection, connection.opened, tuple(pings), loops, first_or_end, end)


def counted_from(connection: Connection, before: Event | None, until: Event) -> Event | None:
    """From when the time until a ping is counted, after the ping before or the handshake.

    None where nothing came that it is counted from: then no further ping is due. What was sent just
    before a ping came may have crossed it, and of several messages any may count.
    """
    counts = connection.trace.dialect.server_next
    start = connection.opened if before is None else before
    if start is None or counts == "ping":
        return start
    said = connection.sent if counts == "received" else connection.pongs
    between = [event for event in said if start.n < event.n < until.n]
    if not between:
        return start if before is None else None
    is_crossing = elapsed(between[-1], until)[0] <= PROMPTLY
    first = between[0] if counts == "pong" else between[-1]
    if is_crossing or before is None:
        first = between[-2] if counts == "received" and len(between) > 1 else start
    return replace(between[-1], earliest=min(first.earliest, between[-1].earliest))


def _called_forth_by(ping: Event, before: list[Event], connection: Connection) -> Event | None:
    """The pong that a ping seems to answer, because it comes at once after it, and too early."""
    if not before or not _is_hasty(before[-1], ping, connection):
        return None
    pongs = [e for e in connection.pongs if before[-1].n < e.n < ping.n]
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

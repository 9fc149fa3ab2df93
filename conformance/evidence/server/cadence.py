"""The pings of a server on one connection, and whether they keep their interval (Plan B)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from conformance.evidence.server.connection import Connection
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.rules.timing import elapsed, seconds, why_undecided
from conformance.trace.trace import RESOLUTION, Event

PROMPTLY = 0.15
"""A ping that comes so soon (seconds) after a pong, and before it was due, answers it."""


FEW = 20


SMALL = 64 * 1024
"""How many messages, and how many bytes of them, a server handles without getting late."""


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

    def gaps(self) -> Iterator[Observation]:
        """Judge each gap between two pings, and that from the last one to the end.

        Where the harness was late nothing is said of a gap, unless nothing could be said at all.
        """
        unsure: list[Observation] = []
        judged = False
        following = (*self.pings[1:], None) if self.pings else ()
        for before, after in zip(self.pings, following, strict=True):
            observation = self._gap(before, self.end if after is None else after, after is None)
            if observation is None:
                continue
            if observation.outcome == "undecidable":
                unsure.append(observation)
            else:
                judged = True
                yield observation
        if not judged:
            yield from unsure[:1]

    def _gap(self, before: Event, after: Event, missing: bool) -> Observation | None:
        timing, trace = self.connection.timing, self.connection.trace
        if not self.connection.was_read(before.earliest, after.latest) or not self._is_calm(
            before, after
        ):
            return None
        least, most = elapsed(before, after)
        late = trace.lateness
        window = Window(
            "the ping before", timing.shortest_gap, timing.longest_gap, (least, most)
        )  # fmt: skip
        if least > timing.longest_gap + late:
            return violated(
                "The server stopped pinging." if missing else "A ping of the server came too late.",
                before,
                after,
                expected=f"a ping within {seconds(timing.longest_gap)} after the one before",
                actual=f"none for {seconds(least)}" if missing else f"one after {seconds(least)}",
                window=window,
                provisional=True,
            )
        if missing:
            return None
        if most < timing.shortest_gap - late:
            return violated(
                "A ping of the server came too early.",
                before,
                after,
                expected=f"no ping within {seconds(timing.shortest_gap)} after the one before",
                actual=f"one after {seconds(most)}",
                window=window,
                provisional=True,
            )
        straddles = most - least > RESOLUTION and (
            least < timing.shortest_gap or most > timing.longest_gap
        )
        if straddles or most < timing.shortest_gap or least > timing.longest_gap:
            return undecidable(why_undecided(trace, before, after), before, after, window=window)
        return satisfied(before, after)

    def _is_calm(self, before: Event, after: Event) -> bool:
        """Whether so little was sent meanwhile that a ping late for it would be the server's."""
        said = [e.said for e in self.connection.sent if before.n < e.n < after.n]
        return len(said) <= FEW and sum(map(len, said)) <= SMALL


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

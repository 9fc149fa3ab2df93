"""How the pings of a server keep to their interval: the first, and each gap (B-SERVER-PING)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.evidence.interval import elapsed, seconds, why_undecided
from conformance.evidence.server.cadence import Cadence, counted_from
from conformance.evidence.server.evidence import Connection
from conformance.messages.from_client import is_pong
from conformance.messages.limits import AT_ONCE
from conformance.rules.bounds import at_most
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.trace.event import RESOLUTION, Event

PING_BEFORE = "the ping before"


FEW_MESSAGES = 20


FEW_BYTES = 64 * 1024
"""How many messages, and how many bytes of them, a server handles without getting late."""


def first_ping(cadence: Cadence) -> Iterator[Observation]:
    """Whether the first ping came in time, or can no longer do so."""
    first, came = cadence.first_or_end, bool(cadence.pings)
    opened = counted_from(cadence.connection, None, first)
    if opened is None or not cadence.connection.was_read(opened.earliest, first.latest):
        return
    observation = at_most(
        cadence.connection.timing.heartbeat_interval,
        opened,
        first,
        trace=cadence.connection.trace,
        since=_counted_since(opened, cadence),
        late="The first ping of the server came too late." if came else "The server did not ping.",
    )
    is_known = observation.outcome != "undecidable" or not _is_vague(opened, cadence.opened)
    if observation.outcome == "violated":
        yield replace(observation, among=_or_mute(opened, first, cadence.connection))
    elif came and is_known:
        yield observation


def _or_mute(since: Event, until: Event, connection: Connection) -> frozenset[str]:
    """What explains a late ping as well: nobody is told anything by then (S-REPLY-SOON)."""
    due = since.latest + connection.timing.heartbeat_interval
    said = any(
        each.kind == "received" and each.opcode == "text" and due < each.latest < until.earliest
        for events in connection.trace.by_connection.values()
        for each in events
    )
    answers = connection.trace.dialect.clients_are_answered
    return frozenset({"S-REPLY-SOON"} if answers and not said else ())


def _or_answers(before: Event, after: Event, connection: Connection) -> frozenset[str]:
    """What explains an early ping as well: that one, or the one before, answers a pong."""
    dialect = connection.trace.dialect
    pongs = [
        each for each in connection.sent if each.opcode == "text" and is_pong(each.said, dialect)
    ]
    is_answer = any(
        0 <= ping.latest - pong.earliest <= AT_ONCE for ping in (before, after) for pong in pongs
    )
    return frozenset({"B-NO-LOOP"} if is_answer else ())


def gaps(cadence: Cadence) -> Iterator[Observation]:
    """Judge each gap between two pings, and that from the last one to the end.

    Where the harness was late nothing is said of a gap, unless nothing could be said at all, or no
    ping came any more.
    """
    unsure: list[Observation] = []
    judged = False
    following = (*cadence.pings[1:], None) if cadence.pings else ()
    for before, after in zip(cadence.pings, following, strict=True):
        observation = _gap(cadence, before, cadence.end if after is None else after, after is None)
        if observation is None:
            continue
        if observation.outcome == "undecidable" and after is not None:
            unsure.append(observation)
        else:
            judged = True
            yield observation
    if not judged:
        yield from unsure[:1]


def _gap(cadence: Cadence, before: Event, after: Event, missing: bool) -> Observation | None:
    timing, trace = cadence.connection.timing, cadence.connection.trace
    start = counted_from(cadence.connection, before, after)
    if start is None:
        return None
    is_vague, before = _is_vague(start, before), start
    if not cadence.connection.was_read(before.earliest, after.latest) or not _is_calm(
        cadence, before, after
    ):
        return None
    least, most = elapsed(before, after)
    # A server that waited for a processor may be late with either of the two.
    since = before.earliest - timing.reply_deadline
    late = trace.lateness + trace.starved_between(since, after.latest)
    counted = _counted_since(before, cadence)
    window = Window(counted, timing.shortest_gap, timing.longest_gap, (least, most))
    told = "the one before" if counted == PING_BEFORE else counted
    if least > timing.longest_gap + late:
        return violated(
            "The server stopped pinging." if missing else "A ping of the server came too late.",
            before,
            after,
            expected=f"a ping within {seconds(timing.longest_gap)} after {told}",
            actual=f"none for {seconds(least)}" if missing else f"one after {seconds(least)}",
            window=window,
            provisional=True,
            among=_or_mute(before, after, cadence.connection),
        )
    if missing:
        if least <= timing.longest_gap:
            return None
        return undecidable(why_undecided(trace, before, after), before, after, window=window)
    if most < timing.shortest_gap - late:
        return violated(
            "A ping of the server came too early.",
            before,
            after,
            expected=f"no ping within {seconds(timing.shortest_gap)} after {told}",
            actual=f"one after {seconds(most)}",
            window=window,
            provisional=True,
            among=_or_answers(before, after, cadence.connection),
        )
    straddles = most - least > RESOLUTION and (
        least < timing.shortest_gap or most > timing.longest_gap
    )
    if straddles or most < timing.shortest_gap or least > timing.longest_gap:
        if is_vague:
            return None
        return undecidable(why_undecided(trace, before, after), before, after, window=window)
    return satisfied(before, after)


def _counted_since(start: Event, cadence: Cadence) -> str:
    """What the time until a ping is counted from, in words."""
    if start.kind == "opened":
        return "the handshake"
    if start.kind == "received":
        return PING_BEFORE
    if cadence.connection.trace.dialect.server_next == "pong":
        return "the pong before it"
    return "the last message before it"


def _is_vague(start: Event, known: Event | None) -> bool:
    """Whether it is not known which of several messages a server counts from."""
    return start is not known and start.latest - start.earliest > RESOLUTION


def _is_calm(cadence: Cadence, before: Event, after: Event) -> bool:
    """Whether so little was sent meanwhile that a ping late for it would be the server's."""
    said = [e.said for e in cadence.connection.sent if before.n < e.n < after.n]
    return len(said) <= FEW_MESSAGES and sum(map(len, said)) <= FEW_BYTES

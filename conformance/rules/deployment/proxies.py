"""Rules on the proxies on the way to a server (protocol.md: deployment).

They read traces with connections of two ways: through the proxies, and straight to the server. What
ends on the first alone, while what lives alike goes on on the second, was ended by a proxy. Whether
the proxy was too impatient with a client that pings, or with a silent one, is told by how long
nothing had moved: less than `longest_gap`, and no client could have prevented it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.evidence.interval import elapsed, is_early, seconds, why_undecided
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.rules.rule import rule
from conformance.trace.event import GRAIN, Event, Refusal

SAME_FAULT = frozenset({"D-PROXY"})


@rule("D-PROXY")
def proxies_keep_open_what_pings(evidence: Evidence) -> Iterator[Observation]:
    """A connection through the proxies that pings at `longest_gap` is open until `latest_close`.

    It is violated by an end sooner than `longest_gap` after anything moved on the connection, be it
    that of a silent one, where one that lives alike and leads straight to the server goes on. Where
    the server ends connections too early itself, nothing is told of its proxies; nor is it where
    anything but beats was said.
    """
    for connection in _only_beating(evidence):
        opened, departure = connection.opened, _ended(connection)
        if opened is None:
            yield from _refused(connection)
        elif _open_until(connection) - opened.latest >= evidence.timing.latest_close:
            if _pinged_at_the_interval(connection):
                yield satisfied(connection.heartbeats[0], connection.heartbeats[-1])
        elif departure is not None:
            moved = _moved_last(connection, departure.event)
            bound = evidence.timing.longest_gap
            early = is_early(bound, moved, departure.event)
            if early is None:
                why = why_undecided(evidence.trace, moved, departure.event)
                yield undecidable(why, moved, departure.event)
            elif early:
                yield _cut(
                    connection,
                    departure,
                    moved,
                    bound,
                    "The proxies end a connection sooner than its client has to ping again.",
                )


@rule("D-PROXY-SILENT")
def proxies_leave_silent_connections_to_the_server(evidence: Evidence) -> Iterator[Observation]:
    """A silent connection through the proxies ends no sooner than `heartbeat_timeout`.

    That is counted from its last ping, or the handshake. What a proxy ends sooner than
    `longest_gap` after anything moved is for D-PROXY. What the server does is told as it is there.
    """
    limit = evidence.timing.heartbeat_timeout
    for connection in _only_beating(evidence):
        departure = _ended(connection)
        if connection.opened is None:
            yield from _refused(connection)
            continue
        if departure is None:
            last = connection.restarts[-1]
            if connection.watched_until - last.latest >= limit:
                yield satisfied(last)
            continue
        end = departure.event
        last = connection.last_restart_before(end) or connection.opened
        moved = _moved_last(connection, end)
        early = is_early(limit, last, end)
        if early is False:
            yield satisfied(last, end)
        elif early is None:
            yield undecidable(why_undecided(evidence.trace, last, end), last, end)
        elif is_early(evidence.timing.longest_gap, moved, end) is not False:
            if len(connection.heartbeats) <= 1:
                yield undecidable(
                    "It was ended so soon that silence need not be why.",
                    moved,
                    end,
                    among=SAME_FAULT,
                )
        else:
            yield _cut(
                connection,
                departure,
                last,
                limit,
                "The proxies end a silent connection before the server may.",
            )


def _only_beating(evidence: Evidence) -> Iterator[Connection]:
    """Those through the proxies that nothing but beats was said on: what else is, may end one."""
    for connection in evidence.proxied:
        if connection.sent == connection.heartbeats and not connection.idle_talk:
            yield connection


def _cut(
    connection: Connection, departure: Departure, since: Event, bound: float, message: str
) -> Observation:
    """What is said of an end that came too early on the way through the proxies."""
    end, close = departure.event, departure.close
    if close is not None and connection.trace.dialect.names_itself(close.code, close.reason):
        return undecidable(
            "The server itself closed a connection too early that led through its proxies.",
            since,
            end,
        )
    if any(_ended_early(each) for each in connection.evidence.connections):
        return undecidable(
            "The server ends connections too early, without its proxies as well.", since, end
        )
    if not any(each.watched_until > end.latest for each in _alike(connection)):
        return undecidable(
            "No connection that lived alike and led straight to the server was seen for as long.",
            since,
            end,
        )
    least, most = elapsed(since, end)
    return violated(
        message,
        since,
        end,
        expected=f"open for {seconds(bound)} and longer, as without proxies",
        actual=f"{departure} after {seconds(most)}, and what leads straight to the server goes on",
        window=Window("what came last", bound, None, (least, most)),
    )


def _alike(connection: Connection) -> Iterator[Connection]:
    """Those that led straight to the server, and pinged as this one did until it ended."""
    beats = min(2, len(connection.heartbeats))
    for other in connection.evidence.connections:
        if len(other.heartbeats) >= beats and bool(other.heartbeats) == bool(beats):
            yield other


def _ended_early(connection: Connection) -> bool:
    """Whether the server ended a connection, or may have, before it was silent for long enough."""
    departure = _ended(connection)
    if departure is None:
        return False
    since = connection.last_restart_before(departure.event)
    limit = connection.timing.heartbeat_timeout - GRAIN
    return since is None or is_early(limit, since, departure.event) is not False


def _ended(connection: Connection) -> Departure | None:
    """How a connection ended, if wsbeat did not end it."""
    departure = connection.departure
    return None if departure is None or departure.cause == "harness" else departure


def _open_until(connection: Connection) -> float:
    departure = _ended(connection)
    return connection.watched_until if departure is None else departure.event.earliest


def _pinged_at_the_interval(connection: Connection) -> bool:
    """Whether it was left alone, once at least, for as long as a client may leave it alone."""
    interval = connection.timing.heartbeat_interval
    return any(elapsed(*each)[0] >= interval for each in pairwise(connection.heartbeats))


def _moved_last(connection: Connection, end: Event) -> Event:
    """The last that went over a connection before its end, in either direction."""
    opened = connection.opened
    assert opened is not None
    moved = [e for e in connection.events if e.n < end.n and e.kind in ("sent", "received")]
    return moved[-1] if moved else opened


def _refused(connection: Connection) -> Iterator[Observation]:
    """What is told of a connection through the proxies that did not come about."""
    for event in connection.events:
        if isinstance(event.content, Refusal):
            detail = event.content.detail
            yield undecidable(f"No connection came about through the proxies: {detail}.", event)

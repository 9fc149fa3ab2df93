"""Whether a server that says that it is full has places left, as far as wsbeat's connections go."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import accumulate

from conformance.evidence.server.evidence import Connection, Evidence
from conformance.trace.event import Close, Event, Refusal


def room_left(asked: Event, refusal: Refusal, evidence: Evidence, known_since: float) -> str | None:
    """Why a server is not full that refused a connection so; None where it may be.

    What ended after `known_since`, or was given up by wsbeat after it, counts as open, as does what
    was asked for and not refused. 429 may be about how fast connections come, rather than how many
    there are; and what was not watched to its end, such as a crowd, need not hold all connections.
    """
    if _all_is_over(asked, evidence):
        return "nothing is open"
    if refusal.status == HTTPStatus.TOO_MANY_REQUESTS or not evidence.trace.was_watched_to_its_end:
        return None
    perhaps_open = sum(
        connection.events[0].n < asked.n
        and not any(
            isinstance(each.content, Refusal)
            and (each.content.status is not None or each.latest <= known_since)
            for each in connection.events
        )
        and not any(
            each.kind == "ended" and each.latest <= known_since for each in connection.events
        )
        for connection in evidence.connections
    )
    most = _most_at_once(asked, evidence)
    return f"at most {perhaps_open} of {most} places are taken" if perhaps_open < most else None


def _most_at_once(until: Event, evidence: Evidence) -> int:
    """How many connections of a trace were open at one moment before an event."""
    steps = sorted(
        step for each in evidence.connections for step in _steps(each) if step[0] < until.n
    )
    return max(accumulate((step for _, step in steps), initial=0))


def _steps(connection: Connection) -> Iterator[tuple[int, int]]:
    """When a connection came into being, and when either side began to end it."""
    if connection.opened is None:
        return
    yield connection.opened.n, 1
    for each in connection.events:
        if each.kind == "ended" or isinstance(each.content, Close):
            yield each.n, -1
            return


def _all_is_over(asked: Event, evidence: Evidence) -> bool:
    """Whether every other connection of a trace had ended when one was asked for."""
    over = {"ended", "refused"}
    return all(
        any(event.kind in over and event.n < asked.n for event in connection.events)
        for connection in evidence.connections
        if connection.events[0].n < asked.n
    )

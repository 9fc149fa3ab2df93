"""Whether a client hears what it is told: one that does not, misses the end of its connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.returns import Return
from conformance.evidence.interval import elapsed
from conformance.trace.event import Event

SEVERAL = 2
"""From how many ends a client has to have come back, before something else is why it does not."""


def deafened_by(back: Return, returns: list[Return]) -> tuple[Event, ...]:
    """What a client was sent that it could not use, if it seems to hear nothing since.

    So it seems where it does not come back from the end of that connection, and came back from
    several on which it had been sent nothing of the kind: once may be as often as it ever does.
    """
    if back.following is not None or back.what != "connection":
        return ()
    before = takewhile(lambda each: each is not back, returns)
    plainly = [each for each in _came_back(before) if not _burdens(each)]
    return _burdens(back) if len(plainly) >= SEVERAL else ()


def heard_before(back: Return, returns: list[Return]) -> bool:
    """Whether it came back from a connection before this one on which it had been told anything."""
    before = takewhile(lambda each: each is not back, returns)
    return any(told_on(each) for each in _came_back(before))


def deaf_since(back: Return, returns: list[Return]) -> Event | None:
    """What a client was last told, if it came back only where it had been told nothing at all."""
    told, others = told_on(back), [*_came_back(returns)]
    if back.what != "connection" or not told or not others or any(map(told_on, others)):
        return None
    return told[-1]


def told_on(back: Return) -> tuple[Event, ...]:
    """The messages that a client had been sent on a connection before it ended."""
    return tuple(event for event, _ in back.lost.told if event.n < back.floor_from.n)


def _came_back(returns: Iterable[Return]) -> Iterator[Return]:
    return (each for each in returns if each.what == "connection" and each.following is not None)


def forsaken_after(earlier: Attempt, attempt: Attempt) -> tuple[Event, ...]:
    """What a client was sent on a connection that it then forgot, and replaced by an attempt.

    It neither ended that connection nor sent the ping that was due on it, and came as from one that
    it had lost: a receive loop that ends with an exception leaves the socket behind it open.
    """
    owes_pings = not (earlier.trace.capabilities.server_ping or earlier.dialect.pings_freely)
    if not earlier.heard or not owes_pings or not earlier.outlasts(attempt.began):
        return ()  # one that never spoke on it may have known nothing of it
    timing, last = attempt.timing, earlier.heard[-1]
    if earlier.unanswered_at(attempt.began) is not None:  # it may have lost patience
        return ()
    first = timing.reconnect_delay + timing.reconnect_jitter + timing.tolerance
    since = [event for event, _ in earlier.burdens if last.n < event.n < attempt.began.n]
    lately = any(elapsed(event, attempt.began)[0] <= first for event in since)
    is_silent = elapsed(last, earlier.seen_until)[0] > timing.longest_gap
    return tuple(since) if lately and is_silent else ()


def _burdens(back: Return) -> tuple[Event, ...]:
    return tuple(event for event, _ in back.lost.burdens if event.n < back.floor_from.n)

"""What is said of a client that came back too soon, too late, or twice."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_late
from conformance.evidence.client.returns import Return
from conformance.rules.client.bounds import at_most
from conformance.rules.observation import Observation
from conformance.trace.event import Event


def first_delay(back: Return, evidence: ClientEvidence, message: str) -> Iterator[Observation]:
    late = is_late(latest_first(back), back.ceiling_from, attempt_after(back), evidence.trace)
    if late is not False and back.handshake_open:
        return
    yield at_most(
        latest_first(back),
        back.ceiling_from,
        attempt_after(back),
        trace=evidence.trace,
        since=f"the end of {what_ended(back)}",
        late=f"{message} after {back.occasion}.",
    )


def came_by_the_cap(back: Return, evidence: ClientEvidence) -> bool:
    if back.following is None or back.what == "attempt" or overlaps(back):
        return False
    cap = evidence.timing.reconnect_cap
    return is_late(cap, back.ceiling_from, back.following.began, evidence.trace) is not True


def latest_first(back: Return) -> float:
    timing = back.lost.timing
    return timing.reconnect_delay + timing.reconnect_jitter


def attempt_after(back: Return) -> Event:
    assert back.following is not None
    return back.following.began


def overlaps(back: Return) -> bool:
    """Whether the next attempt had begun before the client can have known of the end."""
    known, attempt = back.floor_from, attempt_after(back)
    return attempt.n < known.n and attempt.latest <= known.earliest


def what_ended(back: Return) -> str:
    return "the failed attempt" if back.what == "attempt" else "the connection"

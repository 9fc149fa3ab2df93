"""What is said of a client that came back too soon, too late, or twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import (
    is_late,
    is_of_the_client,
    is_slight,
    is_too_soon,
    strain,
)
from conformance.evidence.client.returns import Return
from conformance.evidence.client.told import begun_with
from conformance.evidence.interval import elapsed, is_early, seconds
from conformance.evidence.interval import is_late as is_overdue
from conformance.rules.client.bounds import at_most
from conformance.rules.observation import Observation, violated
from conformance.rules.quoting import quoted
from conformance.trace.event import Event
from conformance.trace.trace import Trace

SHOWN = 5
"""How many messages are shown of those that may have been too much for a client."""


MANY = 3
"""From how many failures before on it may be their number for which a client stays away."""


DEAF = "; it did from others, on which it was told nothing: it may hear nothing after a message"
"""What is said of a client that comes back only where it was told nothing: there it can hear."""


NEVER_CAME = frozenset({"C-STAY"})
"""What explains as well that a client never came to whom nobody listened when it was started."""


def never_reached(evidence: ClientEvidence) -> Iterator[Observation]:
    """What is to be said of a client that did not come after nobody had listened to it at first.

    What it tried until then was refused, and could not be seen.
    """
    started, end = evidence.started, evidence.died or evidence.nobody_until
    if evidence.attempts or started is None or end is None or evidence.asked is not None:
        return
    if not evidence.shut_between(started, end):
        return
    again, cap = evidence.door_opened_between(started, end), evidence.timing.reconnect_cap
    if evidence.died is None and not (again and is_overdue(cap, again, end, evidence.trace)):
        return
    how = f"the end of the process: {end.content!s}" if evidence.died else "nobody came"
    yield violated(
        "A client did not come back from a first attempt that was refused: nobody listened yet.",
        started,
        *evidence.doors_between(started, end),
        end,
        expected="another attempt, until somebody listens",
        actual=how,
        among=NEVER_CAME,
    )


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


def came_too_soon(back: Return) -> bool | None:
    """Whether the next attempt came before the delay; None where that cannot be said."""
    bound = back.lost.timing.reconnect_delay - back.grain
    if bound <= 0:
        return None
    start, attempt = back.floor_from, attempt_after(back)
    if is_of_the_client(start):
        return is_too_soon(bound, start, attempt, back.lost.trace)
    return is_early(bound, start, attempt)


def is_twin(back: Return, before: Return | None, evidence: ClientEvidence) -> bool:
    """Whether the next attempt may be another one for what was lost before.

    So it may in a client that was seen to make two at a time, if it came soon after an attempt that
    failed, and not too soon after what that was made for.
    """
    if evidence.first_beside is None or before is None or before.following is not back.lost:
        return False
    since = replace(before, following=back.following)
    return back.what == "attempt" and not came_too_soon(since) and bool(came_too_soon(back))


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


def counts_as_none(back: Return, start: Event, end: Event, trace: Trace) -> bool | None:
    """Whether no attempt came by the cap; None when a busy machine may be why.

    After a connection an attempt is due long before the cap: so long may the machine have been
    busy.
    """
    timing = trace.timing
    if back.is_failure:
        return is_overdue(timing.reconnect_cap, start, end, trace)
    least, most = elapsed(start, end)
    allowed = timing.reconnect_cap + timing.tolerance
    if most <= allowed:
        return False
    spare = timing.reconnect_cap - latest_first(back)
    busy = strain(trace, start.earliest, end.latest)
    return True if least > allowed and busy <= max(spare, least - allowed) else None


def never_came(
    back: Return,
    start: Event,
    end: Event,
    trace: Trace,
    after: Sequence[Event] = (),
    deaf: Event | None = None,
    failures: int = 0,
) -> Observation:
    """The violation that a client did not come back.

    `after` what it was sent and could not use, or may be `deaf` since it was told anything; or
    after so many `failures` in a row before.
    """
    cap = trace.timing.reconnect_cap
    what = f", after it was sent {named(after, back.lost)}" if after else _in_a_row(failures)
    if deaf is not None and not after:
        what = f", after it was told {quoted(deaf.content)}{DEAF}"
    ping = None if what else _unanswered(back)
    if ping is not None:
        what = " while its ping had no pong yet"
    return violated(
        f"A client did not come back from {back.occasion}{what}.",
        *(() if deaf is None or after else (deaf,)),
        *(() if ping is None else (ping,)),
        *after[-SHOWN:],
        back.floor_from,
        start,
        end,
        expected=f"another attempt within {seconds(cap)} "
        f"(and {seconds(trace.timing.tolerance)} of tolerance)",
        actual=f"none for {seconds(elapsed(start, end)[0])}",
        provisional=is_slight(cap, start, end, trace),
    )


def _unanswered(back: Return) -> Event | None:
    """The ping that had no pong when a connection ended, as far as the client knew."""
    beat = back.lost.unanswered_at(back.floor_from) if back.what == "connection" else None
    return None if beat is None else beat.event


def ended_itself(
    back: Return, died: Event, after: Sequence[Event] = (), failures: int = 0
) -> Observation:
    """The same of one whose process ended."""
    departure = back.lost.departure
    what = f", after it was sent {named(after, back.lost)}" if after else _in_a_row(failures)
    return violated(
        f"A client did not come back from {back.occasion}{what}: its process ended.",
        *after[-SHOWN:],
        back.floor_from if departure is None else departure.event,
        died,
        expected="another attempt",
        actual=f"the end of the process: {died.content!s}",
    )


def _in_a_row(failures: int) -> str:
    return f", after {failures} others in a row that failed" if failures >= MANY else ""


def named(said: Sequence[Event], connection: Attempt) -> str:
    """The one message that may have been too much for a client, or how many there were."""
    are_cut = all(begun_with(event, connection.events) for event in said)
    how = " in several frames" if are_cut else ""
    if len(said) > 1:
        return f"{len(said)} messages{how}, of which any may be the one"
    return f"a message{how}: {quoted(said[0].content)}"

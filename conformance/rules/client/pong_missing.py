"""The rule on how long a client waits for a pong (protocol.md: the missing pong)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.beat import Beat
from conformance.evidence.client.departure import Departure, gives_up_so
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import (
    is_late,
    is_slight,
    is_slightly_early,
    is_too_soon,
    not_sure,
)
from conformance.evidence.client.returns import returns_of
from conformance.evidence.interval import elapsed, seconds
from conformance.rules.circumstances import NO_GIVING_UP
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.rules.rule import OPTIONAL_PINGS, client_rule
from conformance.trace.event import RESOLUTION, Event

LEFT = frozenset({"C-STAY"})
"""What explains as well that a connection ends too soon, or in other words: it ended anyhow."""


STAYED_AWAY = frozenset({"C-RECONNECT"})
"""What explains as well that no attempt follows a connection that was given up."""


LATE_ANYHOW = frozenset({"C-RECONNECT-CEILING", "C-BACKOFF"})
"""What explains as well that an attempt comes late: it does from where nothing is waited for."""


@client_rule("C-PONG-MISSING", optional_under=OPTIONAL_PINGS, not_applicable_when=NO_GIVING_UP)
def a_connection_without_pongs_is_given_up(evidence: ClientEvidence) -> Iterator[Observation]:
    """A ping without a pong for `pong_timeout` is followed by a Close with 4000 to 4999.

    Not before, counted from the arrival of the ping, without tolerance but for the 20 ms by which
    the network may have delayed that more than the Close; and by then, with `tolerance`. The next
    attempt does not wait for the answer to that Close. Pings that follow each other sooner than
    that, as those of two timers do (C-PING-SINGLE), may each start the wait anew.
    """
    for connection in evidence.connections:
        if not connection.was_paused:
            yield from _given_up(connection, evidence)
    yield from _handshakes(evidence)


def _given_up(connection: Attempt, evidence: ClientEvidence) -> Iterator[Observation]:
    limit, trace = evidence.timing.pong_timeout, evidence.trace
    departure = connection.departure
    if departure is not None and departure.cause == "gave up":
        beat = connection.unanswered_at(departure.event)
        assert beat is not None
        if not beat.recognised or evidence.is_shared(connection, departure.event.latest):
            return
        if not any(b is not beat and _missed(b, evidence) for b in connection.beats):
            yield _judged(beat, departure, evidence)
            return
    for beat in _alone(connection):
        end = connection.horizon
        if end is None or not _missed(beat, evidence):
            continue
        if evidence.is_shared(connection, beat.event.latest + limit + trace.timing.tolerance):
            return
        if is_late(limit, beat.event, end, trace):
            yield violated(
                "A client kept a connection on which no pong came.",
                beat.event,
                end,
                expected=f"{_giving_up(evidence)} within {seconds(limit)} "
                f"(and {seconds(evidence.timing.tolerance)} of tolerance)",
                actual=f"no Close for {seconds(elapsed(beat.event, end)[0])}",
                window=_window(beat, elapsed(beat.event, end), evidence),
                provisional=is_slight(limit, beat.event, end, trace),
            )
            return


def _judged(beat: Beat, departure: Departure, evidence: ClientEvidence) -> Observation:
    limit, trace = evidence.timing.pong_timeout, evidence.trace
    start, end = beat.event, departure.event
    window = _window(beat, elapsed(start, end), evidence)
    early, late = (
        is_too_soon(limit - RESOLUTION, start, end, trace),
        is_late(limit, start, end, trace),
    )
    if early is None or late is None:
        return undecidable(not_sure(trace, start, end), start, end, window=window)
    if early or late:
        least, most = elapsed(start, end)
        how = "too soon" if early else "too late"
        return violated(
            f"A client gave up a connection {how} after a ping without a pong.",
            start,
            end,
            expected=f"a Close {seconds(limit)} after the ping "
            f"(and {seconds(evidence.timing.tolerance)} of tolerance)",
            actual=f"{departure} after {seconds(most if early else least)}",
            window=window,
            provisional=is_slight(limit, start, end, trace)
            if late
            else is_slightly_early(limit, start, end, trace),
            among=LEFT if early else frozenset(),
        )
    if not gives_up_so(departure.close, trace.dialect):
        return violated(
            "A client gave up a connection without saying so in the code.",
            start,
            end,
            expected=_giving_up(evidence),
            actual=str(departure),
            among=LEFT,
        )
    return satisfied(start, end)


def _handshakes(evidence: ClientEvidence) -> Iterator[Observation]:
    """Whether clients that gave up a connection came back without an answer to their Close."""
    timing, trace = evidence.timing, evidence.trace
    bound = timing.reconnect_delay + timing.reconnect_jitter
    for back in returns_of(evidence):
        end = back.following.began if back.following else evidence.nobody_until
        may_wait = back.hidden or back.is_failure or back.after_failure or evidence.died
        if not back.handshake_open or may_wait or end is None:
            continue
        start = back.ceiling_from
        if is_late(bound, start, end, trace):
            said = _said_between(start, end, back.lost)
            or_else = ", or for what was said on it" if said else ""
            yield violated(
                f"A client that gave a connection up waited for the answer to its Close{or_else}.",
                start,
                *said,
                end,
                expected=f"another attempt within {seconds(bound)} "
                f"(and {seconds(timing.tolerance)} of tolerance)",
                actual=f"{'an attempt after' if back.following else 'none for'} "
                f"{seconds(elapsed(start, end)[0])}",
                provisional=is_slight(bound, start, end, trace),
                among=LATE_ANYHOW if back.following else STAYED_AWAY,
            )
        elif back.following is not None:
            yield satisfied(start, end)


def _said_between(start: Event, end: Event, connection: Attempt) -> tuple[Event, ...]:
    """What the harness said on a connection between two events, though the client had closed it."""
    said = (e for e in connection.events if e.kind == "sent" and e.opcode == "text")
    return tuple(e for e in said if start.n < e.n < end.n)


def _giving_up(evidence: ClientEvidence) -> str:
    """How a connection is given up, in words."""
    dialect = evidence.trace.dialect
    if dialect.is_protocol:
        return "a Close with a code from 4000 to 4999"
    return str(dialect.client.gives_up)


def _alone(connection: Attempt) -> list[Beat]:
    """The pings that no further one followed too soon, and before the pong to them was overdue.

    In many a client the further one starts the wait anew, and what never ends is not its patience.
    Nor is it where the pong to a ping crosses the next one, and is taken for the answer to both.
    """
    timing, beats = connection.timing, connection.beats
    soon = min(timing.pong_timeout, timing.shortest_gap)
    hurried = [
        (one, other) for one, other in pairwise(beats) if elapsed(one.event, other.event)[1] < soon
    ]
    followed = {one.event.n for one, _ in hurried}
    crossed = {other.event.n for one, other in hurried if one.pong is not None}
    return [beat for beat in beats if beat.event.n not in followed | crossed]


def _missed(beat: Beat, evidence: ClientEvidence) -> bool:
    """Whether no pong came in time, and none just after it that the client may have waited for."""
    timing = evidence.timing
    if not beat.recognised:
        return False
    if beat.pong is None:
        return True
    return elapsed(beat.event, beat.pong)[0] > timing.pong_timeout + timing.tolerance


def _window(beat: Beat, observed: tuple[float, float], evidence: ClientEvidence) -> Window:
    timing = evidence.timing
    return Window("the ping", timing.pong_timeout, timing.pong_timeout + timing.tolerance, observed)

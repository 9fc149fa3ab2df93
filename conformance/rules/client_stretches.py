"""Stretches: the time from the opening, or from a ping, to the next ping of a client, or to none.

A stretch in which the harness answered the ping at once and said nothing else is undisturbed. What
goes wrong there is a fault of the timer itself. What goes wrong only where something disturbed the
client is a fault of what it made of that. Scenarios therefore leave a client in peace first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from conformance.client_attempt import Attempt, Beat
from conformance.client_evidence import ClientEvidence
from conformance.rules.client_timing import is_beyond, not_sure, strain
from conformance.rules.observation import Observation, Window, undecidable, violated
from conformance.rules.timing import elapsed, seconds
from conformance.rules.wording import quoted
from conformance.trace.trace import RESOLUTION, Event, Trace

Deviation: TypeAlias = Literal["early", "late", "never", "perhaps early", "perhaps late"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end`: a ping, or up to when it is known that none came.

    `place` counts the connections of the trace from 0. `disturbance` is the first thing that the
    harness said besides an answer in time, and `last_said` the last; where the answer was
    missing, `unanswered` says so, and `slow` where it took long.
    """

    connection: Attempt
    place: int
    start: Event
    end: Event
    deviation: Deviation | None
    disturbance: Event | None
    last_said: Event | None
    unanswered: bool
    slow: bool
    strained: bool
    """Whether the harness said more than a client must be able to take (C-TOLERATE)."""

    @property
    def is_first(self) -> bool:
        return self.start.kind == "opened"

    @property
    def undisturbed(self) -> bool:
        return self.disturbance is None and not self.unanswered and not self.slow

    @property
    def was_given_up(self) -> bool:
        """Whether it ended with the connection, which the client gave up: C-PONG-MISSING judges."""
        departure = self.connection.departure
        return (
            departure is not None and departure.cause == "gave up" and departure.event is self.end
        )

    @property
    def kept(self) -> bool:
        return self.deviation is None

    @property
    def overdue(self) -> bool:
        return self.deviation in ("late", "never")

    @property
    def unsure(self) -> bool:
        return self.deviation in ("perhaps early", "perhaps late")


def stretches_of(evidence: ClientEvidence) -> list[Stretch]:
    """All stretches that say something; none under Plan B, where a client need not ping."""
    if evidence.plan_b:
        return []
    # Whose timer pings where, cannot be told of them.
    strays = {attempt.number for attempt in evidence.strays}
    return [
        stretch
        for place, connection in enumerate(evidence.connections)
        if connection.number not in strays
        for stretch in _stretches(connection, place)
        if not stretch.strained
    ]


def charged(stretch: Stretch, stretches: list[Stretch]) -> str | None:
    """The requirement that a deviating stretch breaks; None where that cannot be told."""
    if stretch.undisturbed:
        if stretch.overdue:
            return "C-PING-FIRST" if stretch.is_first else "C-PING-CADENCE"
        before = [s for s in stretches if s.place < stretch.place and not s.is_first]
        # On the first connection there is but one timer; whose ping came too soon on a later one,
        # is only known beside what went before.
        if stretch.place == 0 or any(s.place == 0 and s.deviation == "early" for s in before):
            return "C-PING-CADENCE"
        return "C-PING-SINGLE" if any(s.kept and s.undisturbed for s in before) else None
    if stretch.unanswered and stretch.was_given_up:
        return None
    plain = [s for s in stretches if s.undisturbed and s.is_first == stretch.is_first]
    if any(s.overdue if stretch.overdue else s.deviation == "early" for s in plain):
        return None
    if stretch.disturbance is not None and not stretch.unanswered and has_stopped(stretch):
        return "C-TOLERATE"
    if not any(s.kept for s in plain) or (stretch.deviation == "early" and stretch.place > 0):
        return None
    return "C-PING-ALWAYS"


def has_stopped(stretch: Stretch) -> bool:
    """Whether no ping came though one was due by all accounts after the last disturbance, too."""
    if stretch.deviation != "never" or stretch.last_said is None:
        return False
    due = _due(stretch.connection, stretch.is_first)
    return stretch.end.earliest - stretch.last_said.latest > due


def is_blurred(stretch: Stretch) -> bool:
    """Whether the harness saw its ends too late to tell; not whether it excuses what it saw."""
    least, most = elapsed(stretch.start, stretch.end)
    if stretch.deviation == "perhaps late":
        return least <= _due(stretch.connection, stretch.is_first)
    return most >= stretch.connection.timing.shortest_gap


def not_kept(stretch: Stretch, message: str) -> Observation:
    """The violation that a deviating stretch is."""
    trace = stretch.connection.trace
    timing = trace.timing
    least, most = elapsed(stretch.start, stretch.end)
    since = "the opening" if stretch.is_first else "the ping before"
    if stretch.is_first:
        bound = timing.heartbeat_interval
        expected = f"a ping within {seconds(bound)} (and {seconds(timing.tolerance)} of tolerance)"
    else:
        expected = (
            f"the next ping {seconds(timing.shortest_gap)} to {seconds(timing.longest_gap)} "
            "after the one before"
        )
    actual = {
        "early": f"a ping after at most {seconds(most)}",
        "late": f"a ping after {seconds(least)}",
        "never": f"no ping for {seconds(least)}",
    }[stretch.deviation or "never"]
    shown = [stretch.start, *_disturbed_by(stretch), stretch.end]
    return violated(
        message,
        *shown,
        expected=expected,
        actual=actual,
        window=_window(stretch, since),
        provisional=_is_slight(stretch),
    )


def unsure_about(stretch: Stretch) -> Observation:
    """What to say of a stretch that the harness did not see sharply enough."""
    since = "the opening" if stretch.is_first else "the ping before"
    return undecidable(
        not_sure(stretch.connection.trace, stretch.start, stretch.end),
        stretch.start,
        stretch.end,
        window=_window(stretch, since),
    )


def named_disturbance(stretch: Stretch) -> str:
    """What disturbed a client, in words."""
    if stretch.disturbance is not None:
        return f"it was sent {quoted(stretch.disturbance.content)}"
    return "its ping had no pong" if stretch.unanswered else "the pong to its ping was slow"


def _stretches(connection: Attempt, place: int) -> Iterator[Stretch]:
    start, beat = connection.opened, None
    assert start is not None
    for following in connection.beats:
        if connection.horizon is None or following.event.n < connection.horizon.n:
            yield _stretch(connection, place, start, beat, following.event)
        start, beat = following.event, following
    end = connection.horizon
    if end is not None and end.n > start.n:
        last = _stretch(connection, place, start, beat, end)
        if last.deviation is not None:
            yield last


def _stretch(
    connection: Attempt, place: int, start: Event, beat: Beat | None, end: Event
) -> Stretch:
    trace, timing = connection.trace, connection.timing
    came = end.kind == "received" and end.opcode in ("text", "binary")
    deviation: Deviation | None = None
    beyond = is_beyond(_due(connection, beat is None), start, end, trace)
    if not came:
        deviation = "never" if beyond else None
    elif beyond is not False:
        deviation = "late" if beyond else "perhaps late"
    elif beat is not None:
        deviation = _short(timing.shortest_gap, start, end, trace)
    due = start.latest + _due(connection, beat is None)  # what is said later, disturbed nothing
    between = [
        (event, told)
        for event, told in connection.told
        if start.n < event.n < end.n and event.earliest <= due
    ]
    said = [event for event, told in between if told not in ("pong", "echo")]
    unanswered = beat is not None and beat.pong is None
    slow = beat is not None and beat.pong is not None and not _is_prompt(beat, connection)
    return Stretch(
        connection,
        place,
        start,
        end,
        deviation,
        said[0] if said else None,
        said[-1] if said else None,
        unanswered,
        slow,
        strained=any(told == "too large" for _, told in between),
    )


def _due(connection: Attempt, is_first: bool) -> float:
    timing = connection.timing
    return timing.heartbeat_interval + timing.tolerance if is_first else timing.longest_gap


def _is_prompt(beat: Beat, connection: Attempt) -> bool:
    timing = connection.timing
    return beat.answered_within(timing.interval_tolerance * timing.heartbeat_interval / 2)


def _short(bound: float, start: Event, end: Event, trace: Trace) -> Deviation | None:
    """Whether a gap is too short; not for certain, where the ping before it may have been late."""
    least, most = elapsed(start, end)
    before = start.earliest - trace.timing.heartbeat_interval
    if most < bound:
        return "early" if most + strain(trace, before, start.latest) < bound else "perhaps early"
    return None if least >= bound or most - least <= RESOLUTION else "perhaps early"


def _is_slight(stretch: Stretch) -> bool:
    timing = stretch.connection.timing
    least, most = elapsed(stretch.start, stretch.end)
    before = stretch.start.earliest - timing.heartbeat_interval
    if strain(stretch.connection.trace, before, stretch.end.latest) > 0:
        return True
    if stretch.deviation == "early":
        return most >= timing.shortest_gap - timing.tolerance
    return least <= _due(stretch.connection, stretch.is_first) + timing.tolerance


def _disturbed_by(stretch: Stretch) -> tuple[Event, ...]:
    return () if stretch.disturbance is None else (stretch.disturbance,)


def _window(stretch: Stretch, since: str) -> Window:
    timing = stretch.connection.timing
    return Window(
        since,
        None if stretch.is_first else timing.shortest_gap,
        _due(stretch.connection, stretch.is_first),
        elapsed(stretch.start, stretch.end),
    )

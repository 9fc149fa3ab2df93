"""Stretches: the time from the opening, or from a ping, to the next ping of a client, or to none.

How it works
------------

1. Each connection is cut at its pings. A stretch goes from one to the next; the last goes up to
   the horizon, where it is known that no ping came.
2. `deviation` compares its length with the cadence: the first ping is due within
   `heartbeat_interval` and `tolerance`, the others within `interval_tolerance` of the interval.
3. What the harness said in between is its `disturbance`. A stretch in which the ping was answered
   at once and nothing else was said is undisturbed: what goes wrong there is a fault of the timer
   itself (C-PING-CADENCE). What goes wrong only where something disturbed the client is a fault of
   what it made of that (C-TOLERATE, C-PING-ALWAYS). Scenarios therefore leave a client in peace
   first. What goes wrong only where the client itself said something else is C-PING-ALWAYS, too.
4. A stretch in which the harness itself was late is unsure, and one in which it said more than a
   client must be able to take is left out.
5. In another dialect the next ping may be counted from the pong, or from the last message that came
   or went: a stretch begins there then, and there is none while the pong is missing.

Example, at `fast` (an interval of 0.6 s): pings at 0.60, 1.20, 1.79 s, each answered at once, then
text that is not JSON at 1.9 s, and no ping up to 3.1 s. Three undisturbed stretches were kept, the
fourth is disturbed and "never": the client did not bear the text, and C-TOLERATE fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal, TypeAlias

from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.beat import ON_THE_WAY, Beat
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import is_beyond, strain
from conformance.evidence.interval import elapsed
from conformance.messages.from_client import is_pong
from conformance.trace.event import RESOLUTION, Event
from conformance.trace.trace import Trace

MOST_EARLY = 60
"""How many stretches of a connection are told that were too short: the first say enough."""

Deviation: TypeAlias = Literal["early", "late", "never", "perhaps early", "perhaps late"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end`: a ping, or up to when it is known that none came.

    It `is_first` where no ping of the connection came before. `place` counts the connections of
    the trace from 0. `disturbance` is the first thing that the harness said besides an answer in
    time, and `last_said` the last; where the answer was missing, `unanswered` says so, and `slow`
    where it took long. `own` is the first message that the client sent of its own accord.
    """

    connection: Attempt
    place: int
    is_first: bool
    start: Event
    end: Event
    deviation: Deviation | None
    disturbance: Event | None
    last_said: Event | None
    unanswered: bool
    slow: bool
    own: Event | None
    after_extra: bool
    """Whether it began with a ping that came besides, when the client was told something."""
    after_failures: bool
    """Whether attempts had failed before the connection, which may have left timers, too."""
    strained: bool
    """Whether the harness said more than a client must be able to take (C-TOLERATE)."""

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
    def deafened_by(self) -> tuple[Event, ...]:
        """What a client has to bear, and after which it may have heard no pong any more.

        In dialects in which the next ping waits for that, a heartbeat stops then. The last ping was
        due for the pong to the one before: what deafened the client came after that.
        """
        habits = self.connection.dialect.client
        waits = habits.next in ("pong", "received") and bool(habits.bears)
        if not waits or not self.undisturbed or self.deviation != "never":
            return ()
        pings = [each.event.n for each in self.connection.beats if each.event.n < self.start.n]
        since = pings[-2] if len(pings) > 1 else 0
        return tuple(
            event
            for event, told in self.connection.burdens
            if told != "echo" and since < event.n < self.start.n
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
    """All stretches that say something; none where a client need not ping, or when it likes."""
    if evidence.plan_b or evidence.trace.dialect.pings_freely:
        return []
    return [
        stretch
        for place, connection in enumerate(evidence.connections)
        for stretch in _with_extras(
            _few_early(_stretches(connection, place, _is_after_failures(connection, evidence)))
        )
        if not stretch.strained and not evidence.is_shared(connection, stretch.end.latest)
    ]


def _few_early(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """The stretches, without most of those that come of pings without end."""
    early = count()
    return (each for each in stretches if each.deviation != "early" or next(early) < MOST_EARLY)


def _is_after_failures(connection: Attempt, evidence: ClientEvidence) -> bool:
    """Whether attempts had failed before it, or may have where nobody listened."""
    if connection is not evidence.attempts[0]:
        return True
    return evidence.started is not None and evidence.shut_between(
        evidence.started, connection.began
    )


def _with_extras(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """The stretches of a connection, with those marked that an extra ping has cut short.

    Who answers what it cannot use with a ping, sends the next one when that was due anyway: soon
    after the extra one, but an interval after the ping before that.
    """
    before: Event | None = None
    for stretch in stretches:
        within = stretch.connection.timing.longest_gap
        is_early = stretch.deviation == "early"
        if before is not None and is_early and elapsed(before, stretch.end)[0] <= within:
            yield replace(stretch, after_extra=True)
            continue
        is_extra = stretch.disturbance is not None and (is_early or stretch.is_first)
        before = stretch.start if is_extra else None
        yield stretch


def _stretches(connection: Attempt, place: int, after: bool) -> Iterator[Stretch]:
    last, beat = connection.ready, None
    if last is None:
        return
    for following in connection.beats:
        if connection.horizon is None or following.event.n < connection.horizon.n:
            start = _counted_from(connection, last, beat, following.event)
            if start is not None:
                yield _stretch(connection, place, after, (last, start), beat, following.event)
        last, beat = following.event, following
    end = connection.horizon
    if end is not None and end.n > last.n:
        start = _counted_from(connection, last, beat, end)
        if start is not None:
            stretch = _stretch(connection, place, after, (last, start), beat, end)
            if stretch.deviation is not None:
                yield stretch


def _counted_from(connection: Attempt, last: Event, beat: Beat | None, end: Event) -> Event | None:
    """From when on the next ping is counted in the dialect; None where none is due.

    What crossed a ping that came is not known to have been heard before that.
    """
    habit = connection.dialect.client.next
    if habit == "pong" and beat is not None:
        return beat.pong if beat.pong is not None and beat.pong.n < end.n else None
    if habit in ("received", "sent"):
        kind, crossing = ("sent", ON_THE_WAY) if habit == "received" else ("received", 0.0)
        said = [
            event
            for event in connection.events
            if event.kind == kind
            and event.opcode in ("text", "binary")
            and last.n < event.n < end.n
            and (end.kind != "received" or end.earliest - event.latest >= crossing)
        ]
        return said[-1] if said else last
    return last


def _stretch(
    connection: Attempt,
    place: int,
    after: bool,
    since: tuple[Event, Event],
    beat: Beat | None,
    end: Event,
) -> Stretch:
    """`since` is the ping before, or the opening, and from when on the next ping is counted."""
    last, start = since
    trace, timing = connection.trace, connection.timing
    came = end.kind == "received" and end.opcode in ("text", "binary")
    deviation: Deviation | None = None
    beyond = is_beyond(ping_due_within(connection, beat is None), start, end, trace)
    if not came:
        deviation = "never" if beyond else None
    elif beyond is not False:
        deviation = "late" if beyond else "perhaps late"
    elif beat is not None:
        deviation = _short(timing.shortest_gap, start, end, trace)
    # What is said after the ping was due, disturbed nothing.
    due = start.latest + ping_due_within(connection, beat is None)
    between = [(event, told) for event, told in connection.told if last.n < event.n < end.n]
    said = [event for event, told in between if told not in ("pong", "ping", "echo")]
    disturbing = [event for event in said if event.earliest <= due]
    answers = connection.dialect.pong is not None
    unanswered = answers and beat is not None and beat.pong is None
    slow = beat is not None and beat.pong is not None and not _is_prompt(beat, connection)
    return Stretch(
        connection,
        place,
        beat is None,
        start,
        end,
        deviation,
        disturbing[0] if disturbing else None,
        said[-1] if disturbing else None,
        unanswered,
        slow,
        _own_message(connection, last, end) if deviation in ("late", "never") else None,
        after_extra=False,
        after_failures=after,
        strained=any(told == "too large" for _, told in between),
    )


def _own_message(connection: Attempt, last: Event, end: Event) -> Event | None:
    """The first message that a client sent of its own accord, where that puts off no ping.

    A pong is none, as it may answer a ping of the harness.
    """
    dialect = connection.dialect
    if dialect.client.next not in ("ping", "pong"):
        return None
    pings = {beat.event.n for beat in connection.beats}
    between = (e for e in connection.heard if last.n < e.n < end.n and e.n not in pings)
    return next((event for event in between if not is_pong(event.said, dialect)), None)


def ping_due_within(connection: Attempt, is_first: bool) -> float:
    """How long (seconds) a ping may take to come: the first after the opening, or the next."""
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

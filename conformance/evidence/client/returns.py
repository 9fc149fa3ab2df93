"""Returns: what a client has to come back from, and when it did.

That is every end of a connection that the client did not ask for, and every attempt that failed.
From the second in a row on, a short connection counts like an attempt that failed.
An attempt that failed for its certificate owes nothing: C-TLS-VERIFY merely allows another. Where
nothing listened meanwhile, attempts were invisible, and times tell nothing. They tell no more
either once a client had two attempts at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from math import inf
from typing import Literal, TypeAlias

from conformance.evidence.client.answer import was_kept_waiting
from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.beat import ON_THE_WAY
from conformance.evidence.client.departure import Departure
from conformance.evidence.client.evidence import ClientEvidence
from conformance.evidence.client.interval import strain
from conformance.evidence.client.told import noted
from conformance.evidence.interval import elapsed
from conformance.trace.event import GRAIN, RESOLUTION, Ended, Event, Refusal
from conformance.trace.note import NO_WEBSOCKET, RETRY_AFTER
from conformance.trace.trace import Trace

From: TypeAlias = Literal["connection", "given up", "attempt"]


@dataclass(frozen=True, slots=True)
class Return:
    """What was lost, and the next attempt, if one came.

    `floor_from` is the earliest moment at which the client can have known, `ceiling_from` the
    latest. Since the last connection that was not short, `in_a_row` is whether there was anything
    before it, and `after_failure` whether any of that had failed. `hidden` is whether nothing
    listened at some time in between, and `again` when that was over.
    """

    lost: Attempt
    what: From
    floor_from: Event
    ceiling_from: Event
    following: Attempt | None
    in_a_row: bool
    after_failure: bool
    hidden: bool
    again: Event | None

    @property
    def grain(self) -> float:
        """By how much (seconds) the wait may seem shorter than it was.

        What is counted from something that the client sent, may have been delayed by the network.
        Of ends that overlap, another may have been the first that it knew of.
        """
        event = self.floor_from
        by_harness = event.kind in ("sent", "refused")
        if isinstance(event.content, Ended):
            by_harness = event.content.how == "local"
        others = [end for end in _ends(self.lost) if end.earliest < event.earliest]
        if any(end.kind == "received" for end in others):
            by_harness = False
        sooner = max((event.earliest - end.earliest for end in others), default=0.0)
        return sooner + (GRAIN if by_harness else RESOLUTION)

    @property
    def is_failure(self) -> bool:
        """Whether the next attempt may wait for longer than the first delay (C-BACKOFF)."""
        return self.what == "attempt" or (self.in_a_row and self.lost.was_short)

    @property
    def certainly_failed(self) -> bool:
        """Whether it is one for certain: what may have been short, may have lasted as well."""
        lost = self.lost
        return self.is_failure and (
            self.what == "attempt" or lost.lasted < lost.timing.heartbeat_interval / 2
        )

    @property
    def known_before(self) -> bool:
        """Whether the client may have given it up before the harness, which was late, ended it."""
        end = self.floor_from
        beat = self.lost.unanswered_at(end) if self.what == "connection" else None
        patience = self.lost.timing.pong_timeout - ON_THE_WAY
        return beat is not None and end.latest - beat.event.earliest >= patience

    @property
    def perhaps_known_before(self) -> bool:
        """The same where neither a ping nor the Close after it was seen, or of an attempt.

        Both may be on their way still, where somebody waited for a processor for so long.
        """
        end, trace = self.floor_from, self.lost.trace
        if self.what == "attempt" and was_kept_waiting(self.lost):
            return strain(trace, self.lost.began.earliest, end.latest) > 0
        if self.what != "connection" or self.lost.unanswered_at(end) is not None:
            return False
        patience = self.lost.timing.pong_timeout - ON_THE_WAY
        return strain(trace, end.latest - patience, end.latest) >= patience

    @property
    def handshake_open(self) -> bool:
        """Whether the client gave up, and its Close had no answer before it came back.

        Where the connection ended without that answer, it still is: unless the client came so late
        after that, that waiting for the answer is not why.
        """
        departure = self.lost.departure
        if self.what != "given up" or departure is None or departure.close is None:
            return False
        until = self.following.began.n if self.following else inf
        before = [event for event in self.lost.events if event.n < until]
        if any((event.kind, event.opcode) == ANSWER_TO_CLOSE for event in before):
            return False
        ended = next((event for event in before if event.kind == "ended"), None)
        return ended is None or self._came_by_the_first_delay_after(ended)

    def _came_by_the_first_delay_after(self, end: Event) -> bool:
        timing = self.lost.timing
        latest = timing.reconnect_delay + timing.reconnect_jitter + timing.tolerance
        return self.following is not None and waited(self, end)[0] <= latest

    @property
    def occasion(self) -> str:
        """What was lost and how, in words."""
        if self.what == "attempt":
            failed = self.lost.failed
            told = failed.content if failed else None
            if isinstance(told, Refusal) and told.status is not None:
                _, asks, wish = told.detail.partition(RETRY_AFTER)
                return f"an attempt that was refused with HTTP {told.status}{asks}{wish}"
            return "an attempt that failed"
        departure = self.lost.departure
        assert departure is not None
        if self.what == "given up":
            return "a connection that it gave up"
        if departure.close is not None:
            return f"a connection that the server closed with {departure.close}"
        if (note := noted(self.lost.events, NO_WEBSOCKET)) is not None:
            return f"a connection on which came {str(note.content).removeprefix(NO_WEBSOCKET)}"
        return "a connection that broke"


ANSWER_TO_CLOSE = ("sent", "close")


def returns_of(evidence: ClientEvidence) -> Iterator[Return]:
    """All of them, in the order of what was lost."""
    return (back for back in _all_of(evidence) if not back.lost.ended_for_good)


def finals_of(evidence: ClientEvidence) -> Iterator[Return]:
    """The ends from which a client is not to come back, in its dialect."""
    return (back for back in _all_of(evidence) if back.lost.ended_for_good)


def _all_of(evidence: ClientEvidence) -> Iterator[Return]:
    in_a_row = after_failure = False
    single = evidence.attempts
    if evidence.first_out_of_turn is not None:
        single = single[: evidence.first_out_of_turn - 1]
    for attempt in single:
        found = _return(attempt, evidence, in_a_row, after_failure)
        failed = attempt.opened is None or _is_unanswered(attempt.departure)
        lasted = not failed and not attempt.was_short
        after_failure = not lasted and (after_failure or failed or in_a_row)
        in_a_row = not lasted
        if found is not None:
            in_a_row |= found.hidden
            after_failure |= found.hidden
            yield found


def waited(back: Return, start: Event) -> tuple[float, float]:
    """The least and the most time (seconds) that the client waited after an event."""
    assert back.following is not None
    return elapsed(start, back.following.began)


def growing_beyond(back: Return, returns: list[Return], cap: float) -> bool:
    """Whether the waits so far grew so that the next one would exceed the cap."""
    waits: list[float] = []
    for other in takewhile(lambda each: each is not back, returns):
        if not other.is_failure:
            waits = []
        waits.append(waited(other, other.ceiling_from)[1])
    if not back.is_failure or len(waits) < 2 or waits[-2] <= 0:
        return False
    return waits[-1] * (waits[-1] / waits[-2]) > cap and waits[-1] > waits[-2]


def failures_before(back: Return, returns: list[Return]) -> int:
    """How many attempts had certainly failed in a row when another one did."""
    row = 0
    for other in takewhile(lambda each: each is not back, returns):
        row = row + 1 if other.certainly_failed else 0
    return row if back.certainly_failed else 0


def _return(
    attempt: Attempt, evidence: ClientEvidence, in_a_row: bool, after_failure: bool
) -> Return | None:
    points = _points(attempt)
    if points is None or evidence.beside(attempt) is not None or evidence.is_false_start(attempt):
        return None
    what, floor_from, ceiling_from = points
    following = evidence.following(attempt)
    end = following.began if following else _last(evidence.trace)
    if evidence.asked is not None and evidence.asked.earliest <= end.latest:
        return None
    return Return(
        attempt,
        what,
        floor_from,
        ceiling_from,
        following,
        in_a_row,
        after_failure,
        evidence.shut_between(floor_from, end),
        evidence.door_opened_between(floor_from, end),
    )


def _points(attempt: Attempt) -> tuple[From, Event, Event] | None:
    departure = attempt.departure
    if departure is None:
        if attempt.failed is None or attempt.certificate != "valid":
            return None
        if attempt.was_dropped and attempt.ended is not None:
            return "attempt", attempt.ended, attempt.ended
        return "attempt", _first_known(attempt), attempt.ended or attempt.failed
    if departure.cause == "harness":
        return "connection", _first_known(attempt), attempt.ended or departure.event
    if departure.cause == "gave up":
        return "given up", departure.event, departure.event
    if departure.cause == "unanswered":
        return "attempt", departure.event, departure.event
    return None


def _is_unanswered(departure: Departure | None) -> bool:
    return departure is not None and departure.cause == "unanswered"


def _first_known(attempt: Attempt) -> Event:
    """The end that the client can have known of first.

    Of ends that overlap, as far as the harness saw them, it is the one that was noted first: the
    client's Close that answers one of the harness is not what ended the connection.
    """
    ends = _ends(attempt)
    return next((end for end in ends if end.latest < ends[0].earliest), ends[0])


def _ends(attempt: Attempt) -> list[Event]:
    return [e for e in attempt.events if e.opcode == "close" or e.kind in ("refused", "ended")]


def _last(trace: Trace) -> Event:
    return max(trace.events, key=lambda event: event.latest)

"""One attempt of a client to connect: its pings and their pongs, and how and why it ended.

Times are seconds; the harness is the server here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import spec
from conformance.evidence.client.answer import REQUEST_AT_ONCE, may_be_unanswered
from conformance.evidence.client.beat import ON_THE_WAY, Beat, Pong, beats_in, owed, pongs_in
from conformance.evidence.client.departure import Departure, gives_up_so
from conformance.evidence.client.told import Told, noted, told_in
from conformance.evidence.interval import elapsed
from conformance.trace.event import GRAIN, Close, Ended, Event, Kind, Refusal
from conformance.trace.note import PLAIN_HTTP
from conformance.trace.trace import Trace
from spec.dialect.dialect import Dialect

DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Attempt:
    """One attempt of a client to connect, and what came of it.

    `asked` is when the client was asked to end; `certificate` is what the harness presented,
    "valid" where it had no say; `near` is whether near-pings count for pings.
    """

    number: int
    events: tuple[Event, ...]
    trace: Trace
    asked: Event | None
    certificate: str
    near: bool

    @property
    def timing(self) -> spec.Timing:
        return self.trace.timing

    @property
    def dialect(self) -> Dialect:
        return self.trace.dialect

    @cached_property
    def opening(self) -> Event:
        """When its TCP connection was accepted."""
        return self.first("opening") or self.events[0]

    @cached_property
    def began(self) -> Event:
        """When it began: with a TCP connection over which a request for an upgrade came at once.

        One that had stood unused before was no attempt until then. Where it cannot be told which,
        it began at some time in between.
        """
        asked = self.requested
        if asked is None or asked.latest - self.opening.latest <= REQUEST_AT_ONCE:
            return self.opening
        if asked.earliest - self.opening.latest > REQUEST_AT_ONCE:
            return asked
        return replace(self.opening, latest=asked.latest)

    @cached_property
    def requested(self) -> Event | None:
        """When its request for a WebSocket connection had been read."""
        return self.first("requested")

    @cached_property
    def plain_request(self) -> Event | None:
        """When it turned out to be none, but a request by plain HTTP."""
        return noted(self.events, PLAIN_HTTP)

    @cached_property
    def opened(self) -> Event | None:
        """When it was answered with 101."""
        return self.first("opened")

    @cached_property
    def ready(self) -> Event | None:
        """When heartbeats began to count: it was opened, and its prelude, if there is one, over."""
        return self.first("ready") if self.dialect.prelude else self.opened

    @cached_property
    def failed(self) -> Event | None:
        """When it failed: the refusal, or the end of an attempt that never was a connection."""
        return None if self.opened else self.first("refused") or self.ended

    @cached_property
    def was_dropped(self) -> bool:
        """Whether it came to nothing because the client ended it, before it had an answer."""
        refused = getattr(self.first("refused"), "content", None)
        ended = getattr(self.ended, "content", None)
        unanswered = isinstance(refused, Refusal) and refused.status is None
        return unanswered and isinstance(ended, Ended) and ended.how != "local"

    @cached_property
    def ended(self) -> Event | None:
        """The end of the TCP connection."""
        return self.first("ended") or self.first("broken")

    @cached_property
    def over(self) -> Event | None:
        """From when on it counts no longer: a Close by either side, a refusal, or its end.

        That an attempt failed because the client dropped it, is noted when that has been seen.
        """
        if self.was_dropped:
            return self.ended
        for event in self.events:
            if event.opcode == "close" or event.kind in ("refused", "ended", "broken"):
                return event
        return None

    @cached_property
    def was_paused(self) -> bool:
        """Whether the harness ever stopped reading: then it saw less than there was."""
        return self.first("paused") is not None

    @cached_property
    def horizon(self) -> Event | None:
        """Up to when it is known what the client sent while it was free to."""
        seen = (self.over, self.first("silent"), self.first("paused"), self.asked)
        ends = [event for event in seen if event is not None]
        return min(ends, key=lambda event: event.earliest, default=None)

    @cached_property
    def told(self) -> tuple[tuple[Event, Told], ...]:
        """The messages of the harness: what answers the client, pings of Plan B, and all others.

        Noise is what a client cannot use (C-TOLERATE); "too large" exceeds what it must tolerate.
        """
        return told_in(self.events, self._answers, self.trace)

    @cached_property
    def burdens(self) -> tuple[tuple[Event, Told], ...]:
        """Those that a client need not be able to use, but has to bear (C-TOLERATE)."""
        kinds = ("echo", "noise", "too large")
        return tuple(each for each in self.told if each[1] in kinds)

    @cached_property
    def heard(self) -> tuple[Event, ...]:
        """The data messages of the client."""
        return tuple(
            e for e in self.events if e.kind == "received" and e.opcode in ("text", "binary")
        )

    @cached_property
    def beats(self) -> tuple[Beat, ...]:
        """The client's pings, in whatever form, each with its pong."""
        return beats_in(self.heard, self._pongs, self.dialect, near=self.near)

    @cached_property
    def _pongs(self) -> tuple[Pong, ...]:
        """Those that were sent while the connection counted: later ones answer nothing."""
        events = [e for e in self.events if not self.over or e.earliest <= self.over.latest]
        return pongs_in(events, self.dialect)

    @cached_property
    def _answers(self) -> frozenset[int]:
        """The positions of those pongs that were owed when they were sent."""
        return owed(self.beats, self._pongs, self.dialect)

    @cached_property
    def departure(self) -> Departure | None:
        """How the connection ended and on whose account; None if it never was, or had not."""
        if self.opened is None or self.over is None:
            return None
        event = self.over
        close = event.content if isinstance(event.content, Close) else None
        if event.kind == "sent" or (
            isinstance(event.content, Ended) and event.content.how == "local"
        ):
            return Departure(event, close, "harness")
        if self.asked is not None and event.latest >= self.asked.earliest:
            return Departure(event, close, "own")
        if may_be_unanswered(self, event):
            return Departure(event, close, "unanswered")
        overdue = self.unanswered_at(event)
        if overdue is not None and (
            gives_up_so(close, self.dialect)
            or event.latest - overdue.event.earliest >= self.timing.pong_timeout - ON_THE_WAY
            or self._was_impatient(overdue, event)
        ):
            return Departure(event, close, "gave up")
        return Departure(event, close, "client")

    @property
    def ended_for_good(self) -> bool:
        """Whether the harness ended it so that a client is not to come back, in its dialect."""
        departure, ends = self.departure, self.dialect.client.stays_away
        if departure is None or departure.cause != "harness":
            return False
        return ends.abort if departure.close is None else ends.has(departure.close.code)

    def _was_impatient(self, overdue: Beat, end: Event) -> bool:
        """Whether it ended for want of a pong, though sooner than it may.

        So it is where the harness kept the pong back, where the client never bore to wait so long,
        and where it had just been sent nothing that may be why.
        """
        waited = end.earliest - overdue.event.latest
        withheld = overdue.pong is None or overdue.pong.n > end.n
        return (
            withheld
            and waited > ON_THE_WAY
            and all(
                beat.answered_within(waited)
                for beat in self.beats
                if beat.event.n < overdue.event.n
            )
            and not self.suspects(end, lambda _: self.timing.reply_deadline)
        )

    def suspects(self, end: Event, within: Callable[[Event], float]) -> list[tuple[Event, Told]]:
        """What was said so shortly before an end that it may be why, what answers pings left out.

        `within` says how shortly, in seconds. What it bore before, but for the digits, is not it.
        """
        found: list[tuple[Event, Told]] = []
        borne: set[str] = set()
        for event, told in self.burdens:
            if event.n >= end.n:
                break
            shape = DIGITS.sub("0", str(event.content))
            if elapsed(event, end)[0] > within(event):
                borne.add(shape)
            elif shape not in borne:
                found.append((event, told))
        return found

    def unanswered_at(self, event: Event) -> Beat | None:
        """The last ping before an event, if its pong had not come or may have crossed it.

        One that was read after something was sent may have been said before that.
        """
        if self.dialect.pong is None:
            return None
        before = [
            beat
            for beat in self.beats
            if beat.event.n < event.n
            or (event.kind == "sent" and beat.event.earliest < event.earliest)
        ]
        if not before:
            return None
        last = before[-1]
        in_time = last.answered_within(self.timing.pong_timeout - ON_THE_WAY)
        crossed = last.pong is not None and last.pong.latest >= event.earliest
        return last if crossed or not in_time else None

    @cached_property
    def lasted(self) -> float:
        """How long (seconds) a connection was certainly open, if that is more than 0."""
        assert self.opened is not None
        end = self.over.earliest if self.over else self.events[-1].earliest
        return end - self.opened.latest

    @cached_property
    def was_short(self) -> bool:
        """Whether it may have been a short connection, as the client sees it.

        Where ends overlap, the client may have known of any of them first.
        """
        assert self.opened is not None
        ends = [e for e in self.events if e.opcode == "close" or e.kind in ("ended", "broken")]
        lasted = min(e.earliest for e in ends or self.events[-1:]) - self.opened.latest
        return lasted < self.timing.heartbeat_interval + self.timing.tolerance

    def outlasts(self, event: Event) -> bool:
        """Whether it was certainly not over at another event; never where it was not read."""
        return not self.was_paused and self.ended_after(event)

    def lay_beside(self, later: Attempt) -> bool:
        """Whether both were certainly there at one moment, whichever of them began first."""
        return self.outlasts(later.began) and later.ended_after(self.began)

    def ended_after(self, event: Event) -> bool:
        """Whether it was not over at another event.

        On two sockets, what a client does at one moment may be seen in either order.
        """
        over = self.seen_until
        by_harness = isinstance(over.content, Ended) and over.content.how == "local"
        grain = 0.0 if by_harness or self.over is None else GRAIN
        return over.earliest - event.latest > grain

    @cached_property
    def seen_until(self) -> Event:
        """When it was over; or up to when it was seen not to be."""
        return self.over or self.first("silent") or self.events[-1]

    def first(self, kind: Kind) -> Event | None:
        """Its first event of a kind."""
        return next((event for event in self.events if event.kind == kind), None)

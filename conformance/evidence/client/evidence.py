"""What a trace tells about a client, worked out once for all rules on clients.

A rule on clients reads `ClientEvidence`: the attempts of a client to connect, in order, and who was
asked to end what, when nothing listened, and until when nobody came.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import spec
from conformance.evidence.client.answer import REQUEST_AT_ONCE
from conformance.evidence.client.attempt import Attempt
from conformance.evidence.client.departure import gives_up_so
from conformance.evidence.client.interval import strain
from conformance.messages.from_client import is_ping
from conformance.trace.event import WHOLE_TRACE, Close, Ended, Event, Kind
from conformance.trace.trace import Trace


@dataclass(frozen=True, eq=False)
class ClientEvidence:
    """A trace of a client as the rules read it."""

    trace: Trace

    @property
    def timing(self) -> spec.Timing:
        return self.trace.timing

    @property
    def plan_b(self) -> bool:
        """Whether the server keeps the beat: then the client need not ping."""
        return self.trace.capabilities.server_ping or not self.trace.dialect.client_pings

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts in the order in which they began.

        A TCP connection on which the client asked for no WebSocket connection is none: browsers
        open some on the chance that they may be needed, and others ask by plain HTTP.
        """
        made = [
            each for each in self._visits if each.requested or each.opened or each.first("refused")
        ]
        return tuple(sorted(made, key=lambda each: each.began.n))

    @cached_property
    def asked_plainly(self) -> tuple[Attempt, ...]:
        """The TCP connections on which the client asked for something by plain HTTP."""
        return tuple(each for each in self._visits if each.plain_request is not None)

    @cached_property
    def _visits(self) -> tuple[Attempt, ...]:
        asked = self.asked
        return tuple(
            Attempt(number, events, self.trace, asked, self._certificate_at(events[0]), self._near)
            for number, events in sorted(self.trace.by_connection.items())
        )

    @cached_property
    def _near(self) -> bool:
        """Whether what only resembles a ping is meant as one: no ping came, and one was due.

        A client that gives a connection up was waiting for a pong, so it has pinged.
        """
        if self.plan_b or any(
            event.kind == "received"
            and event.opcode == "text"
            and is_ping(event.said, self.trace.dialect)
            for event in self.trace.events
        ):
            return False
        if any(self._may_give_up(event) for event in self.trace.events):
            return True
        due = self.timing.heartbeat_interval + self.timing.tolerance
        return any(
            event.kind == "opened" and events[-1].earliest - event.latest > due
            for events in self.trace.by_connection.values()
            for event in events
        )

    def _may_give_up(self, event: Event) -> bool:
        """Whether a client may have ended a connection for want of a pong with this."""
        close = event.content if isinstance(event.content, Close) else None
        is_own = isinstance(event.content, Ended) and event.content.how != "local"
        if not is_own and (close is None or event.kind != "received"):
            return False
        if self.asked is not None and event.n > self.asked.n:
            return False
        if self._closed_at.get(event.connection, event.n) < event.n:
            return False  # It answers a Close.
        dialect = self.trace.dialect
        return dialect.client.gives_up is None or (
            close is not None and gives_up_so(close, dialect)
        )

    @cached_property
    def _closed_at(self) -> dict[int, int]:
        """The position of the first Close that the harness sent, by the connection."""
        found: dict[int, int] = {}
        for event in self.trace.events:
            if event.kind == "sent" and isinstance(event.content, Close):
                found.setdefault(event.connection, event.n)
        return found

    @cached_property
    def connections(self) -> tuple[Attempt, ...]:
        """The attempts that were answered with 101."""
        return tuple(attempt for attempt in self.attempts if attempt.opened is not None)

    @cached_property
    def started(self) -> Event | None:
        """When the client was started."""
        return self._last("started")

    @property
    def asked(self) -> Event | None:
        """When the client was first asked to end in order."""
        return self.trace.asked_to_end

    @cached_property
    def exited(self) -> Event | None:
        """When its process ended."""
        return self._last("exited")

    @cached_property
    def died(self) -> Event | None:
        """When its process ended without having been asked to."""
        if self.exited is None or (self.asked is not None and self.asked.n < self.exited.n):
            return None
        return self.exited

    @cached_property
    def nobody_until(self) -> Event | None:
        """Up to when it is known that nobody else connected."""
        return self._last("silent")

    def following(self, attempt: Attempt) -> Attempt | None:
        """The next attempt after one, if there was any."""
        place = self.attempts.index(attempt) + 1
        return self.attempts[place] if place < len(self.attempts) else None

    def is_false_start(self, attempt: Attempt) -> bool:
        """Whether a client dropped its very first attempt at once, and began another right then.

        So does a page in React's StrictMode: it is mounted, taken down, and mounted again. It comes
        back from nothing.
        """
        following, over = self.following(attempt), attempt.over
        if following is None or over is None or not self.may_be_false_start(attempt):
            return False
        is_ours = over.kind in ("sent", "refused") or (
            isinstance(over.content, Ended) and over.content.how == "local"
        )
        dropped = not is_ours or (attempt.opened is None and attempt.was_dropped)
        began = following.began
        at_once = REQUEST_AT_ONCE + strain(self.trace, attempt.began.earliest, over.latest)
        soon = began.earliest - over.latest <= at_once and over.earliest - began.latest <= at_once
        return dropped and soon and over.earliest - attempt.began.latest <= at_once

    def may_be_false_start(self, attempt: Attempt) -> bool:
        """Whether it may have begun twice so, whatever ended its very first attempt."""
        following = self.following(attempt)
        if attempt is not self.attempts[0] or following is None or attempt.heard:
            return False
        began = following.began
        late = strain(self.trace, attempt.began.earliest, began.latest)
        return began.earliest - attempt.began.latest <= 2 * REQUEST_AT_ONCE + late

    def beside(self, attempt: Attempt) -> Attempt | None:
        """Another attempt that was certainly alive when this one was over."""
        over = attempt.over
        assert over is not None
        for other in self.attempts:
            lasted = other.over is None or other.over.earliest > over.latest
            if lasted and attempt.ended_after(other.began):
                return other
        return None

    @cached_property
    def first_beside(self) -> int | None:
        """The place of the first attempt that certainly began beside another one.

        From then on nothing is known about which timer did what (C-RECONNECT-SINGLE).
        """
        for place, attempt in enumerate(self.attempts):
            if any(one.lay_beside(attempt) for one in self.attempts[:place]):
                return place
        return None

    @cached_property
    def first_out_of_turn(self) -> int | None:
        """The place of the first attempt that an earlier one outlasts, or that was over before it.

        What it came back from, and what it was followed by, is not known.
        """
        for place, attempt in enumerate(self.attempts):
            if any(one.outlasts(attempt.began) for one in self.attempts[:place]):
                return place
        return None

    def is_crowded(self, attempt: Attempt) -> bool:
        """Whether it may be one too many, or stood beside the first that was."""
        if self.first_beside is None:
            return False
        return attempt in self.strays or attempt.outlasts(self.attempts[self.first_beside].began)

    @cached_property
    def strays(self) -> tuple[Attempt, ...]:
        """The attempts from the first one on that began beside another.

        Where two came at the same time, as far as the harness saw, either may be the one too many.
        """
        if self.first_beside is None:
            return ()
        first = self.attempts[self.first_beside].began
        return tuple(each for each in self.attempts if each.began.latest >= first.earliest)

    def is_shared(self, attempt: Attempt, until: float) -> bool:
        """Whether another lay beside an attempt by a moment: no timer is known to be its own."""
        if self.first_beside is None:
            return False
        if attempt in self.strays:
            return True
        other = self.attempts[self.first_beside].began
        return other.earliest <= until and attempt.outlasts(other)

    def shut_between(self, start: Event, end: Event) -> bool:
        """Whether nothing listened at any moment between two events: attempts were invisible."""
        shut: Event | None = None
        for event in self._whole:
            if event.kind == "closed_door":
                shut = event
            elif event.kind == "opened_door" and shut is not None:
                if shut.earliest <= end.latest and event.latest >= start.earliest:
                    return True
                shut = None
        return shut is not None and shut.earliest <= end.latest

    def door_opened_between(self, start: Event, end: Event) -> Event | None:
        """The last time between two events at which the harness began to listen again."""
        found = None
        for event in self._whole:
            if event.kind == "opened_door" and start.earliest <= event.latest <= end.latest:
                found = event
        return found

    def doors_between(self, start: Event, end: Event) -> tuple[Event, ...]:
        """Each time between two events at which the harness ceased to listen, or began again."""
        doors = ("closed_door", "opened_door")
        return tuple(e for e in self._whole if e.kind in doors and start.n < e.n < end.n)

    @cached_property
    def _whole(self) -> tuple[Event, ...]:
        return tuple(event for event in self.trace.events if event.connection == WHOLE_TRACE)

    def _last(self, kind: Kind) -> Event | None:
        return next((event for event in reversed(self._whole) if event.kind == kind), None)

    def _certificate_at(self, moment: Event) -> str:
        presented = "valid"
        for event in self._whole:
            if event.kind == "certificate" and event.n < moment.n:
                presented = str(event.content)
        return presented

"""What a trace tells about each connection, worked out once for all rules.

A rule reads `Evidence`: the connections of a trace, with messages paired to their replies, the
moments that restart the heartbeat clock, and how and why each connection ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import spec
from conformance.evidence.interval import or_from_the_last
from conformance.evidence.server.exchange import Matching, is_heartbeat, was_misread
from conformance.evidence.server.matching import match_replies, was_cut_off
from conformance.messages.from_client import Ping, is_pong
from conformance.messages.from_server import Pong, answer, is_talk, server_ping
from conformance.trace.event import CUT, Ended, Event
from conformance.trace.trace import Trace


@dataclass(frozen=True)
class ObservedConnection:
    """What happened on one connection of a trace, as a server's peer saw it."""

    number: int
    events: tuple[Event, ...]
    trace: Trace

    @property
    def timing(self) -> spec.Timing:
        return self.trace.timing

    @cached_property
    def offered(self) -> frozenset[str]:
        """The subprotocols that the client offered."""
        opening = self._first("opening")
        if opening is None or not isinstance(opening.content, str):
            return frozenset()
        return frozenset(opening.content.split(", "))

    @cached_property
    def opened(self) -> Event | None:
        """The moment the 101 was read, at the latest; at the earliest the request was sent.

        Where there is a prelude it is its end that was read: without that, it never was open.
        """
        opening = self._first("opening")
        opened = self._first("ready" if self.trace.dialect.prelude else "opened")
        if opening is None or opened is None:
            return opened
        return replace(opened, kind="opened", earliest=opening.earliest)

    @cached_property
    def sent(self) -> tuple[Event, ...]:
        """The data messages that the harness sent; behind a server's Close nothing is one."""
        told = takewhile(lambda e: (e.kind, e.opcode) != ("received", "close"), self.events)
        return tuple(e for e in told if e.kind == "sent" and e.opcode in ("text", "binary"))

    @cached_property
    def received(self) -> tuple[Event, ...]:
        """The data messages that the server sent, its pings left out.

        In another dialect than the protocol's, what is no pong is the application's.
        """
        dialect, pings = self.trace.dialect, {ping.n for ping in self.server_pings}
        heard = (e for e in self._heard if e.n not in pings)
        if dialect.is_protocol:
            return tuple(heard)
        return tuple(e for e in heard if isinstance(answer(e.said, dialect), Pong))

    @cached_property
    def talk(self) -> tuple[Event, ...]:
        """What the server said that is no part of the heartbeat; of the protocol, nothing is so."""
        dialect = self.trace.dialect
        if dialect.is_protocol:
            return ()
        return tuple(each for each in self._heard if is_talk(each.said, dialect))

    @cached_property
    def server_pings(self) -> tuple[Event, ...]:
        """The pings that the server sent, where it may ping (B-SERVER-PING)."""
        if not self.trace.has_server_pings:
            return ()
        return tuple(e for e in self._heard if server_ping(e.said, self.trace.dialect) is not None)

    @property
    def _heard(self) -> Iterator[Event]:
        return (e for e in self.events if e.kind == "received" and e.opcode in ("text", "binary"))

    @cached_property
    def watched_until(self) -> float:
        """Up to when it is known what the server sent, in seconds."""
        for event in self.events:
            if event.kind in ("ended", "broken", "silent") or event.opcode == "close":
                return event.earliest
        return self.events[-1].latest

    @cached_property
    def idle_talk(self) -> tuple[Event, ...]:
        """What was sent besides messages: control frames that nothing asked for, fragments."""
        answers = {event.n for event in self.control_answers}
        return tuple(
            event
            for event in self.events
            if event.kind == "sent"
            and event.opcode in ("ping", "pong", "fragment")
            and event.n not in answers
        )

    @cached_property
    def control_answers(self) -> tuple[Event, ...]:
        """The control Pongs that answered a control Ping of the server: each follows its Ping."""
        following = zip(self.events, self.events[1:], strict=False)
        return tuple(
            event
            for before, event in following
            if (event.kind, event.opcode) == ("sent", "pong")
            and (before.kind, before.opcode, before.content) == ("received", "ping", event.content)
        )

    def ignored_control_pings(self, before: Event) -> bool:
        """Whether wsbeat left a control Ping of the server unanswered, before an event."""
        earlier = (event for event in self.events if event.n < before.n)
        pings = sum((event.kind, event.opcode) == ("received", "ping") for event in earlier)
        return pings > sum(answer.n < before.n for answer in self.control_answers)

    @cached_property
    def pauses(self) -> tuple[tuple[float, float], ...]:
        """When the harness did not read: from, to, in seconds."""
        found = []
        since: float | None = None
        for event in self.events:
            if event.kind == "paused" and since is None:
                since = event.earliest
            elif event.kind == "resumed" and since is not None:
                found.append((since, event.latest))
                since = None
        if since is not None:
            found.append((since, self.events[-1].latest))
        return tuple(found)

    @cached_property
    def died(self) -> Event | None:
        """When wsbeat began to be a dead peer on it, if it did (S-NO-QUEUE).

        One that answers no Close is dead when the Close has come, one that reads nothing from when
        it stopped reading for good. One that was reset is no peer any more.
        """
        if self.was_cut is not None:
            return None
        closes = [event for event in self.events if event.opcode == "close"]
        if closes and all(event.kind == "received" for event in closes):
            return closes[0]
        paused = [event for event in self.events if event.kind == "paused"]
        resumed = any(event.kind == "resumed" for event in self.events)
        return paused[0] if paused and not resumed else None

    @cached_property
    def was_cut(self) -> Event | None:
        """The moment at which wsbeat reset the TCP connection, if it did (S-SURVIVE)."""
        cuts = (e for e in self.events if e.kind == "ended" and e.content == Ended("local", CUT))
        return next(cuts, None)

    def was_read(self, earliest: float, latest: float) -> bool:
        """Whether the harness was reading all the while between two moments."""
        return not any(since <= latest and to > earliest for since, to in self.pauses)

    @cached_property
    def pings(self) -> tuple[Event, ...]:
        """The messages sent that are pings (S-PING-FORM)."""
        said = self.matching.exchanges
        return tuple(each.stimulus for each in said if isinstance(each.message, Ping))

    @cached_property
    def heartbeats(self) -> tuple[Event, ...]:
        """The messages sent that are there to restart the clock (S-REFRESH, B-TIMEOUT)."""
        said, declared = self.matching.exchanges, self.trace.capabilities
        return tuple(each.stimulus for each in said if is_heartbeat(each.message, declared))

    @cached_property
    def pongs(self) -> tuple[Event, ...]:
        """The messages sent that answer the server's pings, or could (B-NO-LOOP)."""
        return tuple(each for each in self.sent if is_pong(each.said, self.trace.dialect))

    @cached_property
    def signs_of_life(self) -> tuple[Event, ...]:
        """All messages sent that restart the clock, as the target declares it (S-ONLY-PINGS).

        Where a server of another dialect counts from its pings, so may the end of a silence.
        """
        if self.trace.capabilities.inbound_liveness:
            return self.sent
        dialect = self.trace.dialect
        if dialect.is_protocol or dialect.alive != "pongs" or dialect.server_next != "ping":
            return self.heartbeats
        return tuple(or_from_the_last(beat, self.server_pings) for beat in self.heartbeats)

    @cached_property
    def restarts(self) -> tuple[Event, ...]:
        """What starts the heartbeat clock again, the handshake first (S-CLOCK-START, S-REFRESH)."""
        first = () if self.opened is None else (self.opened,)
        return first + self.signs_of_life

    @property
    def jumps(self) -> list[Event]:
        """When the wall clock of its server was set (S-MONOTONIC)."""
        return [event for event in self.events if event.kind == "jumped"]

    @property
    def was_restarted(self) -> bool:
        """Whether pings restarted the clock a while after the handshake had (S-REFRESH)."""
        opened, signs = self.opened, self.signs_of_life
        if opened is None or len(signs) > 1:
            return bool(signs)
        return any(sign.earliest - opened.latest > self.timing.tolerance for sign in signs)

    def talk_after(self, since: Event) -> list[Event]:
        """What was sent after the clock's last restart; what only answers the server is not."""
        talk = (*self.sent, *self.idle_talk)
        return sorted((event for event in talk if event.n > since.n), key=lambda event: event.n)

    def last_restart_before(self, event: Event) -> Event | None:
        """The last thing before an event that started the heartbeat clock."""
        earlier = tuple(takewhile(lambda each: each.earliest <= event.latest, self.restarts))
        return earlier[-1] if earlier else None

    def last_restart_known_before(self, event: Event) -> Event | None:
        """The last such thing that the server is known to have dealt with before an event.

        A message is, when it or one that was sent after it had been answered by then: replies come
        in the order of messages. One that gets no answer, such as a pong, or any that it likes,
        where each restarts the clock, is when the time for one is over, however busy the machine. A
        heartbeat that was taken for business, or lost beside later ones, restarts nothing.
        """
        known = -1
        misread = set[int]()
        told = [each.stimulus.n for each in self.matching.exchanges if each.replies]
        for exchange in self.matching.exchanges:
            n, is_lost = exchange.stimulus.n, exchange.owed == "pong" and not exchange.replies
            is_lost = (is_lost and n < max(told, default=-1)) or was_misread(exchange)
            if is_lost and not self.trace.capabilities.inbound_liveness:
                misread.add(n)
            answered = exchange.replies and exchange.replies[0].event.n < event.n
            waited = event.earliest - exchange.stimulus.latest
            patience = self.reply_patience + self.trace.busy_between(exchange.stimulus, event)
            is_free = exchange.is_applications and self.trace.capabilities.inbound_liveness
            if answered or ((exchange.owed == "nothing" or is_free) and waited >= patience):
                known = n
        found = None
        for restart in self.restarts:
            if restart.kind == "opened" or (restart.n <= known and restart.n not in misread):
                found = restart
        return found

    @cached_property
    def matching(self) -> Matching:
        """Every data message that was sent, with its replies; its fate is not yet known."""
        return match_replies(
            self.sent,
            self.received,
            self.trace.capabilities,
            self.trace.dialect,
            self.reply_patience,
            self.has_outwaited,
            self.trace.unasked,
            is_cut_off=was_cut_off(self.events),
        )

    @property
    def reply_patience(self) -> float:
        """How long after a message its reply may come, tolerance included, in seconds."""
        return self.timing.reply_deadline + self.timing.tolerance

    def has_outwaited(self, sent: Event) -> bool:
        """Whether an answer to a message would certainly have been seen by now."""
        until = sent.latest + self.reply_patience
        until += self.trace.starved_between(sent.latest, self.watched_until)
        return self.watched_until >= until and self.was_read(sent.earliest, until)

    @property
    def unasked(self) -> tuple[Event, ...]:
        """What the server said that no message asked for (S-QUIET)."""
        return tuple(reply.event for reply in self.matching.unasked)

    @property
    def is_slow(self) -> bool:
        """Whether a reply came late on this connection; one that came twice is another matter."""
        return any(
            exchange.replies[0].event.earliest > exchange.stimulus.latest + self.reply_patience
            for exchange in self.matching.exchanges
            if exchange.replies
        )

    def _first(self, kind: str) -> Event | None:
        return next((event for event in self.events if event.kind == kind), None)

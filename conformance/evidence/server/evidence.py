"""What a trace shows of a server: its connections, and what became of each message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import spec
from conformance.evidence.server.blame.deafness import deafened_by, perhaps_deafened_by
from conformance.evidence.server.blame.suspicion import Said, said_by, survived
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.end import departure_of
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Business
from conformance.messages.from_server import Pong, answer
from conformance.trace.event import Event
from conformance.trace.trace import Capabilities, Trace


@dataclass(frozen=True)
class Connection(ObservedConnection):
    """A connection of a trace: what happened, why it ended, what became of each message."""

    evidence: Evidence = field(repr=False, compare=False)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every data message that was sent, with its replies and its fate."""
        exchanges = self.matching.exchanges
        tail = 0
        for number, exchange in enumerate(exchanges, 1):
            if exchange.replies:
                exchange.fate = "answered"
                if not exchange.out_of_order:
                    tail = number
        for exchange in exchanges[:tail]:
            if not exchange.replies:
                exchange.fate = "silent"
        for exchange in exchanges[tail:]:
            if exchange.replies:
                continue
            if (
                not self.has_outwaited(exchange.stimulus)
                or self.is_slow
                or self._may_be_last(exchange)
                or self._waits_for_a_refusal(exchange)
            ):
                break
            exchange.fate, exchange.waited_out = "silent", True
            if exchange.owed in ("pong", "echo"):
                break
        if self.departure is not None and self.departure.blamed is not None:
            self.departure.blamed.fate = "ended"
            self.departure.blamed.by_chance = self.departure.by_chance
        return exchanges

    def _may_be_last(self, exchange: Exchange) -> bool:
        """Whether the server may have been ending when the reply was due."""
        asked = self.trace.asked_to_end
        return asked is not None and (
            exchange.stimulus.latest + self.reply_patience >= asked.earliest
        )

    def _waits_for_a_refusal(self, exchange: Exchange) -> bool:
        """Whether an earlier message, for which no deadline applies, got the Close that it may."""
        end = self.departure
        blamed = None if end is None or end.cause != "message" else end.blamed
        return (
            blamed is not None
            and blamed.takes_its_time
            and blamed.stimulus.n <= exchange.stimulus.n
        )

    @cached_property
    def departure(self) -> Departure | None:
        """How the connection ended, and what explains it; None while it had not."""
        evidence = self.evidence
        return departure_of(self, lambda: evidence.harmless, lambda: evidence.deadly)

    @cached_property
    def deafened_by(self) -> tuple[Exchange, ...]:
        """The messages over one of which it fell deaf, if it did."""
        end = self.departure
        was_timed_out = end is not None and end.cause == "heartbeat"
        harmless = self.evidence.harmless
        return deafened_by(self, self.exchanges, harmless, was_timed_out=was_timed_out)

    @cached_property
    def perhaps_deafened_by(self) -> tuple[Exchange, ...]:
        """The same, where it may also have lost a single reply."""
        return perhaps_deafened_by(self, self.exchanges, self.evidence.harmless)

    @property
    def outlived_the_limit(self) -> bool:
        """Whether pings kept it open for longer than a silent one could have lived."""
        opened, departure = self.opened, self.departure
        if opened is None or departure is None or departure.cause != "harness":
            return False
        return self.watched_until - opened.latest > self.timing.latest_close

    @cached_property
    def has_more_pongs_than_pings(self) -> bool:
        """Whether there are more pongs on it than it had pings, as far as that tells anything.

        The second pong to one may come a while after the first: unasked, as it seems, or for
        something that was said meanwhile. That it is one is seen on pings with nothing behind them.
        """
        dialect = self.trace.dialect
        if not dialect.is_protocol or not self.pings:
            return False
        later = (event for event in self.received if event.n > self.pings[0].n)
        pongs = sum(isinstance(answer(event.said, dialect), Pong) for event in later)
        return pongs > len(self.pings)


@dataclass(frozen=True, eq=False)
class Evidence:
    """A trace as the rules read it."""

    trace: Trace

    @property
    def timing(self) -> spec.Timing:
        return self.trace.timing

    @property
    def capabilities(self) -> Capabilities:
        return self.trace.capabilities

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Those that show the server; what its proxies do to others is not charged to it."""
        return tuple(each for each in self._all if each.number not in self.trace.proxied)

    @cached_property
    def proxied(self) -> tuple[Connection, ...]:
        """Those that led through proxies, beside some that did not (D-PROXY)."""
        return tuple(each for each in self._all if each.number in self.trace.proxied)

    @cached_property
    def _all(self) -> tuple[Connection, ...]:
        return tuple(
            Connection(number, events, self.trace, self)
            for number, events in self.trace.by_connection.items()
            if number not in self.trace.unasked_for
        )

    @cached_property
    def harmless(self) -> frozenset[Said]:
        """The messages after which a connection of the trace went on for certain."""
        return frozenset(said for each in self.connections for said in survived(each))

    @cached_property
    def deadly(self) -> frozenset[Said]:
        """The messages that certainly ended a connection of the trace."""
        ends = (departure_of(each, lambda: self.harmless) for each in self.connections)
        return frozenset(
            said_by(end.blamed)
            for end in ends
            if end is not None and end.blamed is not None and not end.by_chance
        )

    @cached_property
    def exchanges(self) -> tuple[tuple[Connection, Exchange], ...]:
        """Every exchange of every connection."""
        return tuple(
            (connection, exchange)
            for connection in self.connections
            for exchange in connection.exchanges
        )

    @cached_property
    def is_slow(self) -> bool:
        """Whether a reply came late: then one that is missing may still be on its way."""
        return bool(self.held_up) or any(connection.is_slow for connection in self.connections)

    @cached_property
    def held_up(self) -> tuple[tuple[Connection, Exchange, Event], ...]:
        """The messages whose reply did not come while a dead peer was on another connection.

        With what made that one dead. Before, their connections had been answered, and what was sent
        after them was not: a server that answers that has lost a reply, and holds none up.
        """
        deaths = [(each, each.died) for each in self.connections if each.died is not None]
        if not deaths:
            return ()
        first, died = min(deaths, key=lambda death: death[1].n)
        return tuple(
            (connection, exchange, died)
            for connection, exchange in self.exchanges
            if exchange.waited_out
            and exchange.owed in ("pong", "echo")
            and connection is not first
            and died.earliest <= exchange.stimulus.latest + connection.reply_patience
            and any(each.replies for each in connection.exchanges)
            and _was_followed_in_vain(exchange, connection)
        )

    @cached_property
    def ignored(self) -> frozenset[object]:
        """The messages that were ignored at least once: a reply to another is not due to them."""
        return frozenset(
            exchange.stimulus.content
            for _, exchange in self.exchanges
            if exchange.owed == "nothing" and exchange.fate == "silent"
        )

    @cached_property
    def takes_others_for_pings(self) -> bool:
        """Whether a business message got a pong: then one that is too many may be for another."""
        return any(
            isinstance(exchange.message, Business)
            and exchange.owed != "nothing"
            and any(isinstance(reply.answer, Pong) for reply in exchange.replies)
            for _, exchange in self.exchanges
        )

    def departures(self) -> Iterator[tuple[Connection, Departure]]:
        """The ends of all connections that ended."""
        for connection in self.connections:
            if connection.departure is not None:
                yield connection, connection.departure


def _was_followed_in_vain(exchange: Exchange, connection: Connection) -> bool:
    """Whether a message without a reply was followed by another that is owed one and got none."""
    return any(
        later.stimulus.n > exchange.stimulus.n
        and later.owed in ("pong", "echo")
        and later.stimulus.latest + connection.reply_patience <= connection.watched_until
        for later in connection.exchanges
    )

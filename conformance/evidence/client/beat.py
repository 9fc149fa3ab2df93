"""A ping of a client, and its pong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.messages.from_client import is_ping, near_ping_fault, ping_fault, ping_holes
from conformance.messages.from_server import pong_holes
from conformance.trace.event import Event
from spec.dialect.dialect import Dialect
from spec.dialect.model import Holes

ON_THE_WAY = 0.05
"""How long (seconds) a ping and its pong may be on their way: a client counts that, too."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A ping of the client with the first pong to it that the harness sent, if it did.

    `fault` is what C-PING-FORM has against it, empty for a proper one; it is `recognised` where a
    server has to take it for a ping (S-PING-FORM), and so owes a pong. `asked` is what such a pong
    has to copy, among others.
    """

    event: Event
    pong: Event | None
    fault: str
    recognised: bool
    asked: Holes

    def answered_within(self, seconds: float) -> bool:
        """Whether its pong was certainly sent in that time."""
        return self.pong is not None and self.pong.latest - self.event.earliest <= seconds


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong of the harness, and what it carries."""

    event: Event
    given: Holes


def pongs_in(events: Iterable[Event], dialect: Dialect) -> tuple[Pong, ...]:
    """The pongs of the harness on a connection, asked for or not."""
    return tuple(
        Pong(event, given)
        for event in events
        if event.kind == "sent" and event.opcode == "text"
        if (given := pong_holes(str(event.said), dialect)) is not None
    )


def beats_in(
    heard: Iterable[Event], pongs: Sequence[Pong], dialect: Dialect, *, near: bool
) -> tuple[Beat, ...]:
    """The pings of a client, in whatever form; where `near`, what only resembles one, too."""
    found = []
    for event in heard:
        fault = ping_fault(event.said, dialect)
        if fault is None and near:
            fault = near_ping_fault(event.said, dialect)
        if fault is not None:
            asked = ping_holes(event.said, dialect)
            pong = _pong_after(event, asked, pongs, dialect)
            found.append(Beat(event, pong, fault, is_ping(event.said, dialect), asked))
    return tuple(found)


def _pong_after(ping: Event, asked: Holes, pongs: Sequence[Pong], dialect: Dialect) -> Event | None:
    """The first pong after a ping that answers it."""
    for pong in pongs:
        if pong.event.n > ping.n and dialect.is_answered_by(asked, pong.given):
            return pong.event
    return None


def owed(beats: Sequence[Beat], pongs: Sequence[Pong], dialect: Dialect) -> frozenset[int]:
    """The positions of those pongs that were owed when they were sent."""
    found, waiting = set(), list(beats)
    for pong in pongs:
        answered = (
            beat
            for beat in waiting
            if beat.event.n < pong.event.n and dialect.is_answered_by(beat.asked, pong.given)
        )
        if (beat := next(answered, None)) is not None:
            waiting.remove(beat)
            found.add(pong.event.n)
    return frozenset(found)

"""Traces of the corpus in which anything has been altered, whether or not it makes sense."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import TypeAlias

from conformance.trace.event import WHOLE_TRACE, Event
from conformance.trace.trace import Capabilities, Trace
from tests.corpus.times import even, on_a_grid

MOST = 7
"""How many alterations are made."""

SHIFTS = (-1.0, -0.3, -0.05, 0.01, 0.05, 0.15, 0.3, 0.7, 1.5, 3.0)
"""By how much (seconds) events are moved."""

WIDTHS = (0.0, 0.05, 0.2, 0.4, 0.8, 2.0)
"""How long (seconds) the intervals become in which events are known to have been."""

Alter: TypeAlias = Callable[[Random, list[Event], int], list[Event]]
"""Makes other events of some, beginning with the one at a position."""


def wild(random: Random, traces: Sequence[Trace]) -> Trace:
    """One of the traces, altered in a few ways; on a grid now and then."""
    trace = random.choice(traces)
    events = list(trace.events)
    for _ in range(random.randint(1, MOST)):
        if events:
            events = random.choice(WAYS)(random, events, random.randrange(len(events)))
    events.sort(key=lambda event: event.latest)
    altered = replace(
        trace,
        events=tuple(replace(event, n=n) for n, event in enumerate(events)),
        attempt=random.choice((1, 1, 2)),
        capabilities=_altered(random, trace.capabilities),
    )
    return random.choice((even, even, on_a_grid))(altered)


def _altered(random: Random, capabilities: Capabilities) -> Capabilities:
    if random.random() < 0.8:
        return capabilities
    name = random.choice(("echo", "server_ping", "inbound_liveness"))
    return replace(capabilities, **{name: not getattr(capabilities, name)})


def _takes_out(_: Random, events: list[Event], at: int) -> list[Event]:
    return events[:at] + events[at + 1 :]


def _takes_out_what_follows(_: Random, events: list[Event], at: int) -> list[Event]:
    """All that was to come on its connection."""
    number = events[at].connection
    return events[: at + 1] + [e for e in events[at + 1 :] if e.connection != number]


def _takes_out_a_connection(_: Random, events: list[Event], at: int) -> list[Event]:
    number = events[at].connection
    return [each for each in events if each.connection != number]


def _moves(random: Random, events: list[Event], at: int) -> list[Event]:
    return [*events[:at], _later(events[at], random.choice(SHIFTS)), *events[at + 1 :]]


def _moves_what_follows(random: Random, events: list[Event], at: int) -> list[Event]:
    """All that comes after it, on its connection or on all of them."""
    by, number = abs(random.choice(SHIFTS)), events[at].connection
    everything = random.random() < 0.5
    after = [_later(e, by) if everything or e.connection == number else e for e in events[at:]]
    return events[:at] + after


def _moves_a_connection(random: Random, events: list[Event], at: int) -> list[Event]:
    by, number = random.choice(SHIFTS), events[at].connection
    return [_later(each, by) if each.connection == number else each for each in events]


def _repeats_a_connection(random: Random, events: list[Event], at: int) -> list[Event]:
    """All that happened on it happens again on another: as the first, or as the last of them."""
    by, number = random.choice(SHIFTS), events[at].connection
    if number == WHOLE_TRACE:
        return events
    if random.random() < 0.5:
        events = [replace(e, connection=e.connection + (e.connection > 0)) for e in events]
        number, new = number + 1, 1
    else:
        new = 1 + max(each.connection for each in events)
    again = [_later(e, by) for e in events if e.connection == number]
    return events + [replace(each, connection=new) for each in again]


def _exchanges_connections(random: Random, events: list[Event], at: int) -> list[Event]:
    """What happened on one happens on another, and the other way round."""
    one, other = events[at].connection, random.choice(events).connection
    if WHOLE_TRACE in (one, other):
        return events
    new = {one: other, other: one}
    return [replace(e, connection=new.get(e.connection, e.connection)) for e in events]


def _says_again(random: Random, events: list[Event], at: int) -> list[Event]:
    return [*events, _later(events[at], abs(random.choice(SHIFTS)))]


def _says_elsewhere(random: Random, events: list[Event], at: int) -> list[Event]:
    """It happens on another connection, too."""
    other = random.choice(events).connection
    if WHOLE_TRACE in (other, events[at].connection):
        return events
    return [*events, replace(events[at], connection=other)]


def _widens(random: Random, events: list[Event], at: int) -> list[Event]:
    width = random.choice(WIDTHS)
    return [*events[:at], _wider(events[at], width), *events[at + 1 :]]


def _widens_everything(random: Random, events: list[Event], _: int) -> list[Event]:
    return [_wider(event, random.choice(WIDTHS)) for event in events]


def _exchanges(random: Random, events: list[Event], at: int) -> list[Event]:
    """What was said by what was said elsewhere in the same way."""
    like = [each for each in events if (each.kind, each.opcode) == _manner(events[at])]
    said = random.choice(like).content
    return [*events[:at], replace(events[at], content=said), *events[at + 1 :]]


def _is_late(random: Random, events: list[Event], at: int) -> list[Event]:
    """The harness itself was, for as long as it says."""
    by = random.choice(WIDTHS)
    until = events[at].latest
    late = Event(0, WHOLE_TRACE, max(0.0, until - by), until, "late", None, by)
    return [*events, late]


def _manner(event: Event) -> tuple[str, str | None]:
    return event.kind, event.opcode


def _later(event: Event, by: float) -> Event:
    by = max(by, -event.earliest)
    return replace(event, earliest=event.earliest + by, latest=event.latest + by)


def _wider(event: Event, by: float) -> Event:
    return replace(event, earliest=max(0.0, event.latest - by))


WAYS: tuple[Alter, ...] = (
    _takes_out,
    _takes_out,
    _takes_out_what_follows,
    _takes_out_a_connection,
    _moves,
    _moves,
    _moves_what_follows,
    _moves_a_connection,
    _repeats_a_connection,
    _repeats_a_connection,
    _exchanges_connections,
    _says_again,
    _says_elsewhere,
    _widens,
    _widens,
    _widens_everything,
    _exchanges,
    _is_late,
)

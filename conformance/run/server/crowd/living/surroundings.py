"""What was beside all connections of a worker: its own lateness, the server's waits, harm done.

A trace tells of a few connections alone. What weighed on all of them is kept here once, and added
to each trace when it is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.trace.event import WHOLE_TRACE, Event
from conformance.trace.note import ALL_ENDED, STARVED

FAR = 1_000_000
"""From this number on connections are those of other traces."""


TOGETHER = 0.1
"""How long (seconds) after the end of one connection the next comes that has the same cause."""


FEWEST_ENDS = 10
"""How many connections have to end together: fewer may have ended by chance."""


@dataclass(slots=True)
class Wait:
    """How long a server waited for a processor between two moments of one second."""

    since: float
    until: float = 0.0
    waited: float = 0.0

    @property
    def event(self) -> Event:
        """The wait as a trace has it."""
        text = f"{STARVED}{self.waited:.3f}"
        return Event(0, WHOLE_TRACE, self.since, self.until, "note", content=text)


@dataclass(slots=True)
class Surroundings:
    """Moments are seconds since the crowd began; `kept` is for how long it has to be known."""

    kept: float
    harm: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    """The first connection that was lived in a manner that does harm, by that manner."""
    worst: float = 0.0
    starved: float = 0.0
    """For how long the server waited for a processor so far, in seconds."""
    open: int = 0
    """How many connections there are."""
    _ends: list[float] = field(default_factory=list)
    _late: dict[int, Event] = field(default_factory=dict)
    """The worst lateness of each second."""
    _waits: dict[int, Wait] = field(default_factory=dict)
    """How long the server waited in each second."""
    _collapses: list[Event] = field(default_factory=list)

    def was_late(self, due: float, now: float) -> None:
        """The worker did not get to run between two moments."""
        self.worst = max(self.worst, now - due)
        before = self._late.get(int(now))
        if before is None or before.latest - before.earliest < now - due:
            self._late[int(now)] = Event(0, WHOLE_TRACE, due, now, "late", content=now - due)
        _forget(self._late, now - self.kept)

    def server_waited(self, since: float, until: float, waited: float) -> None:
        """The server waited for a processor for so long between two moments."""
        self.starved += waited
        wait = self._waits.setdefault(int(until), Wait(since))
        wait.until, wait.waited = until, wait.waited + waited
        _forget(self._waits, until - self.kept)

    def waited_before(self, moment: float, back: float) -> float:
        """For how long (seconds) the server waited for a processor before a moment.

        `back` is from how many seconds before it on.
        """
        seconds = range(max(0, int(moment - back)), int(moment) + 1)
        return sum(self._waits[each].waited for each in seconds if each in self._waits)

    def ended(self, now: float) -> None:
        """The server ended a connection: that may have been the last of all that there were."""
        if self._ends and now - self._ends[-1] > TOGETHER:
            self._ends.clear()
        self._ends.append(now)
        if self.open == 0 and len(self._ends) >= FEWEST_ENDS:
            text = f"{ALL_ENDED}{len(self._ends)}"
            first = self._ends[0]
            self._collapses.append(Event(0, WHOLE_TRACE, first, now, "note", content=text))
            self._ends.clear()

    def did_harm(self, manner: str, events: Sequence[Event]) -> None:
        """A connection was lived in a manner that may keep the server from others: the first."""
        self.harm.setdefault(manner, tuple(events))

    def between(self, since: float, until: float) -> Iterator[Event]:
        """What was beside a trace between two moments, each connection with a number of its own."""
        waits = (wait.event for wait in self._waits.values())
        for each in (*self._late.values(), *waits, *self._collapses):
            if each.latest >= since and each.earliest <= until:
                yield each
        for number, events in enumerate(self.harm.values(), FAR):
            for event in events:
                yield Event(
                    0, number, event.earliest, event.latest, event.kind, event.opcode, event.content
                )


def _forget(seconds: dict[int, Any], before: float) -> None:
    """Forget what was noted of the seconds before a moment."""
    while seconds and (oldest := next(iter(seconds))) < before:
        del seconds[oldest]

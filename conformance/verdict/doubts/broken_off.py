"""What broke off in a run with other connections, and what it may have come of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from conformance.evidence.server.blame.suspicion import is_owed, left_unanswered
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Evidence
from conformance.scenarios import is_clocked
from conformance.trace.event import GRAIN, Event
from conformance.trace.note import EndedTogether, told_to_have_ended
from conformance.trace.trace import Trace

FEWEST_TIMES = 2
"""How often connections have to end together to be no restart that happened just then."""

MOST_SAID = 8
"""How many messages are said again at the most."""


def ends_with_others(trace: Trace) -> list[Departure]:
    """The ends of connections that ended with others: neither by right nor as it was due.

    One that was never open was not among them.
    """
    return [
        departure
        for connection, departure in Evidence(trace).departures()
        if departure.cause == "collapse" and connection.opened is not None
    ]


def under_way_by_chance(trace: Trace) -> Iterator[str | bytes]:
    """What is owed nothing and was under way where a connection ended, and ended none elsewhere.

    It is harmless to one process, and may be what another died of.
    """
    for connection, departure in Evidence(trace).departures():
        if departure.by_chance:
            for each in left_unanswered(connection, departure.event):
                if not is_owed(each):
                    yield each.stimulus.said


def covers(note: Event, end: Event) -> bool:
    """Whether an end is one of those that a note tells of."""
    return note.earliest - GRAIN <= end.latest <= note.latest + GRAIN


@dataclass(slots=True)
class BrokenOff:
    """What broke off in a run with other connections, in all its traces."""

    ended: dict[str, EndedTogether] = field(default_factory=dict)
    """How many connections ended at the same time, the most in each scenario."""
    episodes: set[tuple[int, EndedTogether]] = field(default_factory=set)
    """Each time that it happened, with the number of the measurement.

    They are those of clocked scenarios, which one process performs: another counts the same anew.
    """
    under_way: set[str | bytes] = field(default_factory=set)
    """What had no answer where a part of all connections ended, and was unusual."""

    def hear(self, trace: Trace) -> None:
        if not trace.collapses or not (together := ends_with_others(trace)):
            return
        told = [told_to_have_ended(each) for each in trace.collapses]
        self.ended[trace.scenario] = max([*told, self.ended.get(trace.scenario, told[0])])
        if is_clocked(trace.scenario):
            self.episodes |= {
                (trace.attempt, told_to_have_ended(note))
                for note in trace.collapses
                if any(covers(note, each.event) for each in together)
            }
        if not all(each.are_all for each in told):
            self.under_way |= {
                each.stimulus.said
                for departure in together
                for each in departure.suspects
                if not is_owed(each)
            }

    def said(self, contested: Iterable[Trace]) -> list[str | bytes]:
        """What is to be said again, the shortest first, and not more than takes a few seconds.

        `contested` are the traces in which something is, that has more than one explanation.
        """
        by_chance = (said for trace in contested for said in under_way_by_chance(trace))
        said = self.under_way.union(by_chance)
        return sorted(said, key=lambda each: (len(each), str(each)))[:MOST_SAID]

    @property
    def scenario(self) -> str:
        """Where most ended."""
        return max(self.ended, key=lambda name: (self.ended[name], name))

    @property
    def doubt(self) -> str:
        """What is in doubt of it: once, a server may have been restarted (protocol.md, section 8).

        A process that one of several may lose over a message, or by and by, is not always seen to
        do so where that is looked for.
        """
        times = len(self.episodes)
        if times < FEWEST_TIMES:
            return ""
        return (
            f"Connections that nothing was wrong with ended together, {max(self.ended.values())}, "
            f"and {times} times: why, was not found out."
        )

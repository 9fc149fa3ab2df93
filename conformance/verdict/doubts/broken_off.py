"""What broke off in a run with other connections, and what it may have come of."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.evidence.server.blame.suspicion import is_owed
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

    @property
    def said(self) -> list[str | bytes]:
        """What is to be said again, the shortest first, and not more than takes a few seconds."""
        return sorted(self.under_way, key=lambda said: (len(said), str(said)))[:MOST_SAID]

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

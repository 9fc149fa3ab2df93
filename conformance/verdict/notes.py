"""What is to be known first of all that was seen in a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
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

MUCH = 20
"""Of how many messages none is answered by chance."""

SECOND = 2
"""The number of the measurement in which what is in doubt is looked at again."""

MOST_SAID = 8
"""How many messages are said again at the most."""


def notes_on(
    ended: Mapping[str, EndedTogether], unread: Set[str], answers: Answers
) -> Iterator[str]:
    """That connections ended at once, that nobody was answered any more, that not all was read."""
    if ended:
        most = max(ended.values())
        those = f"All connections that there were ({most.count})"
        which = those if most.are_all else f"Connections ({most})"
        yield (
            "The only other connection that there was ended as soon as wsbeat had ended one. "
            "What only broke off with it is held against nothing: look there first."
            if most.are_all and most.count == 1
            else f"{which} ended at the same "
            "time. What only broke off with them is held against nothing: look there first."
        )
    if answers.have_ceased:
        said, connections = answers.said[SECOND], answers.connections[SECOND]
        yield (
            f"When it was measured again nothing was answered any more, of {said} messages on "
            f"{connections} connections: see what ended that, as a task that writes for all."
        )
    for name in sorted(unread):
        yield (
            f"In {name} the server sent more than wsbeat reads on one connection: "
            "what it said there beyond that counts for nothing."
        )


@dataclass(slots=True)
class Answers:
    """How much a server was told, and said, in each measurement, by the number of that."""

    said: Counter[int] = field(default_factory=Counter)
    connections: Counter[int] = field(default_factory=Counter)
    heard: Counter[int] = field(default_factory=Counter)

    def hear(self, trace: Trace) -> None:
        if trace.role != "server":
            return
        for events in trace.by_connection.values():
            texts = [event for event in events if event.opcode == "text"]
            if texts and not any(event.kind == "paused" for event in events):
                sent = sum(event.kind == "sent" for event in texts)
                self.said[trace.attempt] += sent
                self.heard[trace.attempt] += len(texts) - sent
                self.connections[trace.attempt] += 1

    @property
    def have_ceased(self) -> bool:
        """Whether nothing at all was answered in the end, of much, and it was not always so."""
        return self.said[SECOND] >= MUCH and not self.heard[SECOND] and bool(self.heard[1])


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

"""A census: what a part of a crowd showed of each requirement so far, and how long things took.

Each worker takes one of its own connections and tells it from time to time; the run adds those of
all workers up. What travels does not grow with the connections, nor with the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.silence import silences_of
from conformance.rules.observation import Observation
from conformance.trace.event import Event
from conformance.verdict.crowd.histogram import Histogram
from conformance.verdict.crowd.sighting import Sighting
from conformance.verdict.finding import finding_of, leading_to

MEASURES = ("reply", "close", "handshake", "lateness")
"""What is measured: the time to a reply, from when a close may come until it comes, to a 101, and
by how much wsbeat itself was late."""


@dataclass(slots=True)
class Seen:
    """What was observed of one requirement: how often it was kept, and by how many members."""

    satisfied: int = 0
    members: set[int] = field(default_factory=set)
    told_members: int = 0
    sightings: dict[tuple[str, ...], Sighting] = field(default_factory=dict)
    """Where it was not certainly kept, by the requirements of which one was broken."""

    @property
    def count_of_members(self) -> int:
        """On how many places of the crowd it was seen to be kept."""
        return len(self.members) + self.told_members


@dataclass(slots=True)
class Census:
    """What was observed of each requirement, by its ID; measures by their names."""

    by_requirement: dict[str, Seen] = field(default_factory=dict)
    measures: dict[str, Histogram] = field(
        default_factory=lambda: {name: Histogram() for name in MEASURES}
    )
    counts: Counter[str] = field(default_factory=Counter)
    """How many of what there were: handshakes, pings judged, stretches."""
    refusals: Counter[str] = field(default_factory=Counter)
    """How often a handshake got no connection, by what came instead."""

    def add(
        self, requirement: str, observation: Observation, evidence: Evidence, member: int
    ) -> None:
        """Count one observation of a trace, on the connection of a member."""
        seen = self.by_requirement.setdefault(requirement, Seen())
        if observation.outcome == "satisfied":
            seen.satisfied += 1
            seen.members.add(member)
            return
        key = tuple(sorted(observation.among - {requirement}))
        sighting = seen.sightings.setdefault(key, Sighting())
        if observation.outcome == "undecidable":
            sighting.undecidable += 1
            sighting.reason = sighting.reason or observation.message
            return
        trace = evidence.trace
        moment = max((trace.events[n].latest for n in observation.events), default=0.0)
        sighting.saw(moment, member, is_sure=not observation.provisional)
        if sighting.lacks(observation.message):
            finding = replace(
                finding_of(observation, trace), before=tuple(leading_to(observation, trace))
            )
            sighting.keep(finding)

    def measure(self, evidence: Evidence, is_new: Callable[[Event], bool]) -> None:
        """Count how long things took in a trace that were not counted before."""
        for connection, exchange in evidence.exchanges:
            if not exchange.replies or exchange.owed not in ("pong", "echo"):
                continue
            reply = exchange.replies[0].event
            if is_new(reply) and connection.was_read(exchange.stimulus.earliest, reply.latest):
                self.counts["replies"] += 1
                self.measures["reply"].add(reply.latest - exchange.stimulus.latest)
        for silence in silences_of(evidence):
            if silence.departure is not None and is_new(silence.end):
                due = silence.since.latest + evidence.timing.heartbeat_timeout
                self.counts["closes"] += 1
                self.measures["close"].add(max(0.0, silence.end.latest - due))
        for connection in evidence.connections:
            opening, opened = connection.events[0], connection.opened
            if opened is not None and opening.kind == "opening" and is_new(opening):
                self.measures["handshake"].add(opened.latest - opening.earliest)

    @property
    def suspicions(self) -> int:
        """How often anything was broken so far, or may have been."""
        return sum(
            sighting.sure + sighting.suspected
            for seen in self.by_requirement.values()
            for sighting in seen.sightings.values()
        )

    def to_json(self) -> dict[str, Any]:
        """The census for whoever adds those of all workers up."""
        return {
            "requirements": {
                name: {
                    "satisfied": seen.satisfied,
                    "members": seen.count_of_members,
                    "sightings": [
                        [list(among), each.to_json()] for among, each in seen.sightings.items()
                    ],
                }
                for name, seen in self.by_requirement.items()
            },
            "measures": {name: each.to_json() for name, each in self.measures.items()},
            "counts": dict(self.counts),
            "refusals": dict(self.refusals),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Census:
        return cls(
            {
                name: Seen(
                    seen["satisfied"],
                    told_members=seen["members"],
                    sightings={
                        tuple(among): Sighting.from_json(each) for among, each in seen["sightings"]
                    },
                )
                for name, seen in told["requirements"].items()
            },
            {name: Histogram.from_json(each) for name, each in told["measures"].items()},
            Counter(told["counts"]),
            Counter(told["refusals"]),
        )

    @classmethod
    def of(cls, several: Collection[Census]) -> Census:
        """Those of all workers as one."""
        whole = cls(measures={name: _added_up(name, several) for name in MEASURES})
        for each in several:
            whole.counts.update(each.counts)
            whole.refusals.update(each.refusals)
        for name in dict.fromkeys(name for each in several for name in each.by_requirement):
            parts = [each.by_requirement[name] for each in several if name in each.by_requirement]
            whole.by_requirement[name] = _together(parts)
        return whole


def _added_up(name: str, several: Iterable[Census]) -> Histogram:
    return Histogram.of(each.measures[name] for each in several)


def _together(parts: list[Seen]) -> Seen:
    among = dict.fromkeys(key for part in parts for key in part.sightings)
    return Seen(
        sum(part.satisfied for part in parts),
        told_members=sum(part.count_of_members for part in parts),
        sightings={
            key: Sighting.of(part.sightings[key] for part in parts if key in part.sightings)
            for key in among
        },
    )

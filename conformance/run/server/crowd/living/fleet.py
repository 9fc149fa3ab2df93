"""A fleet: a few connections of a crowd that are recorded in one trace, and judged together.

Together, because a rule compares: a connection that was closed too late is told from one that did
something special by a plain one beside it. A few, because judging takes time, in which a worker
watches no clock. What was judged is forgotten, but for what later stretches build upon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from conformance.evidence.server.evidence import Evidence
from conformance.evidence.server.silence import silences_of
from conformance.rules import judged
from conformance.rules.observation import Observation
from conformance.rules.rule import Rule
from conformance.run.server.crowd.living.surroundings import FAR, Surroundings
from conformance.scenarios.server.crowd import COMES_OF_LATENESS
from conformance.trace.event import WHOLE_TRACE, Event
from conformance.trace.trace import Trace
from conformance.verdict.crowd.census import Census
from conformance.verdict.crowd.stretch import carried
from conformance.wire.recorder import Recorder

SIZE = 16
"""How many places of the crowd make a fleet."""


STILL_FELT = 10.0
"""For how many seconds a wait for a processor may still be felt, because work has piled up."""


BEARABLE_WAIT = 0.15
"""For which part of that time a server may wait, and what it fails to do is its own doing."""


UNBEARABLE_WAIT = 0.4
"""Beyond this part it can do nothing in time, and no delay says anything."""


Mark: TypeAlias = int
"""What one event is known by, however it is numbered."""


@dataclass(slots=True)
class Fleet:
    """Some places of a crowd, with what was recorded of their connections and is not forgotten."""

    recorder: Recorder
    place_of: dict[int, int] = field(default_factory=dict)
    """The place in the crowd of each connection that is remembered, by its number."""
    counted: set[Mark] = field(default_factory=set)
    """The observations that were counted and rest on events that are remembered."""
    remembered: set[Mark] = field(default_factory=set)
    """The events of stretches that were judged."""
    judged_to: float = 0.0

    def judge(
        self,
        rules: Sequence[Rule],
        beside: Surroundings,
        census: Census,
        now: float,
        *,
        is_last: bool = False,
    ) -> None:
        """Judge what was recorded up to a moment (seconds since the beginning), and forget it.

        What may be a violation is put off, unless it `is_last`, for as long as all of it is
        remembered: a reply that has not come may come late.
        """
        if not self.recorder.events:
            return
        told = (each.earliest for each in self.recorder.events if each.kind in ("sent", "received"))
        since = min(told, default=self.judged_to)
        evidence = Evidence(self._trace_with(list(beside.between(since, now))))
        trace = evidence.trace
        kept = carried(evidence, now)
        still_counted: set[Mark] = set()
        for requirement, observation in judged(evidence, rules):
            shown = [trace.events[n] for n in observation.events]
            own = [event for event in shown if _is_own(event)]
            if shown and not own:
                continue
            is_kept = all(event.n in kept for event in own)
            if is_kept and not is_last and _may_change(observation):
                continue
            mark = hash((requirement, observation.outcome, *map(mark_of, own)))
            if is_kept:
                still_counted.add(mark)
            if mark in self.counted:
                continue
            place = self.place_of.get(own[-1].connection, 0) if own else 0
            if observation.provisional or requirement in COMES_OF_LATENESS:
                observation = _unless_it_was_starved(observation, own, beside)  # noqa: PLW2901
            census.add(requirement, observation, evidence, place)
        census.measure(evidence, self._is_new)
        census.counts["stretches"] += 1
        self.counted = still_counted
        self._forget([event for event in trace.events if event.n in kept and _is_own(event)])
        self.judged_to = now
        silences_of.cache_clear()  # It holds the evidence, which nobody needs any more.

    def _trace_with(self, others: list[Event]) -> Trace:
        """The trace of what is remembered, and of what was beside it in the order of time."""
        whole = self.recorder.trace("interrupted")
        if not others:
            return whole
        return replace(whole, events=tuple(_numbered(_merged(whole.events, others))))

    def _is_new(self, event: Event) -> bool:
        return _is_own(event) and mark_of(event) not in self.remembered

    def _forget(self, kept: list[Event]) -> None:
        self.recorder.events = _numbered(kept)
        self.remembered = {mark_of(event) for event in kept}
        numbers = {event.connection for event in kept}
        latest = self.recorder.connections
        self.place_of = {
            number: place
            for number, place in self.place_of.items()
            if number in numbers or number > latest - SIZE
        }


def mark_of(event: Event) -> Mark:
    """What an event is known by when it gets another position."""
    return hash((event.connection, event.latest, event.kind, event.opcode, event.earliest))


def _may_change(told: Observation) -> bool:
    return told.outcome == "violated" and told.provisional


def _unless_it_was_starved(
    told: Observation, own: Sequence[Event], beside: Surroundings
) -> Observation:
    """What may be this machine's doing is no violation where it kept the server from running.

    What was due meanwhile waits in the server's queues, and what comes later behind that: a delay
    is its own only where it is longer than all that it had to wait for a processor lately.
    """
    if told.outcome != "violated" or not own:
        return told
    moment = own[-1].latest
    part = beside.waited_before(moment, STILL_FELT) / min(STILL_FELT, max(moment, 1.0))
    window = told.window
    if window is not None and window.latest is not None:
        excess = window.observed[0] - window.latest
        if excess <= 0:
            return told  # It came too early, for which no wait is a reason.
        if part <= UNBEARABLE_WAIT and excess > beside.waited_before(
            moment, STILL_FELT + window.observed[1]
        ):
            return told
    elif part <= BEARABLE_WAIT:
        return told
    why = (
        f"{told.message} But the server had waited for a processor of this machine for "
        f"{part:.0%} of the last {STILL_FELT:.0f} s."
    )
    return replace(told, outcome="undecidable", message=why)


def _is_own(event: Event) -> bool:
    return WHOLE_TRACE < event.connection < FAR


def _merged(own: Sequence[Event], others: list[Event]) -> list[Event]:
    """Events in the order in which they were recorded, with others between them by their time."""
    others.sort(key=lambda event: event.latest)
    merged: list[Event] = []
    at = 0
    for event in own:
        while at < len(others) and others[at].latest <= event.latest:
            merged.append(others[at])
            at += 1
        merged.append(event)
    return merged + others[at:]


def _numbered(events: list[Event]) -> list[Event]:
    return [
        event
        if event.n == n
        else Event(
            n, event.connection, event.earliest, event.latest, event.kind, event.opcode,
            event.content,
        )
        for n, event in enumerate(events)
    ]  # fmt: skip

"""The tallies of a run: every trace is judged here, and what the rules say of it is added up."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from dataclasses import InitVar, dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import spec
from conformance.evidence.client.evidence import ClientEvidence
from conformance.rules import judge
from conformance.rules.rule import Rule
from conformance.scenarios import is_meant_for, what_is_done_in
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.reproduce import command_to_replay, command_to_see
from conformance.targets.server import Target
from conformance.trace.note import MORE_THAN_IS_READ
from conformance.trace.trace import Trace
from conformance.verdict.doubts.answers import Answers
from conformance.verdict.doubts.broken_off import BrokenOff
from conformance.verdict.doubts.chance import Chances
from conformance.verdict.doubts.contention import Contested, Dispute, apart, others_in, settled_now
from conformance.verdict.doubts.refusals import Refusals
from conformance.verdict.notes import notes_on
from conformance.verdict.saved import SavedTraces
from conformance.verdict.selection import Selection
from conformance.verdict.tally import Tally, doubt_of
from conformance.verdict.verdict import Assessment, assess, informing

Why: TypeAlias = Callable[[str], str | None]
"""Says, for a requirement's ID, why nothing was seen of it, in a sentence; None if unknown."""


def no_reason(_: str) -> None:
    """Nothing is known of why nothing was seen of a requirement."""


@dataclass(slots=True)
class Tallies:
    """What was observed so far of each requirement that has a rule.

    All rules judge every trace. `folder` gets every trace, one file for each scenario.
    """

    rules: Sequence[Rule]
    folder: InitVar[Path | None]
    target: Target | ClientTarget | None
    options: Options
    by_requirement: dict[str, Tally] = field(default_factory=dict)
    lateness: float = 0.0
    saved: SavedTraces = field(init=False)
    disputes: list[Dispute] = field(default_factory=list)
    contested: list[Contested] = field(default_factory=list)
    by_chance: Chances = field(default_factory=Chances)
    claimed: set[str] = field(default_factory=set)
    """The IDs of the requirements that the last trace violates unless something explains it."""
    unread: set[str] = field(default_factory=set)
    """The scenarios in which the target sent more than wsbeat reads."""
    broken_off: BrokenOff = field(default_factory=BrokenOff)
    """What broke off with other connections."""
    answers: Answers = field(default_factory=Answers)
    refusals: Refusals = field(default_factory=Refusals)
    """The handshakes that got no connection."""

    def __post_init__(self, folder: Path | None) -> None:
        self.saved = SavedTraces(folder)
        known = [each for each in self.options.known_failing if each.holds]
        self.by_requirement = {
            name: Tally(entries=[each for each in known if each.requirement == name])
            for name in (rule.requirement for rule in self.rules)
        }

    def add(self, trace: Trace, evidence: ClientEvidence | None = None) -> set[str]:
        """Judge a trace, by its evidence; returns the IDs of the requirements that it violates.

        What a busy machine may have brought about counts only in a second measurement; until then
        it is a doubt.
        """
        final = trace.attempt > 1
        self.refusals.hear(trace.scenario, trace.events)
        self.lateness = max(self.lateness, trace.lateness)
        trace = self.saved.kept(trace)
        if any(event.content == MORE_THAN_IS_READ.format(trace.role) for event in trace.events):
            self.unread.add(trace.scenario)
        self.broken_off.hear(trace)
        self.answers.hear(trace)
        violated, self.claimed = set(), set()
        # What is measured first and alone waits for no other explanation.
        alone = {rule.requirement for rule in self.rules if rule.seen_alone}
        for name, observation in judge(trace, self.rules, evidence):
            if observation.outcome == "satisfied":
                self.by_requirement[name].satisfied += 1
                continue
            if others := observation.among & (self.violated - {name}):
                if observation.outcome == "violated":
                    self.by_requirement[name].excused = min(others)
                continue
            meant = is_meant_for(trace.scenario, name)
            doubt = doubt_of(observation, final=final)
            if observation.among and doubt is None and name not in alone:
                self.contested.append(Contested(name, observation, trace, meant))
                self.claimed.add(name)
                continue
            self.by_chance.hear(Contested(name, observation, trace, meant), doubt)
            self.by_requirement[name].count(observation, trace, final=final, is_meant=meant)
            if observation.among and doubt is not None:
                was_seen = observation.outcome == "violated"
                self.disputes.append(
                    Dispute(name, trace.scenario, doubt, observation.among, was_seen)
                )
            if observation.outcome == "violated" and (final or not observation.provisional):
                violated.add(name)
        self._settle_disputes()
        if trace.unasked_for:
            shown = [name for name in self.by_requirement if is_meant_for(trace.scenario, name)]
            self.doubt(trace.scenario, shown, "wsbeat itself had too few sockets or ports for it.")
        return violated

    def _settle_disputes(self) -> None:
        """Drop the doubts about what may have been broken where something else was, for certain."""
        broken = self.violated
        settled = [each for each in self.disputes if others_in(each, broken)]
        for dispute in settled:
            self.disputes.remove(dispute)
            tally = self.by_requirement[dispute.requirement]
            tally.drop_doubt(dispute.scenario, dispute.why)
            if dispute.was_seen:
                tally.excused = min(others_in(dispute, broken))

    def _settle_contested(self) -> None:
        """Count the violations for which nothing else can be why, now that all was seen.

        What was waited for in vain is late where something was seen to be, though but once.
        """
        pace = {rule.requirement for rule in self.rules if rule.tells_pace}
        late, self.contested = apart(self.contested, pace, self.by_requirement)
        for each in late:
            tally = self.by_requirement[each.requirement]
            if tally.seen_once:
                tally.count(each.observation, each.trace, final=True, is_meant=each.is_meant)
        is_open = (each for each in self.contested if not each.observation.by_chance)
        self._count_recurring({each.requirement for each in is_open})
        while self.contested:
            broken = self.violated
            settled = settled_now(self.contested, broken, self.by_requirement)
            told = set(map(id, settled))
            self.contested = [each for each in self.contested if id(each) not in told]
            for each in settled:
                tally = self.by_requirement[each.requirement]
                if others := others_in(each, broken):
                    tally.excused = min(others)
                else:
                    tally.count(each.observation, each.trace, final=True, is_meant=each.is_meant)
        self._count_recurring(frozenset())

    def _count_recurring(self, explained_by: Set[str]) -> None:
        """Count what was seen by chance, again and again, and so is none, unless explained."""
        while again := self.by_chance.recurring(self.violated | explained_by):
            for each in again:
                tally = self.by_requirement[each.requirement]
                tally.count(each.observation, each.trace, final=True, is_meant=each.is_meant)

    def notes(self) -> Iterator[str]:
        """What is to be known first of all that was seen."""
        return notes_on(self.broken_off.ended, self.unread, self.answers)

    @property
    def seen(self) -> set[str]:
        """The IDs of all requirements of which anything was observed so far."""
        return {
            name
            for name, tally in self.by_requirement.items()
            if tally.satisfied or tally.violated or tally.doubts
        }

    @property
    def violated(self) -> set[str]:
        """The IDs of all requirements that were violated so far."""
        return {name for name, tally in self.by_requirement.items() if tally.violated}

    @property
    def news(self) -> set[str]:
        """The IDs of all requirements that were violated so far in a way that is not known.

        Where it is still open which of several was, one of them certainly was.
        """
        contested = {each.requirement for each in self.contested}
        return {
            name
            for name, tally in self.by_requirement.items()
            if tally.is_news or (name in contested and not tally.entries)
        }

    def have_failed(self, wanted: Set[str]) -> bool:
        """Whether nothing more can be found out: whatever is known to fail has yet to be seen."""
        listed = {each.requirement for each in self.options.known_failing}
        return wanted <= self.violated and wanted.isdisjoint(listed)

    @property
    def doubted(self) -> set[str]:
        """The scenarios that left undecided what nothing else has shown to be violated."""
        undecided = (tally.doubts for tally in self.by_requirement.values() if not tally.violated)
        return {scenario for doubts in undecided for scenario in doubts}

    def next_doubted(
        self,
        selection: Selection,
        measured: Container[str],
        exercised: Mapping[str, Collection[str]],
    ) -> str | None:
        """The name of a scenario that is worth measuring again, `measured` ones left out.

        A requirement that is violated, or was left undecided a second time, needs no more. First
        comes what was seen once: seen again, it decides. Then what may explain doubts about others,
        then a scenario that is there for it, or for another in doubt, as `exercised` has it.
        """
        in_doubt = {name for name, each in self.by_requirement.items() if each.is_in_doubt}
        explaining = {name for each in self.disputes for name in each.among - {each.requirement}}
        explaining |= {name for each in self.contested for name in each.observation.among}
        worthwhile = (
            (
                scenario not in self.by_requirement[requirement.id].seen_once,
                requirement.id not in explaining,
                requirement.id not in exercised.get(scenario, ()),
                in_doubt.isdisjoint(exercised.get(scenario, ())),
                place,
                scenario,
            )
            for place, requirement in enumerate(selection.examined)
            for scenario in self.undecided(requirement.id, measured)
        )
        return min(worthwhile, default=(False, False, False, False, 0, None))[-1]

    def undecided(self, requirement: str, measured: Container[str]) -> Collection[str]:
        """The scenarios that left a requirement undecided, if measuring again may decide it."""
        tally = self.by_requirement[requirement]
        if tally.violated or any(scenario in measured for scenario in tally.doubts):
            return ()
        return tally.doubts

    def doubt(self, scenario: str, requirements: Iterable[str], why: str) -> None:
        """Leave requirements undecided, because a scenario could not show what it is there for."""
        for requirement in requirements:
            if requirement in self.by_requirement:
                self.by_requirement[requirement].doubts.setdefault(scenario, []).append(why)

    def forget_doubts(self, scenario: str) -> None:
        """Forget what a scenario left undecided: it is measured again."""
        for tally in self.by_requirement.values():
            tally.forget_doubts(scenario)
        self.disputes = [each for each in self.disputes if each.scenario != scenario]

    def assessments(
        self, selection: Selection, unexercised: Why = no_reason
    ) -> tuple[Assessment, ...]:
        """The verdict on every requirement; `unexercised` says why, where nothing was seen."""
        self._settle_contested()
        self._settle_disputes()
        if (doubt := self.broken_off.doubt) and not self.violated:
            self.doubt(self.broken_off.scenario, ["S-INDEPENDENT"], doubt)
        return tuple(
            self._assessment(requirement, selection, unexercised)
            for requirement in selection.requirements
        )

    def _assessment(
        self, requirement: spec.Requirement, selection: Selection, unexercised: Why
    ) -> Assessment:
        if requirement.id in selection.set_aside:
            verdict, because = selection.set_aside[requirement.id]
            return Assessment(requirement, verdict, because)
        assessment = assess(
            requirement,
            self.by_requirement[requirement.id],
            strict=self.options.strict,
            unexercised=unexercised(requirement.id),
        )
        if not self.options.are_bound_by(requirement):
            assessment = informing(assessment)
        findings = (
            replace(
                each,
                reproduce=command_to_see(requirement.id, self.target, self.options, each.trace),
                replay=command_to_replay(requirement.id, self.target, self.options, each.trace),
                does=what_is_done_in(each.scenario),
            )
            for each in assessment.findings
        )
        return replace(assessment, findings=tuple(findings))

"""From what a crowd showed to a verdict on each requirement.

A crowd has a million occasions, and some of them decide nothing, because wsbeat was late just then.
Up to one in a hundred they are held to be occasions that were not there; beyond that nothing is
said of the requirement. What may be a violation, and was seen at one moment only, leaves it open
always.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

import spec
from conformance.scenarios import what_is_done_in
from conformance.scenarios.server.crowd import COMES_OF_LATENESS, LATENESS
from conformance.targets.options import Options
from conformance.targets.reproduce import command_to_see
from conformance.targets.server import Target
from conformance.verdict.crowd.census import Census, Seen
from conformance.verdict.crowd.sighting import Sighting
from conformance.verdict.doubts.contention import others_in, settled_next
from conformance.verdict.finding import Finding
from conformance.verdict.selection import Selection
from conformance.verdict.verdict import Assessment, Verdict, informing, may_come_of

BEARABLE = 0.01
"""Which part of all occasions may decide nothing."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sighting of a requirement that was broken, or of one `among` others."""

    requirement: str
    among: frozenset[str]
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class CrowdJudgement:
    """What a census comes to; suspicions count where they lie `apart` seconds or more."""

    census: Census
    selection: Selection
    options: Options
    target: Target
    size: int
    apart: float

    @property
    def broken(self) -> dict[str, list[Sighting]]:
        """The sightings of the requirements that are certainly broken, by their IDs.

        What may be one of several is none where another of them is broken anyhow, and what may
        come of late replies is none where replies are late.
        """
        found: dict[str, list[Sighting]] = {}
        claims = [
            Claimed(name, frozenset(among), sighting)
            for name, seen in self.census.by_requirement.items()
            for among, sighting in seen.sightings.items()
            if sighting.violations(self.apart)
        ]
        while claims:
            settled, certain = settled_next(claims, found.keys()), frozenset(found)
            told = set(map(id, settled))
            claims = [each for each in claims if id(each) not in told]
            for each in settled:
                if not others_in(each, certain):
                    found.setdefault(each.requirement, []).append(each.sighting)
        if LATENESS in found:
            return {name: found[name] for name in found if name not in COMES_OF_LATENESS}
        return found

    def assessments(self, unexercised: str) -> tuple[Assessment, ...]:
        """The verdict on every requirement; `unexercised` says why nothing was seen of one."""
        broken = self.broken
        return tuple(
            self._assessment(requirement, broken, unexercised)
            for requirement in self.selection.requirements
        )

    def _assessment(
        self, requirement: spec.Requirement, broken: dict[str, list[Sighting]], unexercised: str
    ) -> Assessment:
        name = requirement.id
        aside = self.selection.set_aside.get(name)
        if aside is not None and (aside[0] == "excluded" or name not in broken):
            return Assessment(requirement, *aside)
        seen = self.census.by_requirement.get(name, Seen())
        open_ones = [
            sighting
            for among, sighting in seen.sightings.items()
            if not any(other in broken for other in among)
        ]
        violated = sum(sighting.violations(self.apart) for sighting in broken.get(name, ()))
        doubts = sum(sighting.doubts(self.apart) for sighting in open_ones)
        verdict, because = self._verdict(requirement, seen, open_ones, broken, doubts)
        found = Assessment(
            requirement,
            verdict,
            because or (unexercised if verdict == "not_exercised" else None),
            seen.satisfied,
            violated,
            doubts,
            tuple(self._findings(name, broken.get(name, []))),
        )
        return found if self.options.are_bound_by(requirement) else informing(found)

    def _verdict(
        self,
        requirement: spec.Requirement,
        seen: Seen,
        open_ones: list[Sighting],
        broken: Container[str],
        doubts: int,
    ) -> tuple[Verdict, str | None]:
        if requirement.id in broken:
            is_bad = self.options.strict or requirement.level == "MUST"
            return ("failed" if is_bad else "warned"), None
        once = [each for each in open_ones if each.was_seen_once(self.apart)]
        if once:
            finding = min(once, key=lambda each: each.first).findings[0]
            return "inconclusive", (
                f"{finding.message} {finding.actual[:1].upper()}{finding.actual[1:]}; seen for "
                "less than an interval, for which a busy machine may be the reason."
            )
        late = LATENESS in broken and requirement.id in COMES_OF_LATENESS
        if late and any(each.violations(self.apart) for each in open_ones):
            return "inconclusive", (
                f"Replies come late ({LATENESS}), and what is amiss here may come of that."
            )
        reason = next((each.reason for each in open_ones if each.reason), "")
        if doubts > BEARABLE * (seen.satisfied + doubts):
            return "inconclusive", reason
        excused = {
            other
            for among, sighting in seen.sightings.items()
            if sighting.violations(self.apart)
            for other in among
            if other in broken
        }
        if excused:
            return "inconclusive", may_come_of(min(excused))
        if not seen.satisfied:
            return "not_exercised", None
        if doubts:
            return "passed", f"{doubts} occasions decide nothing. The first: {reason}"
        return "passed", None

    def _findings(self, name: str, sightings: list[Sighting]) -> list[Finding]:
        findings = [finding for sighting in sightings for finding in sighting.findings]
        crowd = self.options.crowd
        once = None if crowd is None else replace(crowd, sizes=(self.size,))
        command = command_to_see(name, self.target, replace(self.options, crowd=once), None)
        return [
            replace(each, reproduce=command, does=what_is_done_in(each.scenario))
            for each in findings
        ]

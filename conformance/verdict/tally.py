"""A tally: what was observed of one requirement so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conformance.rules.observation import Observation
from conformance.targets.options import KnownFailure
from conformance.trace.trace import Trace
from conformance.verdict.finding import Finding, finding_of, leading_to, size_of

FINDINGS_KEPT = 3


def doubt_of(observation: Observation, *, final: bool) -> str | None:
    """What an observation leaves undecided, in a sentence; None where it decides.

    It is `final` if it will not be measured again.
    """
    if observation.provisional and not final:
        return f"{observation.message} {observation.actual}, once."
    return observation.message if observation.outcome == "undecidable" else None


@dataclass(slots=True)
class Tally:
    """What was observed of one requirement so far."""

    satisfied: int = 0
    violated: int = 0
    doubts: dict[str, list[str]] = field(default_factory=dict)
    """Why occasions in a scenario's latest measurement decided nothing, by the scenario's name."""
    seen_once: set[str] = field(default_factory=set)
    """The scenarios whose latest measurement showed what is a violation if it shows it again."""
    excused: str = ""
    """What else is broken for certain, and may be why this was seen not to be kept; an ID."""
    findings: list[Finding] = field(default_factory=list)
    """The violations that are not known."""
    entries: Sequence[KnownFailure] = ()
    """Which violations are known, as far as that still holds."""
    matched: set[KnownFailure] = field(default_factory=set)
    known_findings: list[Finding] = field(default_factory=list)
    known: int = 0
    """How many of the violations are known."""

    def count(
        self, observation: Observation, trace: Trace, *, final: bool, is_meant: bool = False
    ) -> None:
        """Add one observation of a trace; `final` if it will not be measured again.

        `is_meant` says whether the trace is of a scenario that is there to show it.
        """
        doubt = doubt_of(observation, final=final)
        if doubt is not None:
            self.doubts.setdefault(trace.scenario, []).append(doubt)
            if observation.provisional:
                self.seen_once.add(trace.scenario)
        elif observation.outcome == "satisfied":
            self.satisfied += 1
        else:
            self.violated += 1
            finding = replace(finding_of(observation, trace), is_meant=is_meant)
            covering = [
                each for each in self.entries if each.covers(trace.scenario, finding.message)
            ]
            self.known += bool(covering)
            self.matched.update(covering)
            kept = self.known_findings if covering else self.findings
            _keep(finding, kept)
            for position, each in enumerate(kept):
                if each is finding:
                    kept[position] = replace(each, before=tuple(leading_to(observation, trace)))

    @property
    def is_in_doubt(self) -> bool:
        """Whether something was left undecided that nothing has decided since."""
        return bool(self.doubts) and not self.violated

    @property
    def is_news(self) -> bool:
        """Whether it was violated in a way that is not known."""
        return self.violated > self.known

    @property
    def undecidable(self) -> int:
        """On how many occasions it could not be said."""
        return sum(map(len, self.doubts.values()))

    def drop_doubt(self, scenario: str, why: str) -> None:
        """Take back one doubt that an occasion in a scenario left."""
        doubts = self.doubts[scenario]
        doubts.remove(why)
        if not doubts:
            del self.doubts[scenario]

    def forget_doubts(self, scenario: str) -> None:
        """Forget what a scenario left undecided: it is measured again."""
        self.doubts.pop(scenario, None)
        self.seen_once.discard(scenario)


def _keep(finding: Finding, findings: list[Finding]) -> None:
    """Keep the shortest findings, one for each scenario and kind of fault."""
    for position, kept in enumerate(findings):
        if (kept.scenario, kept.message) == (finding.scenario, finding.message):
            if size_of(finding) <= size_of(kept):
                findings[position] = finding
            break
    else:
        findings.append(finding)
    # Where they are equally short, those of scenarios that are there for it, then by the name: the
    # same is shown however the traces came in.
    findings.sort(key=lambda each: (*size_of(each), not each.is_meant, each.scenario))
    del findings[FINDINGS_KEPT:]

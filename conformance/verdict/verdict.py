"""From observations to a verdict for each requirement, and from those to the outcome of a run.

A violation fails a requirement. No observation at all means *not exercised*, which is never a
pass. What stays undecidable after a second measurement is *inconclusive*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeAlias

import spec
from conformance.client_target import ClientTarget
from conformance.rules.observation import Observation, Window
from conformance.target import Options, Target
from conformance.trace.trace import Event, Role, Trace

Verdict: TypeAlias = Literal[
    "passed",
    "failed",
    "warned",
    "inconclusive",
    "not_exercised",
    "not_applicable",
    "excluded",
    "known_failing",
]


Outcome: TypeAlias = Literal["conformant", "violated", "incomplete"]


FINDINGS_KEPT = 3


class ExitCode(IntEnum):
    """What the process says to its caller (a stable contract)."""

    CONFORMANT = 0
    VIOLATED = 1
    USAGE = 2
    INCOMPLETE = 3
    FAULT = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, with the shortest exchange that shows it.

    `trace` is the file with the whole story, where traces were kept; `reproduce` is a command.
    """

    scenario: str
    message: str
    expected: str
    actual: str
    events: tuple[Event, ...]
    window: Window | None = None
    trace: str | None = None
    reproduce: str = ""
    printed: str = ""
    """The last lines that the client printed meanwhile, as far as they are known."""


@dataclass(slots=True)
class Tally:
    """What was observed of one requirement so far."""

    satisfied: int = 0
    violated: int = 0
    doubts: dict[str, list[str]] = field(default_factory=dict)
    """Why occasions in a scenario's latest measurement decided nothing, by the scenario's name."""
    findings: list[Finding] = field(default_factory=list)

    def count(self, observation: Observation, trace: Trace, *, final: bool) -> None:
        """Add one observation of a trace; `final` if it will not be measured again."""
        if observation.provisional and not final:
            self._doubt(trace, f"{observation.message} {observation.actual}, once.")
            return
        match observation.outcome:
            case "satisfied":
                self.satisfied += 1
            case "undecidable":
                self._doubt(trace, observation.message)
            case "violated":
                self.violated += 1
                self._keep(_finding(observation, trace))

    @property
    def undecidable(self) -> int:
        """On how many occasions it could not be said."""
        return sum(map(len, self.doubts.values()))

    def _doubt(self, trace: Trace, why: str) -> None:
        self.doubts.setdefault(trace.scenario, []).append(why)

    def _keep(self, finding: Finding) -> None:
        """Keep the shortest findings, one for each scenario and kind of fault."""
        for position, kept in enumerate(self.findings):
            if (kept.scenario, kept.message) == (finding.scenario, finding.message):
                if _size(finding) <= _size(kept):
                    self.findings[position] = finding
                break
        else:
            self.findings.append(finding)
        # By the name where they are equally short: the same is shown however the traces came in.
        self.findings.sort(key=lambda each: (*_size(each), each.scenario))
        del self.findings[FINDINGS_KEPT:]


def _size(finding: Finding) -> tuple[int, int]:
    texts = (event.content for event in finding.events if isinstance(event.content, str))
    return len(finding.events), sum(map(len, texts))


def _finding(observation: Observation, trace: Trace) -> Finding:
    return Finding(
        scenario=trace.scenario,
        message=observation.message,
        expected=observation.expected,
        actual=observation.actual,
        events=tuple(trace.events[n] for n in observation.events),
        window=observation.window,
        trace=trace.source,
        printed=trace.printed,
    )


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on one requirement, with what it rests on.

    `because` says why there is no plain pass or failure, in a sentence.
    """

    requirement: spec.Requirement
    verdict: Verdict
    because: str | None = None
    satisfied: int = 0
    violated: int = 0
    undecidable: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Everything a run found out: what all reports are readers of.

    `duration` and `harness_lateness` are seconds; `started` is ISO 8601 in UTC.
    """

    target: Target | ClientTarget
    options: Options
    role: Role
    started: str
    duration: float
    harness_lateness: float
    interrupted: bool
    assessments: tuple[Assessment, ...]
    notes: tuple[str, ...] = ()
    """What else the reader has to know: what was cut short, for instance."""

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many requirements got each verdict, those that got none left out."""
        found: dict[Verdict, int] = {}
        for assessment in self.assessments:
            found[assessment.verdict] = found.get(assessment.verdict, 0) + 1
        return found

    @property
    def outcome(self) -> Outcome:
        counts = self.counts
        if counts.get("failed"):
            return "violated"
        unexercised = any(
            assessment.verdict == "not_exercised" and assessment.requirement.level == "MUST"
            for assessment in self.assessments
        )
        if self.interrupted or counts.get("inconclusive") or unexercised:
            return "incomplete"
        return "conformant" if counts.get("passed") else "incomplete"

    @property
    def exit_code(self) -> ExitCode:
        return {
            "conformant": ExitCode.CONFORMANT,
            "violated": ExitCode.VIOLATED,
            "incomplete": ExitCode.INCOMPLETE,
        }[self.outcome]


def assess(
    requirement: spec.Requirement,
    tally: Tally,
    *,
    strict: bool,
    unexercised: str | None = None,
) -> Assessment:
    """The verdict on an applicable, selected requirement; `unexercised` is why, if it was not."""
    verdict: Verdict
    because = None
    if tally.violated:
        verdict = "failed" if strict or requirement.level == "MUST" else "warned"
    elif tally.doubts:
        verdict = "inconclusive"
        scenario, doubts = next(iter(tally.doubts.items()))
        because = f"{scenario}: {doubts[0]}"
    elif tally.satisfied:
        verdict = "passed"
    else:
        verdict = "not_exercised"
        because = unexercised or "Nothing that happened gave occasion to see it."
    return Assessment(
        requirement,
        verdict,
        because,
        tally.satisfied,
        tally.violated,
        tally.undecidable,
        tuple(tally.findings),
    )

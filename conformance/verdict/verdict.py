"""From observations to a verdict for each requirement, and from those to the outcome of a run.

A violation fails a requirement. No observation at all means *not exercised*, which is never a
pass. What stays undecidable after a second measurement is *inconclusive*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import spec
from conformance.targets.options import KnownFailure
from conformance.verdict.finding import Finding
from conformance.verdict.tally import Tally

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


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on one requirement, with what it rests on.

    `because` says why there is no plain pass or failure, in a sentence. `known` are the entries of
    the list of known failures that match a violation.
    """

    requirement: spec.Requirement
    verdict: Verdict
    because: str | None = None
    satisfied: int = 0
    violated: int = 0
    undecidable: int = 0
    findings: tuple[Finding, ...] = ()
    known: tuple[KnownFailure, ...] = ()


def _reasons(known: Sequence[KnownFailure]) -> str:
    return "; ".join(f"{each.reason} (until {each.expires.isoformat()})" for each in known)


def may_come_of(other: str) -> str:
    """Why a requirement is open that was seen not to be kept, in a sentence."""
    return f"It was seen not to be kept, and {other} may be why, which is violated."


def assess(
    requirement: spec.Requirement,
    tally: Tally,
    *,
    strict: bool,
    unexercised: str | None = None,
) -> Assessment:
    """The verdict on an applicable, selected requirement; `unexercised` is why, if it was not.

    What is listed as known to fail may remain unseen: other faults may stand in the way.
    """
    verdict: Verdict
    because = None
    findings = tally.findings
    known = tuple(each for each in tally.entries if each in tally.matched)
    if tally.violated and not tally.is_news:
        verdict, findings = "known_failing", tally.known_findings
        because = _reasons(known)
    elif tally.violated:
        verdict = "failed" if strict or requirement.level == "MUST" else "warned"
        if tally.known:
            because = (
                f"The list of known failures covers {tally.known} of {tally.violated} violations."
            )
    elif tally.doubts:
        verdict = "inconclusive"
        scenario, doubts = next(iter(tally.doubts.items()))
        because = f"{scenario}: {doubts[0]}"
    elif tally.excused:
        verdict = "inconclusive"
        because = may_come_of(tally.excused)
    elif tally.satisfied:
        verdict = "passed"
    else:
        verdict = "not_exercised"
        because = unexercised or "Nothing that happened gave occasion to see it."
        known = tuple(each for each in tally.entries if each.is_whole)
        if known:
            verdict, because = "known_failing", f"{_reasons(known)}: {because}"
    return Assessment(
        requirement,
        verdict,
        because,
        tally.satisfied,
        tally.violated,
        tally.undecidable,
        tuple(findings),
        known,
    )


def informing(assessment: Assessment) -> Assessment:
    """The same on a requirement that is newer than what counts: it tells, and fails nothing."""
    since = f"New in protocol {assessment.requirement.since}, which does not count in this run."
    if assessment.violated:
        return replace(assessment, verdict="warned", because=since)
    if assessment.verdict == "passed":
        return assessment
    because = f"{since} {assessment.because}" if assessment.because else since
    return replace(assessment, verdict="not_applicable", because=because)

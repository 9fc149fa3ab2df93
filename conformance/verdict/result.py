"""The result of a run: every verdict, and the exit code that they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias

from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Role
from conformance.verdict.crowd.figures import CrowdFigures
from conformance.verdict.known_failing import Untrue, untrue_entries
from conformance.verdict.verdict import Assessment, Verdict

Outcome: TypeAlias = Literal["conformant", "violated", "incomplete"]


class ExitCode(IntEnum):
    """What the process says to its caller (a stable contract)."""

    CONFORMANT = 0
    VIOLATED = 1
    USAGE = 2
    INCOMPLETE = 3
    FAULT = 4


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
    is_out_of_time: bool = False
    """Whether it was interrupted by its own time limit, and not by a signal."""
    target_ended: bool = False
    """Whether the target ended by itself, so that nobody would be served now."""
    unsaved: str = ""
    """Why traces could not be kept that were to be, in a sentence."""
    notes: tuple[str, ...] = ()
    """What else the reader has to know: what was cut short, for instance."""

    crowd: CrowdFigures | None = None
    """What a crowd showed in numbers, where there was one."""

    def __post_init__(self) -> None:
        if self.unsaved and self.unsaved not in self.notes:
            object.__setattr__(self, "notes", (*self.notes, self.unsaved))

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many requirements got each verdict, those that got none left out."""
        found: dict[Verdict, int] = {}
        for assessment in self.assessments:
            found[assessment.verdict] = found.get(assessment.verdict, 0) + 1
        return found

    @property
    def is_whole(self) -> bool:
        """Whether it came to its end: not interrupted, and not ended by the first failure."""
        failed_fast = self.options.fail_fast and any(
            each.verdict == "failed" for each in self.assessments
        )
        return not self.interrupted and not failed_fast

    @property
    def untrue(self) -> tuple[Untrue, ...]:
        """The entries of the list of known failures that are not true."""
        known = self.options.known_failing
        found = untrue_entries(known, self.assessments, self.role, is_whole=self.is_whole)
        return tuple(found)

    @property
    def outcome(self) -> Outcome:
        """What the verdicts come to; an entry of known failures that is not true is a failure."""
        counts = self.counts
        if counts.get("failed") or self.untrue:
            return "violated"
        unexercised = any(
            assessment.verdict == "not_exercised" and assessment.requirement.level == "MUST"
            for assessment in self.assessments
        )
        if self.crowd is not None and self.crowd.lost:
            return "incomplete"
        if self.interrupted or self.target_ended or counts.get("inconclusive") or unexercised:
            return "incomplete"
        return "conformant" if counts.get("passed") else "incomplete"

    @property
    def exit_code(self) -> ExitCode:
        """What follows for the caller: a run that a signal ended is incomplete, whatever it saw."""
        if self.interrupted and not self.is_out_of_time:
            return ExitCode.INCOMPLETE
        if self.unsaved and self.outcome == "conformant":
            return ExitCode.INCOMPLETE
        return {
            "conformant": ExitCode.CONFORMANT,
            "violated": ExitCode.VIOLATED,
            "incomplete": ExitCode.INCOMPLETE,
        }[self.outcome]

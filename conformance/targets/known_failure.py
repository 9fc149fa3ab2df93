"""A known failure: what a user expects of a target to be violated, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry of a list of known failures.

    `scenario` and `message` are globs that bound which violations are known; None bounds nothing.
    `is_expired` says whether `expires`, the last day on which it holds, was over as the list was
    read.
    """

    requirement: str
    reason: str
    expires: date
    scenario: str | None = None
    message: str | None = None
    is_expired: bool = False

    @property
    def holds(self) -> bool:
        """Whether it makes anything known: an entry without a reason does not."""
        return bool(self.reason.strip()) and not self.is_expired

    def covers(self, scenario: str, message: str) -> bool:
        """Whether a violation of its requirement is one that it speaks of."""
        return fnmatchcase(scenario, self.scenario or "*") and fnmatchcase(
            message, self.message or "*"
        )

    @property
    def is_whole(self) -> bool:
        """Whether it speaks of the requirement as such, and of no scenario or message alone."""
        return self.scenario is None and self.message is None

    @property
    def name(self) -> str:
        """The entry as it is told from others: its requirement, and its patterns if it has any."""
        bounds = [
            f"{key} {value}"
            for key, value in (("scenario", self.scenario), ("message", self.message))
            if value is not None
        ]
        return f"{self.requirement} ({', '.join(bounds)})" if bounds else self.requirement

"""Options of a run: what a user decides about it, for servers and clients alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

import spec
from conformance.targets.crowd import Crowd
from conformance.trace.trace import Trace

DEFAULT_EXAMPLES = 100


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


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made: which requirements, how thoroughly, and what is kept.

    `select` and `exclude` are globs over requirement IDs. `examples` is the number of Hypothesis
    examples per exploring scenario. `traces` is a folder that gets every trace, or None;
    `config` is the file that target and options were read from, or None; `time_limit` is how many
    seconds the run may take, or None; `fail_fast` ends it as soon as a MUST is violated.
    `known_failing` is what the file `known_failing_file` lists, which is to be written anew after
    the run if `updates_known_failing`. `protocol` is the version whose requirements count; None
    stands for the newest. `replay` is what was seen once and is to be played again, and nothing
    else. `manual` is the address of the manual that reports link to, or None. `drawn` is a folder
    that keeps examples for the next run that asks for the same ones, or None.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False
    seed: int = 0
    examples: int = DEFAULT_EXAMPLES
    traces: str | None = None
    config: str | None = None
    time_limit: float | None = None
    protocol: str | None = None
    fail_fast: bool = False
    known_failing: tuple[KnownFailure, ...] = ()
    known_failing_file: str | None = None
    updates_known_failing: bool = False
    replay: Trace | None = None
    crowd: Crowd | None = None
    """What is asked for of a crowd, if one is to be let loose on a server."""
    manual: str | None = None
    drawn: str | None = field(default=None, compare=False)

    def are_bound_by(self, requirement: spec.Requirement) -> bool:
        """Whether it counts, or came later than what counts and only informs."""
        return self.protocol is None or spec.is_in(requirement.since, self.protocol)

"""Options of a run: what a user decides about it, for servers and clients alike."""

from __future__ import annotations

from dataclasses import dataclass

import spec
from conformance.targets.known_failure import KnownFailure

DEFAULT_EXAMPLES = 100


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made: which requirements, how thoroughly, and what is kept.

    `select` and `exclude` are globs over requirement IDs. `examples` is the number of Hypothesis
    examples per exploring scenario. `traces` is a folder that gets every trace, or None;
    `config` is the file that target and options were read from, or None; `time_limit` is how many
    seconds the run may take, or None; `fail_fast` ends it as soon as a MUST is violated.
    `known_failing` is what the file `known_failing_file` lists, which is to be written anew after
    the run if `updates_known_failing`. `protocol` is the version whose requirements count; None
    stands for the newest.
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

    def are_bound_by(self, requirement: spec.Requirement) -> bool:
        """Whether it counts, or came later than what counts and only informs."""
        return self.protocol is None or spec.is_in(requirement.since, self.protocol)

"""What became of the entries of a list of known failures: an entry that is not true is an error.

A listed requirement is examined like any other, and has to fail. So a fault that was mended leaves
the list, and one that came back is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.targets.options import KnownFailure
from conformance.trace.trace import Role
from conformance.verdict.verdict import Assessment


@dataclass(frozen=True, slots=True)
class Untrue:
    """An entry that is not true, and why, in a sentence."""

    entry: KnownFailure
    why: str


def untrue_entries(
    entries: Sequence[KnownFailure],
    assessments: Sequence[Assessment],
    role: Role,
    *,
    is_whole: bool,
) -> Iterator[Untrue]:
    """The entries that a run shows to be untrue; `is_whole` says whether it came to its end.

    Nothing is said of what the run was not about, or left undecided.
    """
    by_requirement = {each.requirement.id: each for each in assessments}
    for entry in entries:
        if why := _why_untrue(entry, by_requirement.get(entry.requirement), role, is_whole):
            yield Untrue(entry, why)


def _why_untrue(
    entry: KnownFailure, found: Assessment | None, role: Role, is_whole: bool
) -> str | None:
    if found is None:
        return f"{entry.name} is known to fail, but it does not concern a {role}: take it out."
    if found.verdict == "excluded":
        return None
    if not entry.reason.strip():
        return f"{entry.name} is known to fail without a reason: write one beside it."
    if entry.is_expired:
        return (
            f"{entry.name} was known to fail until {entry.expires.isoformat()}, and that is over: "
            "mend the fault, or set another day."
        )
    if found.verdict == "not_applicable":
        return f"{entry.name} is known to fail, but it does not apply here: take it out."
    undecided = found.undecidable or found.verdict in ("inconclusive", "not_exercised")
    if entry in found.known or undecided or not is_whole:
        return None
    if not found.violated:
        return f"{entry.name} is known to fail, and passed: take it out."
    return f"{entry.name} is known to fail, and matches no violation that was seen: take it out."

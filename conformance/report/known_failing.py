"""The list of known failures as a run found it: what `--update-known-failing` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from conformance.targets.options import KnownFailure
from conformance.targets.printable import printable
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment

HEAD = """\
# Requirements that are known to be violated. They are examined, and have to fail: an entry that
# passes, matches nothing, has no reason or is past its last day makes the exit code 1.
"""

LASTS = timedelta(days=90)
"""How long a new entry holds unless somebody sets another day."""


def updated(result: Result) -> tuple[KnownFailure, ...]:
    """The list that fits a run: what still fails is kept, what failed anew comes to it.

    What the run was not about, or left undecided, stays as it is. New entries have no reason yet:
    somebody has to give one.
    """
    by_requirement = {each.requirement.id: each for each in result.assessments}
    kept = [each for each in result.options.known_failing if _stays(each, by_requirement)]
    begun = datetime.fromisoformat(result.started).date()
    whole = {each.name for each in kept}
    new = [
        KnownFailure(each.requirement.id, "", begun + LASTS)
        for each in result.assessments
        if _wants_an_entry(each) and each.requirement.id not in whole
    ]
    places = list(by_requirement)
    return tuple(sorted((*kept, *new), key=lambda each: places.index(each.requirement)))


def render(result: Result) -> str:
    """The text of the file."""
    found = {each.requirement.id: each for each in result.assessments}
    parts = (_table(each, found[each.requirement]) for each in updated(result))
    return HEAD + "".join("\n" + "".join(f"{line}\n" for line in part) for part in parts)


def _wants_an_entry(found: Assessment) -> bool:
    is_hidden = found.verdict == "not_exercised" and found.requirement.level == "MUST"
    return found.verdict == "failed" or is_hidden


def _stays(entry: KnownFailure, by_requirement: dict[str, Assessment]) -> bool:
    found = by_requirement.get(entry.requirement)
    if found is None or found.verdict in ("passed", "not_applicable"):
        return False
    if not entry.holds or not found.violated:
        return True  # Its day and its reason are for people to set.
    return entry in found.known or bool(found.undecidable)


def _table(entry: KnownFailure, found: Assessment) -> Iterator[str]:
    yield "[[known_failing]]"
    if not found.findings and found.because and not found.known:
        yield f"# {_on_a_line(found.because)}"
    for finding in found.findings[:1]:
        yield f"# {_on_a_line(finding.message)} (in {_on_a_line(finding.scenario)})"
    yield f"requirement = {_quoted(entry.requirement)}"
    yield f"reason = {_quoted(entry.reason)}"
    yield f"expires = {entry.expires.isoformat()}"
    for key, value in (("scenario", entry.scenario), ("message", entry.message)):
        if value is not None:
            yield f"{key} = {_quoted(value)}"


def _on_a_line(text: str) -> str:
    return printable(text, 200)


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON's ASCII form is one, save for halves of surrogate pairs."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

"""The report as Markdown, for the summary page of a CI job."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.report import crowd
from conformance.report.failure.page import text
from conformance.report.manual import address
from conformance.report.wording import (
    VERDICTS,
    by_verdict,
    checked,
    circumstances,
    occasions,
    outcome,
    outcome_in_short,
)
from conformance.targets.printable import printable
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment

LONGEST_TABLE_CELL = 300
"""Characters of a reason that a table shows."""


def render(result: Result) -> str:
    """The report; what needs attention stands open, what passed is folded away."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    yield f"## wsbeat: {outcome_in_short(result)}"
    yield ""
    yield f"{_plain(checked(result.target))}  "
    yield f"{_plain(outcome(result))}  "
    yield _plain(circumstances(result))
    open_rows = [a for a in result.assessments if a.verdict not in ("passed", "excluded")]
    if open_rows:
        yield ""
        yield from _table(open_rows, result)
    if result.untrue:
        yield ""
        yield "### The list of known failures is not true"
        yield ""
        yield from (f"* {_plain(printable(each.why))}" for each in result.untrue)
    for assessment in (*by_verdict(result, "failed"), *by_verdict(result, "warned")):
        yield ""
        yield f"### {_linked(assessment, result)}: {VERDICTS[assessment.verdict]}"
        yield ""
        yield from _fenced(text(assessment, result.target, result.role))
    if result.crowd is not None:
        yield ""
        yield "### The crowd"
        yield ""
        yield "| | |"
        yield "|---|---|"
        yield from (f"| {name} | {_plain(words)} |" for name, words in crowd.rows(result.crowd))
    passed = list(by_verdict(result, "passed"))
    if passed:
        yield ""
        yield f"<details><summary>{len(passed)} passed</summary>"
        yield ""
        yield from _table(passed, result)
        yield ""
        yield "</details>"
    excluded = [assessment.requirement.id for assessment in by_verdict(result, "excluded")]
    if excluded:
        yield ""
        yield f"Excluded from this run: {', '.join(excluded)}."


def _table(assessments: list[Assessment], result: Result) -> Iterator[str]:
    yield "| verdict | requirement | occasions | |"
    yield "|---|---|---:|---|"
    for each in assessments:
        about = _plain(printable(each.because, LONGEST_TABLE_CELL)) if each.because else ""
        about = about or each.requirement.sentence.replace("|", "\\|")
        verdict = VERDICTS[each.verdict]
        marked = f"**{verdict}**" if each.verdict == "failed" else verdict
        yield f"| {marked} | {_linked(each, result)} | {occasions(each)} | {about} |"


def _linked(assessment: Assessment, result: Result) -> str:
    """The ID of a requirement, as a link if it is known where the manual is."""
    id = assessment.requirement.id
    link = address(result.options.manual, id)
    return id if link is None else f"[{id}]({link})"


def _fenced(block: str) -> Iterator[str]:
    """A code block whose fence is longer than any run of backticks in it."""
    longest = max(map(len, re.findall("`+", block)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield block.rstrip("\n")
    yield fence


def _plain(words: str) -> str:
    """Text in which no character means anything to Markdown or HTML.

    Letters, digits and what is harmless inside a word stay readable in the source.
    """
    return re.sub(r"([\\`*_\[\]<>#|~&@$])", r"\\\1", words).replace("://", ":\\/\\/")

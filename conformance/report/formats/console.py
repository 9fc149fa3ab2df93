"""The report on a terminal or in a log: one table, then a page for each failure, then the outcome.

What matters most stands last, where the eye is when a command has ended. Nothing depends on
colour: the plain text says all of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from conformance.report import crowd
from conformance.report.failure.page import PageLine, Tone, heading, page
from conformance.report.text_width import cut, wrapped
from conformance.report.wording import (
    UNSETTLED,
    VERDICTS,
    by_verdict,
    circumstances,
    headline,
    occasions,
    outcome,
    title,
)
from conformance.targets.printable import printable
from conformance.verdict.crowd.figures import CrowdFigures
from conformance.verdict.result import Result
from conformance.verdict.verdict import Assessment, Verdict

NARROWEST, WIDEST = 60, 120


LEAST_SENTENCE = 24
"""Fewer cells than this of a sentence are not worth showing."""


PAGE_STYLES: dict[Tone, str] = {
    "plain": "",
    "heading": "bold red",
    "expected": "green",
    "actual": "red",
    "faint": "dim",
}


VERDICT_STYLES: dict[Verdict, str] = {
    "passed": "green",
    "failed": "bold red",
    "warned": "yellow",
    "inconclusive": "yellow",
    "not_exercised": "yellow",
    "known_failing": "yellow",
    "not_applicable": "dim",
    "excluded": "dim",
}


OUTCOME_STYLES = {"conformant": "bold green", "violated": "bold red", "incomplete": "bold yellow"}


def show(result: Result, console: Console) -> None:
    """Print the report."""
    width = max(NARROWEST, min(WIDEST, console.width))
    for line, style in _report(result, width):
        console.print(Text(line, style), soft_wrap=True, markup=False, highlight=False)


def _report(result: Result, width: int) -> Iterator[tuple[str, str]]:
    for line in wrapped(title(result), width):
        yield line, "bold"
    for line in wrapped(circumstances(result), width):
        yield line, "dim"
    yield "", ""
    yield from _table(result, width)
    yield from _unsettled(result, width)
    yield from _known(result, width)
    for assessment in (*by_verdict(result, "warned"), *by_verdict(result, "failed")):
        shown = page(assessment, result.target, result.role, width, result.options.manual)
        yield from _tinted(shown)
    if result.crowd is not None:
        yield from _crowd(result.crowd, width)
    for note in result.notes:
        first, *further = map(printable, note.split("\n"))
        yield from _item(f"note: {first}", width, "yellow")
        yield from ((line, "yellow") for line in further)
        yield "", ""
    for line in wrapped(outcome(result), width):
        yield line, OUTCOME_STYLES[result.outcome]


def _table(result: Result, width: int) -> Iterator[tuple[str, str]]:
    """A row for each requirement that was checked; below, those that were not to be checked."""
    rows = [a for a in result.assessments if a.verdict not in ("not_applicable", "excluded")]
    if rows:
        verdicts = max(len(_mark(a)) for a in rows)
        names = max(len(a.requirement.id) for a in rows)
        counts = max(len(occasions(a)) for a in rows)
        for each in rows:
            row = f"  {_mark(each):<{verdicts}}  {each.requirement.id:<{names}}"
            row += f"  {occasions(each):>{counts}}"
            left = width - len(row) - 2
            sentence = f"  {cut(each.requirement.sentence, left)}" if left >= LEAST_SENTENCE else ""
            yield row + sentence, VERDICT_STYLES[each.verdict]
        yield "", ""
    yield from _left_out(result, width)


def _mark(assessment: Assessment) -> str:
    """The verdict as it stands in the table: a failure is seen without colour too."""
    words = VERDICTS[assessment.verdict]
    return words.upper() if assessment.verdict == "failed" else words


def _left_out(result: Result, width: int) -> Iterator[tuple[str, str]]:
    """Those that were not to be checked, together where they share the reason."""
    alike: dict[tuple[Verdict, str], list[str]] = {}
    for each in by_verdict(result, "not_applicable", "excluded"):
        because = f" ({printable(each.because)})" if each.because else ""
        alike.setdefault((each.verdict, because), []).append(each.requirement.id)
    for (verdict, because), names in alike.items():
        yield from _item(f"{VERDICTS[verdict]}: {', '.join(names)}{because}", width, "dim")
    if alike:
        yield "", ""


def _unsettled(result: Result, width: int) -> Iterator[tuple[str, str]]:
    found = list(by_verdict(result, *UNSETTLED))
    if not found:
        return
    yield heading("not settled", width), "bold yellow"
    yield "", ""
    for each in found:
        because = printable(each.because or "no reason was given")
        yield from _item(f"{headline(each)}: {because}", width, "")
    yield "", ""


def _known(result: Result, width: int) -> Iterator[tuple[str, str]]:
    """What is known to fail, apart from what is not; and what is wrong with the list."""
    found = list(by_verdict(result, "known_failing"))
    if found:
        yield heading("known to fail", width), "bold yellow"
        yield "", ""
    for each in found:
        because = printable(each.because or "no reason was given")
        yield from _item(f"{headline(each)}: {because}", width, "")
    if found:
        yield "", ""
    if result.untrue:
        yield heading("the list of known failures is not true", width), "bold red"
        yield "", ""
        for untrue in result.untrue:
            yield from _item(printable(untrue.why), width, "")
        yield "", ""


def _crowd(figures: CrowdFigures, width: int) -> Iterator[tuple[str, str]]:
    """What a crowd showed in numbers: in words, then as histograms."""
    yield heading("the crowd", width), "bold"
    yield "", ""
    told = list(crowd.rows(figures))
    widest = max(len(name) for name, _ in told)
    for name, words in told:
        first, *others = wrapped(words, width - widest - 4)
        style = PAGE_STYLES["actual"] if name == "broken" else ""
        yield f"  {name:<{widest}}  {first}", style
        yield from ((f"  {'':<{widest}}  {line}", style) for line in others)
    yield "", ""
    for about, bars in crowd.drawn(figures):
        yield f"  {about}", "dim"
        labels, counts = (max(len(str(each)) for each in column) for column in
                          ([bar.label for bar in bars], [bar.count for bar in bars]))  # fmt: skip
        for bar in bars:
            yield f"    {bar.label:<{labels}}  {bar.count:>{counts}}  {bar.drawn}".rstrip(), ""
        yield "", ""


def _item(words: str, width: int, style: str) -> Iterator[tuple[str, str]]:
    """A paragraph whose further lines are indented more than its first."""
    first, *others = wrapped(words, width - 6)
    yield f"  {first}", style
    for line in others:
        yield f"      {line}", style


def _tinted(lines: list[PageLine]) -> Iterator[tuple[str, str]]:
    return ((line.text, PAGE_STYLES[line.tone]) for line in lines)

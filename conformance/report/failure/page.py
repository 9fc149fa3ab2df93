"""The page on one failed requirement, as lines of plain text with a tone each.

It answers in this order what somebody asks who was called out of bed: which sentence of the
contract broke, what happened instead, in which exchange, when, and how to see it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from conformance.report.failure.failure import (
    HAND_OVER,
    Failure,
    command_lines,
    failures,
    parameters,
)
from conformance.report.failure.mend import mend_in
from conformance.report.failure.timeline_text import drawn
from conformance.report.failure.transcript import Line
from conformance.report.manual import address
from conformance.report.text_width import folded, wrapped
from conformance.report.wording import headline
from conformance.rules.in_dialect import worded
from conformance.targets.client import ClientTarget
from conformance.targets.printable import printable
from conformance.targets.server import Target
from conformance.trace.trace import Role
from conformance.verdict.verdict import Assessment

Tone: TypeAlias = Literal["plain", "heading", "expected", "actual", "faint"]


LABELS = 13
"""How far the texts are indented behind their labels."""


Checked: TypeAlias = Target | ClientTarget
"""What was checked."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of a page, and the tone in which it is to be shown where there are tones."""

    text: str
    tone: Tone = "plain"


def page(assessment: Assessment, target: Checked, role: Role, width: int,
         manual: str | None = None) -> list[PageLine]:  # fmt: skip
    """The page on a requirement with findings, in lines of at most `width` cells.

    What is to be copied is the exception: a word of the command that is longer than a line is left
    whole, and so is the address of the requirement in the manual, whose own is `manual`.
    """
    return list(_page(assessment, target, role, width, manual))


def text(assessment: Assessment, target: Checked, role: Role, width: int = 100,
         manual: str | None = None) -> str:  # fmt: skip
    """The same page as one text."""
    return "\n".join(line.text for line in page(assessment, target, role, width, manual))


def heading(words: str, width: int) -> str:
    """A line that begins a part of a report."""
    begun = f"-- {words} "
    return begun + "-" * (width - len(begun))


def _page(
    assessment: Assessment, target: Checked, role: Role, width: int, manual: str | None
) -> Iterator[PageLine]:
    requirement, timing = assessment.requirement, target.timing
    yield PageLine(heading(headline(assessment), width), "heading")
    yield PageLine("")
    yield from _row("contract", f"{requirement.sentence} ({requirement.section})", width)
    if not target.dialect.is_protocol:
        said = worded(requirement.id, target.dialect, timing)
        yield from _row("", f"In the dialect {target.dialect.shown}: {said}", width)
    if values := parameters(requirement, timing):
        yield from _row("", f"At {timing.name} timing: {values}.", width)
    if assessment.because:
        yield from _row("note", printable(assessment.because), width)
    first, *others = failures(assessment) or (None,)
    if first is not None:
        yield from _told(first, role, width, is_handed_over=target.dialect.is_protocol)
        yield PageLine("")
        yield from _row("mend", mend_in(target.dialect, requirement.id).mend, width)
    if link := address(manual, requirement.id):
        yield PageLine("")
        yield from _labelled("manual", [link])
    if others:
        yield PageLine("")
    for other in others:
        if other is not None:
            yield from _row("also", _in_short(other), width)
    yield PageLine("")


def _told(failure: Failure, role: Role, width: int, *, is_handed_over: bool) -> Iterator[PageLine]:
    yield PageLine("")
    yield from _row("happened", failure.message, width)
    yield from _row("expected", failure.expected, width, "expected")
    yield from _row("actual", failure.actual, width, "actual")
    if failure.exchange:
        yield PageLine("")
        where = f", {failure.connection}" if failure.connection else ""
        yield from _row("exchange", f"scenario {failure.scenario}{where}", width)
        if failure.does:
            yield from _row("", failure.does, width)
        yield from _row("", f"(seconds; -> wsbeat, <- the {role})", width)
        yield from _indented(_exchange(failure.exchange, width - LABELS))
    if failure.when is not None:
        yield PageLine("")
        yield from _row("when", str(failure.when), width)
        yield from _indented(drawn(failure.when, width - LABELS))
    if failure.printed:
        yield PageLine("")
        yield from _labelled(
            "printed", (part for line in failure.printed for part in folded(line, width - LABELS))
        )
    if failure.reproduce or failure.kept:
        yield PageLine("")
    if failure.reproduce:
        yield from _labelled("reproduce", command_lines(failure.reproduce, width - LABELS))
        if failure.replay:
            yield from _labelled("replay", command_lines(failure.replay, width - LABELS))
        elif failure.to_replay:
            yield from _row("replay", failure.to_replay, width)
        if is_handed_over:
            yield from _row("hand over", HAND_OVER, width)
    if failure.kept:
        yield from _row("trace", failure.kept, width)


def _exchange(lines: tuple[Line, ...], width: int) -> Iterator[str]:
    moments = max(len(line.at) for line in lines)
    connections = max(len(line.connection) for line in lines)
    for line in lines:
        before = f"{line.at:>{moments}}  {line.arrow}  "
        if connections:
            before += f"{line.connection:<{connections}}  "
        for part in folded(line.said, width - len(before)):
            yield before + part
            before = " " * len(before)


def _in_short(failure: Failure) -> str:
    kept = f"; {failure.kept}" if failure.kept else ""
    return (
        f"{failure.message} Expected {failure.expected}; actual {failure.actual} "
        f"(scenario {failure.scenario}{kept})."
    )


def _row(label: str, words: str, width: int, tone: Tone = "plain") -> Iterator[PageLine]:
    return _labelled(label, wrapped(words, width - LABELS), tone)


def _labelled(label: str, lines: Iterable[str], tone: Tone = "plain") -> Iterator[PageLine]:
    for line in lines:
        yield PageLine(f"  {label:<{LABELS - 2}}{line}".rstrip(), tone)
        label = ""


def _indented(lines: Iterable[str]) -> Iterator[PageLine]:
    return _labelled("", lines)

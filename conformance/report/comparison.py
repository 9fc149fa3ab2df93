"""What became of a target from one JSON report to the next: better, worse, appeared, gone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from conformance.report.text_width import wrapped
from conformance.report.wording import VERDICTS
from conformance.targets.printable import printable
from conformance.verdict.verdict import Verdict

Change: TypeAlias = Literal["better", "worse", "appeared", "gone", "still failing"]

UNCHECKED: tuple[Verdict, ...] = ("not_applicable", "excluded")

RANKS: Mapping[Verdict, int] = {
    "failed": 0,
    "known_failing": 1,
    "inconclusive": 2,
    "not_exercised": 2,
    "warned": 3,
    "passed": 4,
}
"""How good a verdict is beside the others, where a requirement was checked."""

CHANGES: tuple[Change, ...] = ("better", "gone", "appeared", "still failing", "worse")
"""In the order in which they are shown: what matters most stands last."""


class NoReport(Exception):
    """A file that cannot be compared; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement in one report: its verdict, and what happened where it did not pass."""

    verdict: Verdict
    told: str = ""

    @property
    def is_checked(self) -> bool:
        return self.verdict not in UNCHECKED


@dataclass(frozen=True, slots=True)
class Report:
    """What is compared of a report. `about` is what it is of, by what it is called."""

    role: str
    about: Mapping[str, str]
    rows: Mapping[str, Row]
    started: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A requirement of which something is to be said; None where a report does not check it."""

    requirement: str
    change: Change
    old: Row | None
    new: Row | None


def read_report(path: str) -> Report:
    """The report in a file that `--json` wrote; raises NoReport."""
    try:
        content = json.loads(Path(path).read_text("utf-8"))
        return _report(content)
    except OSError as error:
        raise NoReport(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise NoReport(
            f"{path} is no report of wsbeat. Expected a file that --json wrote."
        ) from None


def compared(old: Report, new: Report) -> tuple[Changed, ...]:
    """What changed; raises NoReport where the reports have nothing in common."""
    if old.role != new.role:
        raise NoReport(
            f"The one report is on a {old.role}, the other on a {new.role}: they share nothing."
        )
    found = (
        _changed(name, old.rows.get(name), new.rows.get(name))
        for name in dict.fromkeys((*old.rows, *new.rows))
    )
    return tuple(each for each in found if each is not None)


def lines(old: Report, new: Report, changes: tuple[Changed, ...], width: int) -> Iterator[str]:
    """The comparison as it is printed; the last line says what it comes to."""
    for name, each in (("old", old), ("new", new)):
        yield from _item(f"{name}: {', '.join(each.about.values())}, {each.started}", width)
    for name in old.about:
        if old.about[name] != new.about[name]:
            yield from _item(
                f"not alike: the {name} was {old.about[name]}, and is {new.about[name]}", width
            )
    yield ""
    for change in CHANGES:
        for changed in changes:
            if changed.change == change:
                yield from _item(_sentence(changed), width)
    if changes:
        yield ""
    counts = [
        f"{number} {change}"
        for change in reversed(CHANGES)
        if (number := sum(each.change == change for each in changes))
    ]
    outcome, code = ("worse", 1) if is_worse(changes) else ("not worse", 0)
    yield f"{outcome} (exit code {code}): {', '.join(counts) or 'nothing changed'}"


def _spoken(content: Any) -> str:
    """The protocol, or the dialect, that a report is about."""
    dialect = content.get("dialect")
    if dialect is not None:
        return f"dialect {dialect['name']} {dialect['version']}".strip()
    return f"protocol {content.get('protocol', content['spec'])}"


def is_worse(changes: tuple[Changed, ...]) -> bool:
    """Whether a requirement that was checked in both reports came off worse."""
    return any(each.change == "worse" for each in changes)


def _report(content: Any) -> Report:
    capabilities = [name for name, has in content["capabilities"].items() if has]
    about = {
        "target": str(content["target"]),
        "timing": f"{content['timing']['name']} timing",
        "version of wsbeat": f"wsbeat {content['wsbeat']}",
        "protocol": _spoken(content),
        "set of capabilities": f"with {' and '.join(capabilities)}" if capabilities else "bare",
    }
    return Report(
        role=str(content["role"]),
        about={name: printable(text, 200) for name, text in about.items()},
        rows={printable(each["id"], 60): _row(each) for each in content["requirements"]},
        started=printable(content["started"], 60),
    )


def _row(content: Any) -> Row:
    verdict = content["verdict"]
    if verdict not in VERDICTS:
        raise LookupError(verdict)
    findings = content["findings"]
    told = findings[0]["message"] if findings else content["because"] or ""
    return Row(verdict, "" if verdict == "passed" else printable(told, 300))


def _changed(name: str, old: Row | None, new: Row | None) -> Changed | None:
    was, is_now = (each if each is not None and each.is_checked else None for each in (old, new))
    change: Change
    if was is None and is_now is None:
        return None
    if was is None:
        change = "appeared"
    elif is_now is None:
        change = "gone"
    elif RANKS[was.verdict] != RANKS[is_now.verdict]:
        change = "better" if RANKS[is_now.verdict] > RANKS[was.verdict] else "worse"
    elif is_now.verdict in ("failed", "known_failing"):
        change = "still failing"
    else:
        return None
    return Changed(name, change, old, new)


def _sentence(changed: Changed) -> str:
    old, new = (
        "not there" if row is None else VERDICTS[row.verdict] for row in (changed.old, changed.new)
    )
    became = new if old == new else f"{old} -> {new}"
    told = f": {changed.new.told}" if changed.new is not None and changed.new.told else ""
    return f"{changed.change:<13}  {changed.requirement}, {became}{told}"


def _item(words: str, width: int) -> Iterator[str]:
    first, *others = wrapped(words, width - 6)
    yield first
    for line in others:
        yield f"      {line}"

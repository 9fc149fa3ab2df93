"""What ``protocol.md`` requires, read out of its text.

The text is the only source. A requirement is a paragraph that begins with an ID in brackets; its
level is the first key word of RFC 2119 in it; its reason is the quotation that follows. Who has to
satisfy it, and under which capability it holds, or another takes its place, stands in the table of
conformance classes.
"""

import fnmatch
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

from spec.document import Block, Heading, Paragraph, Quote, Table, blocks
from spec.history import new_in, versions_in
from spec.suggestion import suggestion

Level = Literal["MUST", "SHOULD"]
Sender = Literal["server", "client", "nobody"]


class SpecificationError(Exception):
    """``protocol.md`` does not have the form that it describes: a defect of this package."""


class UnknownRequirement(KeyError):
    """No requirement has this ID; the text names the nearest one that exists."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the protocol that a peer satisfies or violates.

    ``section`` is the number and title of its heading; ``sentence`` and ``why`` are Markdown.
    ``roles`` are those of ``server``, ``client`` and ``deployment`` that it binds; ``capability``
    is the one that a peer must have declared to be bound by it, and ``replaced_under`` one under
    which another requirement stands in its place. ``since`` is the first version of the protocol
    that has it.
    """

    id: str
    level: Level
    section: str
    sentence: str
    why: str
    roles: frozenset[str]
    capability: str | None
    replaced_under: str | None = None
    since: str = "1.0"

    def binds(self, declared: Container[str]) -> bool:
        """Tell whether it applies to a peer of its role that has declared these capabilities."""
        wanted = self.capability is None or self.capability in declared
        return wanted and (self.replaced_under is None or self.replaced_under not in declared)


@dataclass(frozen=True, slots=True)
class ConformanceClass:
    """One row of the table of conformance classes.

    ``patterns`` are globs on the IDs of its requirements, ``replaced`` on those of the requirements
    that they stand in place of.
    """

    name: str
    roles: frozenset[str]
    capability: str | None
    patterns: tuple[str, ...]
    replaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CloseCode:
    """One row of the table of close codes; ``first`` and ``last`` bound the codes it is about.

    ``reason`` is Markdown: the literal one stands in backticks.
    """

    first: int
    last: int
    reason: str
    sent_by: Sender
    meaning: str
    client_reconnects: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """One row of the table of constants; ``value`` is the one of production."""

    name: str
    value: float
    unit: str
    meaning: str


@cache
def version() -> str:
    """Return the version of the protocol, such as ``1.0``, from the title of its text."""
    return version_in(blocks())


@cache
def requirements() -> tuple[Requirement, ...]:
    """Return every requirement, in the order of the text."""
    return requirements_in(blocks())


def requirement(id: str) -> Requirement:
    """Return the requirement with this ID; raise ``UnknownRequirement`` when there is none."""
    known = {each.id: each for each in requirements()}
    if id not in known:
        raise UnknownRequirement(f'no requirement is called "{id}"{suggestion(id, known)}')
    return known[id]


@cache
def conformance_classes() -> tuple[ConformanceClass, ...]:
    """Return the table of conformance classes, row by row."""
    return conformance_classes_in(blocks())


@cache
def constants() -> tuple[Constant, ...]:
    """Return the table of constants, row by row."""
    rows = table_in(blocks(), "Constant", "Value", "Unit", "Meaning")
    return tuple(Constant(_plain(row[0]), float(row[1]), _plain(row[2]), row[3]) for row in rows)


@cache
def close_codes() -> tuple[CloseCode, ...]:
    """Return the table of close codes, row by row."""
    return close_codes_in(blocks())


def version_in(text: Sequence[Block]) -> str:
    """Return the version that the title of a text ends with."""
    title = next((block.title for block in text if isinstance(block, Heading)), "")
    found = re.search(r"version (\d+\.\d+)$", title)
    if not found:
        raise SpecificationError(f'the title ends with no version: "{title}"')
    return found[1]


def requirements_in(text: Sequence[Block]) -> tuple[Requirement, ...]:
    """Return the requirements of a text, in order; raise ``SpecificationError`` for a bad one."""
    found = tuple(_requirements(text))
    stated = [each.id for each in found]
    if twice := {id for id in stated if stated.count(id) > 1}:
        raise SpecificationError(f"stated twice: {', '.join(sorted(twice))}")
    classes = conformance_classes_in(text)
    named = {pattern for row in classes for pattern in (*row.patterns, *row.replaced)}
    if absent := {pattern for pattern in named if not fnmatch.filter(stated, pattern)}:
        raise SpecificationError(f"in a conformance class, but not stated: {sorted(absent)}")
    if absent := new_in(text).keys() - set(stated):
        raise SpecificationError(f"called new, but not stated: {sorted(absent)}")
    return found


def conformance_classes_in(text: Sequence[Block]) -> tuple[ConformanceClass, ...]:
    """Return the rows of the table of conformance classes of a text."""
    rows = table_in(text, "Class", "Role", "Capability", "Requirements", "In place of")
    return tuple(
        ConformanceClass(
            name,
            frozenset(_listed(role)),
            _plain(capability) or None,
            _listed(ids),
            _listed(replaced),
        )
        for name, role, capability, ids, replaced in rows
    )


def close_codes_in(text: Sequence[Block]) -> tuple[CloseCode, ...]:
    """Return the rows of the table of close codes of a text."""
    rows = table_in(text, "Code", "Reason", "Sent by", "Meaning", "Client reconnects")
    return tuple(_close_code(*row) for row in rows)


def table_in(text: Sequence[Block], *head: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows below the head of the table of a text that has this head."""
    for block in text:
        if isinstance(block, Table) and block.rows[0] == head:
            return block.rows[1:]
    raise SpecificationError(f"no table has the head {' | '.join(head)}")


def opening_id(paragraph: str) -> str | None:
    """Return the ID that a paragraph begins with, if it states a requirement."""
    found = re.match(r"\*\*\[([A-Z0-9-]+)\]\*\* ", paragraph)
    return found[1] if found else None


def _requirements(text: Sequence[Block]) -> Iterator[Requirement]:
    classes = conformance_classes_in(text)
    new, (first, *_) = new_in(text), versions_in(text) or (version_in(text),)
    section = ""
    for at, block in enumerate(text):
        if isinstance(block, Heading):
            section = block.title
        elif isinstance(block, Paragraph) and (id := opening_id(block.text)):
            sentence = block.text.split("** ", 1)[1]
            roles, capability = _bound_by(id, classes)
            why = _why(id, text[at + 1 :])
            level, replaced_under = _level(id, sentence), _replaced_under(id, classes)
            since = new.get(id, first)
            yield Requirement(
                id, level, section, sentence, why, roles, capability, replaced_under, since
            )


def _level(id: str, sentence: str) -> Level:
    found = re.search(r"\b(MUST|SHOULD)\b", sentence)
    if not found:
        raise SpecificationError(f"{id} has none of the words MUST, MUST NOT, SHOULD")
    return cast(Level, found[1])


def _why(id: str, following: Sequence[Block]) -> str:
    for block in following:
        if isinstance(block, Heading):
            break
        if isinstance(block, Paragraph) and opening_id(block.text):
            break
        if isinstance(block, Quote) and block.text.startswith("Why: "):
            return block.text.removeprefix("Why: ")
    raise SpecificationError(f'{id} is followed by no quotation that begins with "Why:"')


def _bound_by(id: str, classes: Sequence[ConformanceClass]) -> tuple[frozenset[str], str | None]:
    bound = [row for row in classes if id in row.patterns] or [
        row for row in classes if any(fnmatch.fnmatchcase(id, pattern) for pattern in row.patterns)
    ]
    capabilities = {row.capability for row in bound}
    if len(capabilities) != 1:
        raise SpecificationError(
            f"{id} belongs to {len(bound)} conformance classes with {len(capabilities)} "
            "capabilities; expected at least one class, and one capability or none in common"
        )
    return frozenset[str]().union(*(row.roles for row in bound)), capabilities.pop()


def _replaced_under(id: str, classes: Sequence[ConformanceClass]) -> str | None:
    replacing = [
        row for row in classes if any(fnmatch.fnmatchcase(id, each) for each in row.replaced)
    ]
    if len(replacing) > 1 or any(row.capability is None for row in replacing):
        raise SpecificationError(
            f"{id} is replaced in {len(replacing)} conformance classes; expected at most one, and "
            "that one with a capability"
        )
    return replacing[0].capability if replacing else None


def _close_code(code: str, reason: str, sent_by: str, meaning: str, reconnects: str) -> CloseCode:
    first, _, last = code.partition("-")
    if reconnects not in ("yes", "no"):
        raise SpecificationError(f'close code {code}: "{reconnects}" is neither yes nor no')
    if sent_by not in get_args(Sender):
        raise SpecificationError(f'close code {code}: "{sent_by}" sends nothing')
    return CloseCode(
        int(first),
        int(last or first),
        reason,
        cast(Sender, sent_by),
        meaning,
        reconnects == "yes",
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(_plain(item) for item in cell.split(",") if item.strip())


def _plain(cell: str) -> str:
    return cell.replace("`", "").strip()

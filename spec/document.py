"""The part of Markdown that ``protocol.md`` is written in, as a sequence of blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, without its marks: ``3.2 Ping and pong``."""

    title: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or list item, its white space folded."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quotation, its white space folded."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: every row, the head among them, as the text of its cells."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: its info string, its lines as they are, and the number of the first."""

    info: str
    lines: tuple[str, ...]
    first_line: int


Block = Heading | Paragraph | Quote | Table | Fence


@cache
def blocks() -> tuple[Block, ...]:
    """Return the blocks of ``protocol.md``, in order."""
    return tuple(parse((resources.files("spec") / "protocol.md").read_text("utf-8")))


def parse(text: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text, in order."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = lines.index("```", at + 1)
            yield Fence(line.removeprefix("```").strip(), tuple(lines[at + 1 : end]), at + 2)
            at = end + 1
            continue
        end = at + 1
        if line.startswith("#"):
            yield Heading(line.lstrip("#").strip())
        elif line.strip():
            while end < len(lines) and _continues(lines[end]):
                end += 1
            yield _block(lines[at:end])
        at = end


def _continues(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(("```", "#", "* "))


def _block(lines: list[str]) -> Block:
    if lines[0].startswith("|"):
        return Table(tuple(_cells(line) for line in lines if not re.fullmatch(r"[|:\- ]+", line)))
    if lines[0].startswith(">"):
        return Quote(_folded(line.removeprefix(">") for line in lines))
    return Paragraph(_folded(lines))


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))


def _folded(lines: "Iterator[str] | list[str]") -> str:
    return " ".join(" ".join(lines).split())

"""Fitting texts into a width, counted in the cells of a terminal."""

from __future__ import annotations

import textwrap
from unicodedata import category, east_asian_width


def cells(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def folded(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, every character of it kept."""
    lines = [""]
    used = 0
    for char in text:
        needed = _cells_of(char)
        if used + needed > width:
            lines.append("")
            used = 0
        lines[-1] += char
        used += needed
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words where that is possible."""
    lines = textwrap.wrap(text, width, break_on_hyphens=False, replace_whitespace=False)
    return [part for line in lines for part in folded(line, width)] or [""]


def cut(text: str, width: int) -> str:
    """The beginning of the text, in at most `width` cells, with dots where something is missing."""
    return text if cells(text) <= width else f"{folded(text, width - 3)[0].rstrip()}..."

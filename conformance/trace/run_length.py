"""Runs: long texts described by what they repeat, so that a trace file need not hold it all.

A text of 17 MiB that is one letter over and over is three pieces, and the same text again when it
is read back. Texts that repeat little stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

USUAL_SIZE = 128 * 1024
"""Texts of at most so many characters may be said over and over."""


LONG_TEXT = 8192
"""Shorter texts (characters) are not worth describing."""


LARGEST_TEXT = 64 * 1024 * 1024
"""What a description may stand for (characters): a file of a few bytes could ask for any amount."""


REPEATED_PATTERN = re.compile(r"(.{1,8}?)\1{255,}+", re.DOTALL)
"""Possessive: a repeat that may be given back costs 80 bytes each time, a GiB for 17 MiB."""


def runs(text: str) -> list[list[str | int]] | None:
    """The text as pieces and how often each stands there; None where that is not much shorter."""
    if len(text) < LONG_TEXT:
        return None
    return _usual(text) if len(text) <= USUAL_SIZE else _runs(text)


@lru_cache(maxsize=1)
def _usual(text: str) -> list[list[str | int]] | None:
    """The same for a text that is said hundreds of times in a row: to look at each takes a while,
    and the process that writes traces has other clocks to watch."""
    return _runs(text)


def _runs(text: str) -> list[list[str | int]] | None:
    pieces: list[list[str | int]] = []
    end = kept = 0
    for found in REPEATED_PATTERN.finditer(text):
        if found.start() > end:
            pieces.append([text[end : found.start()], 1])
            kept += found.start() - end
        unit = found[1]
        pieces.append([unit, (found.end() - found.start()) // len(unit)])
        end = found.end()
    if end < len(text):
        pieces.append([text[end:], 1])
        kept += len(text) - end
    return pieces if 2 * kept < len(text) else None


def text_of(pieces: Sequence[Sequence[str | int]]) -> str:
    """The text that pieces describe; raises ValueError for more than `LARGEST_TEXT` characters."""
    if sum(len(str(piece)) * int(times) for piece, times in pieces) > LARGEST_TEXT:
        raise ValueError(f"the runs stand for more than {LARGEST_TEXT} characters")
    return "".join(str(piece) * int(times) for piece, times in pieces)

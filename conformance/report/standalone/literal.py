"""Python literals for a script: long texts as what they repeat, lists over several lines."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from itertools import groupby

from conformance.trace.run_length import runs


def literal(said: str | bytes) -> str:
    """A text or bytes as an expression, in ASCII."""
    if isinstance(said, str):
        pieces = runs(said)
        if pieces is not None:
            return "+".join(
                ascii(piece) if times == 1 else f"{piece!a}*{times}" for piece, times in pieces
            )
    return ascii(said)


def lines(items: Iterable[str], width: int) -> list[str]:
    """Items of a list, each with its comma, as many on a line as there is room for."""
    found = [""]
    for item in map(_several, map(list, map(operator.itemgetter(1), groupby(items)))):
        if found[-1] and len(found[-1]) + len(item) + 6 > width:
            found.append("")
        found[-1] += f"{' ' if found[-1] else ''}{item},"
    return [f"    {line}" for line in found if line]


def _several(items: Sequence[str]) -> str:
    """Items that are all the same, as one."""
    return items[0] if len(items) == 1 else f"*[{items[0]}] * {len(items)}"

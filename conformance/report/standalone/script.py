"""How long a script may be, and what becomes of one that would be longer."""

from __future__ import annotations

from collections.abc import Callable

LONGEST = 40
"""How many lines a script has at the most."""

TOP = 2
"""How many of them stand above what is written here."""

WIDTHS = (104, 160, 320, 1000, 10_000)
"""How wide the lines of a script may become, one after the other, until it is short enough."""


class NotInAScript(Exception):
    """An exchange takes more than a client library can do, or a longer script; says what it is."""


def shortest(write: Callable[[int], str]) -> str:
    """A script as it is written with lines of the least width that makes it short enough.

    Raises NotInAScript where none does.
    """
    for width in WIDTHS:
        written = write(width).replace("PLAY = [\n    ", "PLAY = [")
        if written.count("\n") <= LONGEST - TOP:
            return written
    raise NotInAScript(f"it takes more than {LONGEST} lines to show it")

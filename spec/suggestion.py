"""The "did you mean" of every error that a mistyped name causes."""

import difflib
from collections.abc import Iterable


def suggestion(given: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` for the known name nearest to ``given``, or nothing.

    Case is overlooked when names are compared, and kept in the one that is suggested.
    """
    by_folded = {name.casefold(): name for name in known}
    nearest = difflib.get_close_matches(given.casefold(), by_folded, n=1)
    return f'; did you mean "{by_folded[nearest[0]]}"?' if nearest else ""

"""Where a requirement is to be read: at its anchor in the manual, wherever a team has put that."""

from __future__ import annotations

PROTOCOL = "spec/protocol.html"
"""The page of the requirements, from the front page of the site that `python -m manual` makes."""


def address(manual: str | None, id: str) -> str | None:
    """The address of a requirement; None where nobody said where the manual is."""
    if manual is None:
        return None
    front = manual.removesuffix("index.html").rstrip("/")
    return f"{front}/{PROTOCOL}#{id.lower()}"

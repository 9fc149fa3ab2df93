"""The forms of a report for machines and pages: one module for each, and this table.

To add one: a module beside these with a function `render`, which makes a text of a `Result`, and a
row here; the option of the command line follows from it. The table imports nothing, so that
`wsbeat --help` can be made of it. The report for people, `console`, has no option.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from conformance.verdict.result import Result


class Row(NamedTuple):
    """One form: the name of its option and module, and what it is, for the help."""

    name: str
    about: str


FORMATS = (
    Row("json", "JSON"),
    Row("junit", "JUnit XML"),
    Row("markdown", "Markdown, for a CI summary"),
    Row("html", "one HTML page"),
    Row("badge", "a badge for shields.io, in JSON"),
    Row("standalone", "a Python script that shows the first failure without wsbeat"),
)


def render(form: str, result: Result) -> str:
    """A result in one of the forms; only the libraries that this one needs are loaded."""
    text: str = import_module(f"{__name__}.{form}").render(result)
    return text

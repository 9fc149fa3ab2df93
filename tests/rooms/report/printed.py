"""A report as the console prints it, as one text."""

from __future__ import annotations

import io

from rich.console import Console

from conformance.report.formats.console import show
from conformance.verdict.result import Result


def printed(result: Result, width: int = 80, *, colours: bool = False) -> str:
    """The report as it is printed on a terminal of that width, or into a log."""
    file = io.StringIO()
    show(result, Console(file=file, width=width, force_terminal=colours, color_system="truecolor"
                         if colours else None))  # fmt: skip
    return file.getvalue()

"""Where reports go: files, or standard output, found writable before a run begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from conformance.report.formats import render
from conformance.verdict.result import Result

STANDARD_OUTPUT = "-"


class DestinationError(Exception):
    """A report that cannot go where it was sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One report: the name of its form, and the path of its file or `-` for standard output."""

    form: str
    path: str

    @property
    def is_standard_output(self) -> bool:
        return self.path == STANDARD_OUTPUT

    def for_client(self) -> Destination:
        """Where the report on a client goes that was checked together with a server."""
        if self.is_standard_output:
            return self
        path = Path(self.path)
        return Destination(self.form, str(path.with_name(f"{path.stem}-client{path.suffix}")))


def check(destinations: Iterable[Destination]) -> None:
    """Raise DestinationError unless every report can be written where it is to go.

    Nothing is left behind and no file that exists is changed: a run that does not come about must
    not destroy the report of the one before.
    """
    taken: dict[str, str] = {}
    for each in destinations:
        where = each.path if each.is_standard_output else str(Path(each.path).resolve())
        if where in taken:
            raise DestinationError(
                f"--{taken[where]} and --{each.form} both go to {_named(each)}. "
                "Give each report a file of its own."
            )
        taken[where] = each.form
        if not each.is_standard_output:
            _check_file(each)


def check_folder(path: Path) -> None:
    """Make a folder unless it exists; raise DestinationError when files cannot be made in it."""
    probe = path / ".wsbeat-probe"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DestinationError(
            f"--traces {path}: no file can be written there ({error.strerror}). "
            "Expected a folder, or a path at which one can be made."
        ) from None


def write(destination: Destination, result: Result, standard_output: BinaryIO) -> None:
    """Write a report; raise DestinationError when it can no longer be written."""
    content = render(destination.form, result).encode("utf-8", "backslashreplace")
    if destination.is_standard_output:
        standard_output.write(content)
        standard_output.flush()
        return
    try:
        Path(destination.path).write_bytes(content)
    except OSError as error:
        raise DestinationError(
            f"--{destination.form} {destination.path} could not be written: {error.strerror}."
        ) from None


def _check_file(destination: Destination) -> None:
    path = Path(destination.path)
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise DestinationError(
            f"--{destination.form} {destination.path}: no report can be written there "
            f"({error.strerror}). Expected the path of a file in a folder that exists."
        ) from None


def _named(destination: Destination) -> str:
    return "standard output" if destination.is_standard_output else destination.path

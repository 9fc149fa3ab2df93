"""What the commands that check something share: what is asked for, the run, and its reports."""

# ruff: noqa: PLC0415 - each step imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import click

from conformance.cli.showing.streams import let_go

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.report.destination import Destination
    from conformance.verdict.result import Result
    from spec.dialect.dialect import Dialect


# The numbers of verdict.ExitCode, which would have to be imported for --help.
VIOLATED, USAGE, INCOMPLETE, FAULT = 1, 2, 3, 4


class Stop(click.ClickException):
    """What was asked for cannot be done: one sentence for the user."""

    exit_code = USAGE

    def __init__(self, sentence: object) -> None:
        super().__init__(str(sentence))

    def show(self, file: Any = None) -> None:
        click.echo(f"wsbeat: {self.message}", file=file, err=file is None)


class Unfinished(Stop):
    """What was asked for could not be done this time: one sentence for the user."""

    exit_code = INCOMPLETE


def destinations(dialect: Dialect | None = None, **reports: str | None) -> list[Destination]:
    """Where reports are to go, by their forms; all of them were found writable.

    A script is none that a check in another dialect than the protocol's own can have.
    """
    if dialect is not None and not dialect.is_protocol and reports.get("standalone") is not None:
        raise Stop(
            f"--standalone: scripts speak the protocol's own dialect alone, and this is about "
            f"{dialect.name}. Leave it out."
        )
    from conformance.report.destination import Destination, DestinationError, check

    found = [Destination(form, path) for form, path in reports.items() if path is not None]
    try:
        check(found)
    except DestinationError as error:
        raise Stop(error) from None
    return found


def finish(result: Result, destinations: Sequence[Destination]) -> NoReturn:
    """Write the reports, print the one for people last, and exit with the outcome's code."""
    raise click.exceptions.Exit(reported(result, destinations))


def finish_both(server: Result, client: Result, destinations: Sequence[Destination]) -> NoReturn:
    """The same for two results; the client's reports get `-client` into their names.

    The exit code is the worse of the two.
    """
    codes = (
        reported(server, destinations),
        reported(client, [destination.for_client() for destination in destinations]),
    )
    raise click.exceptions.Exit(VIOLATED if VIOLATED in codes else max(codes))


def reported(result: Result, destinations: Sequence[Destination]) -> int:
    """Write the reports, print the one for people last; the exit code that they come to."""
    from conformance.report.destination import DestinationError, write
    from conformance.report.formats.console import show

    code = int(result.exit_code)
    if result.options.updates_known_failing:
        code = _update_known_failing(result) or code
    for destination in destinations:
        with quiet_pipe():
            try:
                write(destination, result, sys.stdout.buffer)
            except DestinationError as error:
                click.echo(f"wsbeat: {error}", err=True)
                code = code or INCOMPLETE
    try:
        with quiet_pipe():
            show(result, console(stderr=any(each.is_standard_output for each in destinations)))
    except OSError as error:
        # Where neither can be written, the exit code is all that is left to say.
        with suppress(OSError):
            click.echo(f"wsbeat: the report could not be written: {error.strerror}.", err=True)
        code = code or INCOMPLETE
    return code


def _update_known_failing(result: Result) -> int:
    """Write the list of known failures anew, if the run was whole; an exit code if it cannot be."""
    from pathlib import Path

    from conformance.report.known_failing import render, updated

    path = Path(result.options.known_failing_file or "")
    if not result.is_whole:
        click.echo(f"wsbeat: {path} was left as it is: the run did not come to its end.", err=True)
        return 0
    try:
        path.write_text(render(result), "utf-8")
    except OSError as error:
        click.echo(f"wsbeat: {path} could not be written: {error.strerror}.", err=True)
        return INCOMPLETE
    entries = updated(result)
    bare = sum(not each.reason.strip() for each in entries)
    wanting = f" Write a reason into {bare} of them." if bare else ""
    number = f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'}"
    click.echo(f"wsbeat: {path} has {number} now.{wanting}", err=True)
    return 0


def console(*, stderr: bool) -> Console:
    """A console that raises BrokenPipeError: Rich would exit with 1, which means violated."""
    from rich.console import Console as RichConsole

    class Piped(RichConsole):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Piped(stderr=stderr)


def width() -> int:
    """How many columns the terminal has, or is taken to have."""
    from shutil import get_terminal_size

    return get_terminal_size().columns


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """Do not complain when the reader of standard output has gone, as `| head` does."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        let_go(sys.stdout)

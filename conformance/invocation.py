"""What the commands that check something share: what is asked for, the run, and its reports."""

# ruff: noqa: PLC0415 - each step imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from conformance.client_target import ClientTarget
    from conformance.config import Given
    from conformance.report.destination import Destination
    from conformance.target import Options, Target
    from conformance.trace.trace import Trace
    from conformance.verdict.verdict import Result


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


def requested(given: Given, config: str | None = None) -> tuple[Target, Options]:
    """The target and the options that the command line and a config file ask for."""
    from conformance import config as configuration

    try:
        return configuration.requested(given, config)
    except configuration.ConfigError as error:
        raise Stop(error) from None


def destinations(**reports: str | None) -> list[Destination]:
    """Where reports are to go, by their forms; all of them were found writable."""
    from conformance.report.destination import FORMS, Destination, DestinationError, check

    found = [Destination(form, path) for form in FORMS if (path := reports[form]) is not None]
    try:
        check(found)
    except DestinationError as error:
        raise Stop(error) from None
    return found


def checked(target: Target | ClientTarget, options: Options) -> Result:
    """Check a server or a client, showing progress on standard error."""
    from pathlib import Path

    from rich.console import Console

    from conformance.client_run import NoClient
    from conformance.client_target import ClientTarget as AClient
    from conformance.launch import CannotStart, LaunchError
    from conformance.probe import Unreachable
    from conformance.progress import watching
    from conformance.report import wording
    from conformance.report.destination import DestinationError, check_folder
    from conformance.runner import check_client, check_server
    from conformance.selection import UsageError

    try:
        if options.traces is not None:
            check_folder(Path(options.traces))
        with watching(Console(stderr=True), wording.checked(target)) as watch:
            if isinstance(target, AClient):
                return check_client(target, options, watch)
            return check_server(target, options, watch)
    except (UsageError, DestinationError, CannotStart) as error:
        raise Stop(error) from None
    except (Unreachable, NoClient, LaunchError) as error:
        raise Unfinished(error) from None


def saved_traces(path: str) -> list[Trace]:
    """The traces that a file holds."""
    from conformance.tracefile import TraceError, read_traces

    try:
        with open(path, encoding="utf-8") as file:
            return list(read_traces(file, path))
    except TraceError as error:
        raise Stop(error) from None
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise Stop(f"{path} is not UTF-8 text ({error.reason}). Expected a trace.") from None


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
    from rich.console import Console

    from conformance.report.console import show
    from conformance.report.destination import DestinationError, write

    code = int(result.exit_code)
    for destination in destinations:
        with quiet_pipe():
            try:
                write(destination, result, sys.stdout.buffer)
            except DestinationError as error:
                click.echo(f"wsbeat: {error}", err=True)
                code = code or INCOMPLETE
    with quiet_pipe():
        show(result, Console(stderr=any(each.is_standard_output for each in destinations)))
    return code


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
        # What is still buffered would complain once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

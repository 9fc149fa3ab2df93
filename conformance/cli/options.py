"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from conformance.report.formats import FORMATS
from conformance.run.client.drivers import DRIVERS

TIMING = "production|fast|FILE"


F = TypeVar("F", bound=Callable[..., Any])


def speaking(command: F) -> F:
    """The option that says which heartbeat is spoken."""
    return click.option(
        "--dialect",
        metavar="NAME|FILE",
        help="The heartbeat that is spoken: `wsbeat dialect list`, or a file.  [wsbeat]",
    )(command)


def selecting(command: F) -> F:
    """The options that say which requirements count, and how much."""
    for option in (
        click.option("--protocol", metavar="VERSION",
                     help="Count only what is in this version of the protocol; the rest informs."),
        click.option("--strict", is_flag=True, help="A violated SHOULD fails the run too."),
        click.option("--exclude", multiple=True, metavar="GLOB",
                     help="Do not check requirements whose IDs match. May be repeated."),
        click.option("--select", multiple=True, metavar="GLOB",
                     help="Check only requirements whose IDs match. May be repeated."),
    ):  # fmt: skip
        command = option(command)
    return command


def knowing(command: F) -> F:
    """The options about failures that are known."""
    for option in (
        click.option("--update-known-failing", "updates_known_failing", is_flag=True,
                     help="Write the list anew after the run: what fails, and nothing else."),
        click.option("--known-failing", metavar="FILE",
                     help="A list of requirements that are known to fail, and have to."),
    ):  # fmt: skip
        command = option(command)
    return command


def crowding(command: F) -> F:
    """The options that let a crowd loose on a server."""
    for option in (
        click.option("--scheduler", metavar="ADDRESS",
                     help="Let the workers of this Dask scheduler live the crowd, such as "
                     "tcp://host:8786."),
        click.option("--workers", type=click.IntRange(min=1), metavar="N",
                     help="Processes that live the crowd.  [one for each processor]"),
        click.option("--mix", metavar="FILE",
                     help="How many of the crowd live in which manner, in TOML."),
        click.option("--ramp", type=click.FloatRange(min=0), metavar="SECONDS",
                     help="During how long the crowd comes.  [500 connections a second]"),
        click.option("--for", "lasting", type=click.FloatRange(min=0, min_open=True),
                     metavar="SECONDS",
                     help="How long it lives, its coming included.  [until all was seen]"),
        click.option("--crowd", metavar="N[,N...]",
                     help="Check with so many connections that live as clients do; with several "
                     "numbers, until a requirement breaks."),
    ):  # fmt: skip
        command = option(command)
    return command


def reporting(command: F) -> F:
    """The options that send reports somewhere; `-` is standard output."""
    for row in reversed(FORMATS):
        text = f"Write the report as {row.about}; - is standard output."
        command = click.option(f"--{row.name}", metavar="FILE", help=text)(command)
    return command


def linking(command: F) -> F:
    """The option that says where the manual is, for what names requirements."""
    text = "Where the manual is, for links to requirements.  [$WSBEAT_MANUAL]"
    return click.option("--manual", metavar="URL", envvar="WSBEAT_MANUAL", help=text)(command)


def reports_in(given: dict[str, Any]) -> dict[str, str | None]:
    """Take out of what a command was given where reports are to go, by the names of their forms."""
    return {row.name: given.pop(row.name) for row in FORMATS}


def handing_over(command: F) -> F:
    """The options with which a client is handed over: one for each driver."""
    for row in reversed(DRIVERS):
        command = click.option(f"--{row.name}", metavar=row.metavar, help=row.help)(command)
    return command

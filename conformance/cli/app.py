"""The command line of wsbeat: a thin front end of the runner, and the contract of exit codes."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from conformance.cli.check import client, server
from conformance.cli.compare import compare
from conformance.cli.contract import explain, list_
from conformance.cli.dialect import dialect
from conformance.cli.init import init
from conformance.cli.references import connect, demo, serve
from conformance.cli.rejudge import judge
from conformance.cli.showing.interrupts import Interrupts
from conformance.cli.showing.outcome import FAULT, INCOMPLETE, quiet_pipe

COMMANDS = (
    server, client, serve, connect, demo, list_, explain, dialect, judge, compare, init,
)  # fmt: skip
"""The commands in the order of `--help` and the README."""


class Commands(click.Group):
    """The commands, in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        with quiet_pipe():
            return super().invoke(ctx)


def show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        import spec
        from conformance import __version__

        click.echo(f"wsbeat {__version__}, protocol {spec.version()}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Show the versions of wsbeat and the protocol.",
)
def cli() -> None:
    """Check a WebSocket server or client against the wsbeat heartbeat protocol.

    \b
    Exit codes:
      0  conformant
      1  a requirement is violated
      2  usage or configuration
      3  incomplete: unreachable, interrupted, or not everything could be checked
      4  fault of wsbeat itself
    """


for command in COMMANDS:
    cli.add_command(command)


def _cache(name: str) -> str:
    """A folder in the user's cache: nothing is to be left where wsbeat was called."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "wsbeat", name)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: run a command and exit with its code, whatever happens."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal may not be able to show what a target said; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", _cache("hypothesis"))
    interrupts = Interrupts()
    interrupts.install()
    try:
        code = cli.main(arguments, prog_name="wsbeat", standalone_mode=False, obj=interrupts) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("wsbeat: interrupted before there was anything to report.", err=True)
        code = INCOMPLETE
    except Exception as error:  # noqa: BLE001 - the one place where anything may arrive
        from conformance.cli.showing.crash import told

        click.echo(told(error), err=True)
        code = FAULT
    interrupts.ignore()
    sys.exit(code)

"""The command line of wsbeat: a thin front end of the runner, and the contract of exit codes."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from conformance.cli.showing.interrupts import Interrupts
from conformance.cli.showing.outcome import FAULT, INCOMPLETE, quiet_pipe
from conformance.cli.showing.streams import why_unsaid
from conformance.config.cache import cache_folder

UNWRITTEN = "wsbeat: what it has to say could not be written: {}."

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""How a system says that a disk is full, or what a user may have of it: no fault of wsbeat."""

COMMANDS = {
    "server": ("check", "Check the server at URL, a ws:// or wss:// address."),
    "client": ("check", "Check a client: wsbeat plays the server for it."),
    "serve": ("references", "Run the reference server until it is told to end."),
    "connect": ("references", "Run the reference client until it is told to end."),
    "demo": ("references", "Check the reference server and the reference client, here."),
    "list": ("contract", "List the requirements of the protocol."),
    "explain": ("contract", "Explain a requirement: why it is one, how it is checked."),
    "dialect": ("dialect", "Describe a heartbeat other than the protocol's own."),
    "judge": ("rejudge", "Judge saved traces again: all of one target, timing and role."),
    "compare": ("compare", "Compare two reports of --json: what is better, worse, appeared, gone."),
    "init": ("init", "Write a wsbeat.toml and a job for CI, for the server of this folder."),
}
"""The commands in the order of `--help` and the README: where each is, and what it is for.

It is told here once more, so that `wsbeat --help` need not import them all to say it.
"""


class Commands(click.Group):
    """The commands, in their order, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command_named(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, _shortened(said, limit)) for name, (_, said) in COMMANDS.items()]
            )

    def invoke(self, ctx: click.Context) -> Any:
        with quiet_pipe():
            return super().invoke(ctx)


def command_named(name: str) -> click.Command:
    """One of the commands."""
    module = import_module(f"conformance.cli.{COMMANDS[name][0]}")
    found = getattr(module, "list_" if name == "list" else name)
    assert isinstance(found, click.Command)
    return found


def _shortened(said: str, limit: int) -> str:
    """What a command is for, as click shortens it."""
    return click.Command(None, help=said).get_short_help_str(limit)


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


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: run a command and exit with its code, whatever happens."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal may not be able to show what a target said; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", cache_folder("hypothesis"))
    interrupts = Interrupts()
    interrupts.install()
    try:
        code = cli.main(arguments, prog_name="wsbeat", standalone_mode=False, obj=interrupts) or 0
    except click.ClickException as error:
        with suppress(OSError):  # Where nobody can be told, the exit code is all that is left.
            error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _tell("wsbeat: interrupted before there was anything to report.")
        code = INCOMPLETE
    except Exception as error:  # noqa: BLE001 - the one place where anything may arrive
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            _tell(UNWRITTEN.format(error.strerror))
            code = INCOMPLETE
        else:
            from conformance.cli.showing.crash import told

            _tell(told(error))
            code = FAULT
    interrupts.ignore()
    if (why := why_unsaid()) and not code:
        _tell(UNWRITTEN.format(why))
        code = INCOMPLETE
    sys.exit(code)


def _tell(text: str) -> None:
    with suppress(OSError):
        click.echo(text, err=True)

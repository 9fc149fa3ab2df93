"""`wsbeat judge`: judge saved traces again."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import click

from conformance.cli.options import linking, reporting, selecting
from conformance.cli.showing.outcome import Stop, destinations, finish


@click.command()
@click.argument("traces", nargs=-1, required=True, metavar="TRACE...")
@selecting
@reporting
@linking
def judge(traces: tuple[str, ...], select: tuple[str, ...],
          exclude: tuple[str, ...], strict: bool, protocol: str | None,
          manual: str | None, **reports: str | None) -> None:  # fmt: skip
    """Judge saved traces again: all of one target, timing and role.

    A TRACE is a file, or a folder that --traces made, for all that is in it.
    """
    from conformance.config.dialect import known_version
    from conformance.config.error import ConfigError
    from conformance.config.file import manual_here
    from conformance.config.url import checked_manual
    from conformance.run.rejudge import files_of, judge_traces
    from conformance.run.replay import saved_traces
    from conformance.targets.options import Options
    from conformance.verdict.selection import UsageError

    try:
        files = [file for path in traces for file in files_of(path)]
        found = [trace for file in files for trace in saved_traces(file)]
        found_writable = destinations(found[0].dialect if found else None, **reports)
        asked = Options(
            select=select,
            exclude=exclude,
            strict=strict,
            protocol=known_version(protocol),
            manual=checked_manual(manual or manual_here()),
        )
        result = judge_traces(found, asked)
    except (ConfigError, UsageError) as error:
        raise Stop(error) from None
    finish(result, found_writable)

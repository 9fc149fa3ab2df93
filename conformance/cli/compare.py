"""`wsbeat compare`: what became of a target from one report to the next."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import click

from conformance.cli.showing.outcome import VIOLATED, Stop, width


@click.command()
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
def compare(old: str, new: str) -> None:
    """Compare two reports of --json: what is better, worse, appeared, gone.

    Exit code 1 means that a requirement that both reports check came off worse.
    """
    from conformance.report.comparison import NoReport, compared, is_worse, lines, read_report

    try:
        reports = read_report(old), read_report(new)
        changes = compared(*reports)
    except NoReport as error:
        raise Stop(error) from None
    click.echo("\n".join(lines(*reports, changes, min(width(), 120))))
    raise click.exceptions.Exit(VIOLATED if is_worse(changes) else 0)

"""`wsbeat list` and `wsbeat explain`: read the contract."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from conformance.cli.options import linking
from conformance.cli.showing.outcome import Stop, width


@click.command("list")
@click.option("--scenarios", "about_scenarios", is_flag=True, help="List the scenarios instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--dialect", metavar="NAME|FILE", help="Say what becomes of each in a dialect.")
def list_(about_scenarios: bool, as_json: bool, dialect: str | None) -> None:
    """List the requirements of the protocol."""
    if dialect is not None:
        _list_in(dialect)
        return
    from conformance.report.contract import listing

    columns = width() if sys.stdout.isatty() else None
    if about_scenarios:
        from itertools import chain

        from conformance.scenarios import scenarios
        from conformance.scenarios.client.pairs import pairs

        listed = listing.scenario_lines(scenarios(), columns)
        lines: Iterator[str] = chain(listed, listing.pair_lines(pairs(), columns))
        documents = listing.scenario_documents(scenarios(), pairs())
    else:
        from conformance.rules import rules

        judged = {rule.requirement for rule in rules()}
        lines = listing.requirement_lines(judged, columns)
        documents = listing.requirement_documents(judged)
    if as_json:
        from json import dumps

        click.echo(dumps(documents, indent=2))
    else:
        click.echo("\n".join(lines))


def _list_in(named: str) -> None:
    """List the requirements with what becomes of each in a dialect."""
    from conformance.cli.dialect import states_in
    from conformance.report.contract.dialect import requirement_lines

    click.echo("\n".join(requirement_lines(states_in(named), min(width(), 100))))


def _told_in(named: str, id: str) -> str:
    """What becomes of a requirement in a dialect."""
    from conformance.cli.dialect import states_in
    from conformance.report.contract.dialect import requirement_lines

    found = [each for each in states_in(named) if each.requirement.id == id]
    if not found:
        return "  Whom it is about cannot be checked in it: `wsbeat dialect check` says why."
    return "\n".join(requirement_lines(found, min(width(), 100)))


@click.command()
@click.argument("id")
@click.option("--dialect", metavar="NAME|FILE", help="Say what becomes of it in a dialect.")
@linking
def explain(id: str, dialect: str | None, manual: str | None) -> None:
    """Explain a requirement: why it is one, how it is checked."""
    import spec
    from conformance.config.error import ConfigError
    from conformance.config.file import manual_here
    from conformance.config.url import checked_manual
    from conformance.report.contract.explanation import explanation
    from conformance.report.failure.mend import mend_in
    from conformance.report.manual import address
    from conformance.rules import rules
    from conformance.scenarios import scenarios
    from spec.dialect.file import read_dialect

    try:
        requirement = spec.requirement(id)
    except spec.UnknownRequirement as error:
        sentence = str(error) if str(error).endswith("?") else f"{error}."
        raise Stop(f"{sentence} `wsbeat list` shows them all.") from None
    try:
        link = address(checked_manual(manual or manual_here()), id)
    except ConfigError as error:
        raise Stop(error) from None
    mend = None
    if dialect is not None:
        click.echo(f"in the dialect\n{_told_in(dialect, id)}\n")
        mend = mend_in(read_dialect(dialect), id)
    rule = next((each for each in rules() if each.requirement == id), None)
    exercising = [each for each in scenarios() if id in each.exercises]
    columns = min(width(), 100)
    click.echo("\n".join(explanation(requirement, rule, exercising, columns, link, mend)))

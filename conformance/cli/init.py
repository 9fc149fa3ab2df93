"""`wsbeat init`: begin a gate."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from conformance.cli.showing.outcome import Stop

UVICORN = "uvicorn "


@click.command()
@click.argument("url", required=False)
@click.option("--command", metavar="'COMMAND ... {port}'", help="How the server is started.")
@click.option("--ci", type=click.Choice(["github", "gitlab"]), help="Where CI runs.")
def init(url: str | None, command: str | None, ci: str | None) -> None:
    """Write a wsbeat.toml and a job for CI, for the server of this folder.

    What the sources say is not asked for: the application, its path, where CI runs. Files that are
    there stay as they are.
    """
    from conformance.config.beginning.initial import job, place_of_job, place_of_toml, toml
    from conformance.config.beginning.project import found_in, installing, service_of
    from conformance.config.error import ConfigError
    from conformance.config.server import Given, requested

    folder = Path()
    if url is None and command is None:
        found = found_in(folder)
        if found is None:
            raise Stop(
                "No WebSocket server was found in the sources of this folder. Say how it is "
                "started, and at which path it listens: "
                "`wsbeat init /ws --command 'uvicorn app:app --port {port}'`, or where it runs: "
                "`wsbeat init ws://localhost:8000/ws`."
            )
        url, command = found.path, found.command
        click.echo(f"found in {found.where}: {command}, at {url}")
    try:
        target, _ = requested(Given(url=url, command=command), None)
    except ConfigError as error:
        raise Stop(error) from None
    service = service_of(folder) if ci is None else ("gitlab" if ci == "gitlab" else "github")
    files = {
        place_of_toml(folder): toml(target.url if command else url, command),
        place_of_job(service, folder): job(service, installing(folder)),
    }
    for path, text in files.items():
        _write(path, text)
    if command and command.startswith(UVICORN):
        name = command.removeprefix(UVICORN).split()[0]
        click.echo(
            "in seconds, before anything else: "
            f"`wsbeat server asgi:{name}{urlsplit(target.url).path} --virtual`"
        )
    click.echo(
        "next: `wsbeat server`; where it fails for what you know, "
        "`wsbeat server --known-failing known-failing.toml --update-known-failing`"
    )


def _write(path: Path, text: str) -> None:
    if path.exists():
        click.echo(f"left as it is: {path}")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror}.") from None
    included = " (include it from .gitlab-ci.yml)" if path.name == "heartbeat.gitlab-ci.yml" else ""
    click.echo(f"written: {path}{included}")

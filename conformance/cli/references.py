"""`wsbeat serve`, `wsbeat connect` and `wsbeat demo`: run the reference peers."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import os
from contextlib import nullcontext

import click

from conformance.cli.options import TIMING, reporting
from conformance.cli.showing.outcome import Stop, Unfinished, destinations, finish, finish_both
from conformance.cli.showing.running import checked, requested


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 is any free one.",
)
@click.option("--timing", metavar=TIMING, help="Timing parameters.  [production]")
@click.option("--server-ping", is_flag=True, help="Plan B: the server pings.")
@click.option("--inbound-liveness", is_flag=True, help="Any data message restarts the clock.")
def serve(
    host: str, port: int, timing: str | None, server_ping: bool, inbound_liveness: bool
) -> None:
    """Run the reference server until it is told to end."""
    from conformance.cli.demo import missing_reference

    if lacking := missing_reference():
        raise Stop(lacking)
    import reference_server
    from reference_server.serving import announcement

    environment = dict(os.environ)
    environment |= {"WSBEAT_TIMING": timing} if timing else {}
    environment |= {"WSBEAT_SERVER_PING": "1"} if server_ping else {}
    environment |= {"WSBEAT_INBOUND_LIVENESS": "1"} if inbound_liveness else {}
    try:
        settings = reference_server.Settings.from_environment(environment)
        reference_server.serve(
            host, port, settings, lambda url: click.echo(announcement(url, settings))
        )
    except (reference_server.SettingsError, reference_server.CannotListen) as error:
        raise Stop(error) from None


@click.command()
@click.argument("url", envvar="WSBEAT_URL")
@click.option("--timing", metavar=TIMING, help="Timing parameters.  [production]")
@click.option("--cafile", metavar="FILE", help="Certificates to trust besides the system's.")
def connect(url: str, timing: str | None, cafile: str | None) -> None:
    """Run the reference client until it is told to end.

    It connects to URL, or to WSBEAT_URL, prints what happens, and sends the lines of standard
    input that are JSON.
    """
    import reference_client

    environment = os.environ | ({"WSBEAT_TIMING": timing} if timing else {})
    try:
        settings = reference_client.Settings.from_environment(environment)
        reference_client.run(url, settings, reference_client.trust(cafile))
    except ValueError as error:
        raise Stop(error) from None


@click.command()
@click.option(
    "--timing",
    metavar=TIMING,
    help="Timing parameters of both sides.  [fast; with --virtual production]",
)
@click.option(
    "--virtual",
    is_flag=True,
    help="Check both in this process, where time passes only while all wait.",
)
@reporting
def demo(timing: str | None, virtual: bool, **reports: str | None) -> None:
    """Check the reference server and the reference client, here.

    Reports on the client go beside those on the server, as FILE-client.
    """
    from conformance.cli.demo import (
        DemoError,
        missing_reference,
        reference_client,
        reference_server,
        settings_of,
    )
    from conformance.config.client import ClientGiven, requested_client
    from conformance.config.server import Given

    if lacking := missing_reference():
        raise Stop(lacking)
    found_writable = destinations(None, **reports)
    timing = timing or ("production" if virtual else "fast")
    requested(Given(url="ws://127.0.0.1", timing=timing))
    try:
        with settings_of(timing) if virtual else reference_server(timing) as url:
            named = "asgi:reference_server:app/ws" if virtual else url
            server = checked(*requested(Given(url=named, virtual=virtual, timing=timing)))
    except DemoError as error:
        raise Unfinished(error) from None
    interrupts = click.get_current_context().obj
    if server.interrupted or (interrupts is not None and interrupts.has_come):
        finish(server, found_writable)
    if virtual:
        given = ClientGiven(named="py:reference_client:live", virtual=True, timing=timing)
    else:
        given = ClientGiven({"command": reference_client(timing)}, timing=timing)
    with settings_of(timing) if virtual else nullcontext():
        client = checked(*requested_client(given))
    finish_both(server, client, found_writable)

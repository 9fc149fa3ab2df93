"""`wsbeat server` and `wsbeat client`: check a peer."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

from typing import Any

import click

from conformance.cli.options import (
    TIMING,
    crowding,
    handing_over,
    knowing,
    linking,
    reporting,
    reports_in,
    selecting,
    speaking,
)
from conformance.cli.showing.outcome import Stop, destinations, finish
from conformance.cli.showing.running import checked, requested
from conformance.run.client.drivers import DRIVERS, driver_named


@click.command()
@click.argument("url", required=False)
@click.option(
    "--command",
    metavar="'COMMAND ... {port}'",
    help="Start the server with this, at a free port; URL may then be left out, be a path, or have "
    "{port} in it. It appears in reports.",
)
@click.option(
    "--virtual",
    is_flag=True,
    help="Check asgi:... or py:... in wsbeat's own process, where time passes only while all wait.",
)
@click.option("--timing", metavar=TIMING, help="The server's timing parameters.  [production]")
@speaking
@click.option("--config", metavar="FILE", help="Read a wsbeat.toml; options win over it.")
@selecting
@knowing
@click.option("--seed", type=int, help="Seed of the generated messages.  [0]")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    metavar="N",
    help="Generated examples per exploring scenario.  [100]",
)
@reporting
@linking
@click.option("--traces", metavar="DIR", help="Keep everything that was seen on the wire.")
@click.option(
    "--replay", metavar="FILE", help="Only play again what a trace, kept with --traces, shows."
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Header field of the handshake; appears in no report. May be repeated. {n} in the value "
    "is another number on each connection.",
)
@click.option(
    "--subprotocol",
    "subprotocols",
    multiple=True,
    metavar="NAME",
    help="Subprotocol to offer. May be repeated.",
)
@click.option("--origin", metavar="ORIGIN", help="Origin header field of the handshake.")
@click.option("--cafile", metavar="FILE", help="Certificates to trust instead of the system's.")
@click.option("--insecure", is_flag=True, help="Accept any certificate.")
@click.option(
    "--client-cert",
    metavar="FILE[,KEY]",
    help="Certificate to present, and its key; one PEM file may hold both.",
)
@click.option(
    "--behind-proxy",
    metavar="URL",
    help="The same server through its proxies; URL leads straight to it. Checks D-PROXY.",
)
@click.option("--compression", is_flag=True, help="Offer permessage-deflate.")
@click.option(
    "--max-message",
    type=click.IntRange(min=1),
    metavar="BYTES",
    help="The server's declared size limit: one byte more is to be closed with 1009.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(min=1),
    metavar="N",
    help="Connections at a time.  [300 unless the host is this machine]",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Handshakes per second.  [20 unless the host is this machine]",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop after so long and report what was seen by then.",
)
@click.option("--fail-fast", is_flag=True, help="Stop as soon as a MUST is violated.")
@click.option("--no-echo", is_flag=True, help="The server does not echo business messages.")
@click.option("--server-ping", is_flag=True, help="Plan B: the server pings.")
@click.option(
    "--inbound-liveness", is_flag=True, help="Any data message restarts the server's clock."
)
@click.option(
    "--one-per-user", is_flag=True, help="A newer connection of a user ends the older one."
)
@crowding
def server(config: str | None, **given: Any) -> None:
    """Check the server at URL, a ws:// or wss:// address.

    With --command wsbeat starts the server itself, and ends it; then it also sees how the server
    shuts down, and whether its wall clock matters.
    """
    from conformance.config.file import found
    from conformance.config.server import Given

    reports = reports_in(given)
    config = found(config, is_told=bool(given["url"] or given["command"]))
    target, options = requested(Given(**given), config)
    found_writable = destinations(target.dialect, **reports)
    finish(checked(target, options), found_writable)


@click.command()
@click.argument("named", metavar="[py:MODULE:NAME]", required=False)
@handing_over
@click.option(
    "--virtual",
    is_flag=True,
    help="Check py:... in wsbeat's own process, where time passes only while all wait.",
)
@click.option("--timing", metavar=TIMING, help="The client's timing parameters.  [production]")
@speaking
@click.option("--config", metavar="FILE", help="Read a wsbeat.toml; options win over it.")
@selecting
@knowing
@click.option("--seed", type=int, help="Seed of the generated messages.  [0]")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    metavar="N",
    help="Generated examples of messages that a client cannot use.  [100]",
)
@reporting
@linking
@click.option("--traces", metavar="DIR", help="Keep everything that was seen on the wire.")
@click.option(
    "--replay", metavar="FILE", help="Only play again what a trace, kept with --traces, shows."
)
@click.option(
    "--client-env",
    "trust",
    multiple=True,
    metavar="NAME",
    help="Environment variable that tells the command of a CA file, besides the "
    "usual ones. May be repeated.",
)
@click.option(
    "--http",
    metavar="FILE",
    help="Answer plain HTTP at the same port with this file, such as a ticket.",
)
@click.option("--server-ping", is_flag=True, help="Plan B: wsbeat pings, the client answers.")
@click.option("--no-echo", is_flag=True, help="Do not echo the client's business messages.")
def client(config: str | None, **given: Any) -> None:
    """Check a client: wsbeat plays the server for it.

    A command gets the URL to connect to in the place of {url}, and in the environment variable
    WSBEAT_URL; SIGTERM and SIGINT ask it to end in order. It appears in reports: pass secrets in
    the environment.
    """
    from conformance.config.client import ClientGiven, completed, requested_client
    from conformance.config.error import ConfigError
    from conformance.config.file import found
    from conformance.verdict.selection import UsageError

    reports = reports_in(given)
    try:
        handed_over = {row.name: given.pop(row.name) for row in DRIVERS}
        config = found(config, is_told=any([given["named"], *handed_over.values()]))
        target, options = requested_client(completed(ClientGiven(handed_over, **given), config))
    except (ConfigError, UsageError) as error:
        raise Stop(error) from None
    found_writable = destinations(target.dialect, **reports)
    if not driver_named(target.driver).starts_anew:
        click.echo(f"wsbeat: waiting for a client at ws://{target.given}/", err=True)
    finish(checked(target, options), found_writable)

"""The command line of wsbeat: a thin front end of the runner, and the contract of exit codes."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import click

from conformance.invocation import (
    FAULT,
    INCOMPLETE,
    Stop,
    Unfinished,
    checked,
    destinations,
    finish,
    finish_both,
    quiet_pipe,
    requested,
    saved_traces,
    width,
)

TIMING = "production|fast|FILE"


F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """The commands, in the order in which they are written here."""

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


def _selecting(command: F) -> F:
    """The options that say which requirements count, and how much."""
    for option in (
        click.option("--strict", is_flag=True, help="A violated SHOULD fails the run too."),
        click.option("--exclude", multiple=True, metavar="GLOB",
                     help="Do not check requirements whose IDs match. May be repeated."),
        click.option("--select", multiple=True, metavar="GLOB",
                     help="Check only requirements whose IDs match. May be repeated."),
    ):  # fmt: skip
        command = option(command)
    return command


def _reporting(command: F) -> F:
    """The options that send reports somewhere; `-` is standard output."""
    for form, about in (("html", "one HTML page"), ("markdown", "Markdown, for a CI summary"),
                        ("junit", "JUnit XML"), ("json", "JSON")):  # fmt: skip
        text = f"Write the report as {about}; - is standard output."
        command = click.option(f"--{form}", metavar="FILE", help=text)(command)
    return command


@cli.command()
@click.argument("url", required=False)
@click.option(
    "--command",
    metavar="'COMMAND ... {port}'",
    help="Start the server with this, at a free port; URL may then be left out, be a path, or have "
    "{port} in it. It appears in reports.",
)
@click.option("--timing", metavar=TIMING, help="The server's timing parameters.  [production]")
@click.option("--config", metavar="FILE", help="Read a wsbeat.toml; options win over it.")
@_selecting
@click.option("--seed", type=int, help="Seed of the generated messages.  [0]")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    metavar="N",
    help="Generated examples per exploring scenario.  [100]",
)
@_reporting
@click.option("--traces", metavar="DIR", help="Keep everything that was seen on the wire.")
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Header field of the handshake; appears in no report. May be repeated.",
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
@click.option("--no-echo", is_flag=True, help="The server does not echo business messages.")
@click.option("--server-ping", is_flag=True, help="Plan B: the server pings.")
@click.option(
    "--inbound-liveness", is_flag=True, help="Any data message restarts the server's clock."
)
def server(config: str | None, json: str | None, junit: str | None,
           markdown: str | None, html: str | None, **given: Any) -> None:  # fmt: skip
    """Check the server at URL, a ws:// or wss:// address.

    With --command wsbeat starts the server itself, and ends it; then it also sees how the server
    shuts down, and whether its wall clock matters.
    """
    from conformance.config import Given

    target, options = requested(Given(**given), config)
    reports = destinations(json=json, junit=junit, markdown=markdown, html=html)
    finish(checked(target, options), reports)


@cli.command()
@click.option(
    "--command",
    metavar="'CMD {url}'",
    help="Start the client with this command, one process for each scenario.",
)
@click.option(
    "--page",
    metavar="'URL?ws={url}'",
    help="Open this page in headless Chromium, one tab for each scenario.",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Wait there for the client, whoever starts it; scenarios take turns.",
)
@click.option("--timing", metavar=TIMING, help="The client's timing parameters.  [production]")
@_selecting
@click.option("--seed", type=int, default=0, help="Seed of the generated messages.  [0]")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    metavar="N",
    help="Generated examples of messages that a client cannot use.  [100]",
)
@_reporting
@click.option("--traces", metavar="DIR", help="Keep everything that was seen on the wire.")
@click.option(
    "--client-env",
    "trust",
    multiple=True,
    metavar="NAME",
    help="Environment variable that tells the command of a CA file, besides the "
    "usual ones. May be repeated.",
)
@click.option("--server-ping", is_flag=True, help="Plan B: wsbeat pings, the client answers.")
@click.option("--no-echo", is_flag=True, help="Do not echo the client's business messages.")
def client(json: str | None, junit: str | None, markdown: str | None,
           html: str | None, **given: Any) -> None:  # fmt: skip
    """Check a client: wsbeat plays the server for it.

    A command gets the URL to connect to in the place of {url}, and in the environment variable
    WSBEAT_URL; SIGTERM and SIGINT ask it to end in order. It appears in reports: pass secrets in
    the environment.
    """
    from conformance.client_config import ClientGiven, requested_client
    from conformance.config import ConfigError

    try:
        target, options = requested_client(ClientGiven(**given))
    except ConfigError as error:
        raise Stop(error) from None
    reports = destinations(json=json, junit=junit, markdown=markdown, html=html)
    if target.way == "listen":
        click.echo(f"wsbeat: waiting for a client at {target.address}", err=True)
    finish(checked(target, options), reports)


@cli.command()
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
    from conformance.demo import missing_reference

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


@cli.command()
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


@cli.command()
@click.option(
    "--timing",
    metavar=TIMING,
    default="fast",
    show_default=True,
    help="Timing parameters of both sides.",
)
@_reporting
def demo(timing: str, **reports: str | None) -> None:
    """Check the reference server and the reference client, here.

    Reports on the client go beside those on the server, as FILE-client.
    """
    from conformance.client_config import ClientGiven, requested_client
    from conformance.config import Given
    from conformance.demo import DemoError, missing_reference, reference_client, reference_server

    if lacking := missing_reference():
        raise Stop(lacking)
    found_writable = destinations(**reports)
    requested(Given(url="ws://127.0.0.1", timing=timing))
    try:
        with reference_server(timing) as url:
            server = checked(*requested(Given(url=url, timing=timing)))
    except DemoError as error:
        raise Unfinished(error) from None
    if server.interrupted:
        finish(server, found_writable)
    given = ClientGiven(command=reference_client(timing), timing=timing)
    finish_both(server, checked(*requested_client(given)), found_writable)


@cli.command("list")
@click.option("--scenarios", "about_scenarios", is_flag=True, help="List the scenarios instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(about_scenarios: bool, as_json: bool) -> None:
    """List the requirements of the protocol."""
    from conformance.report import listing

    columns = width() if sys.stdout.isatty() else None
    if about_scenarios:
        from conformance.scenarios import scenarios

        lines = listing.scenario_lines(scenarios(), columns)
        documents = listing.scenario_documents(scenarios())
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


@cli.command()
@click.argument("id")
def explain(id: str) -> None:
    """Explain a requirement: why it is one, how it is checked."""
    import spec
    from conformance.report.explanation import explanation
    from conformance.rules import rules
    from conformance.scenarios import scenarios

    try:
        requirement = spec.requirement(id)
    except spec.UnknownRequirement as error:
        sentence = str(error) if str(error).endswith("?") else f"{error}."
        raise Stop(f"{sentence} `wsbeat list` shows them all.") from None
    rule = next((each for each in rules() if each.requirement == id), None)
    exercising = [each for each in scenarios() if id in each.exercises]
    click.echo("\n".join(explanation(requirement, rule, exercising, min(width(), 100))))


@cli.command()
@click.argument("traces", nargs=-1, required=True, metavar="TRACE...")
@_selecting
@_reporting
def judge(traces: tuple[str, ...], select: tuple[str, ...],
          exclude: tuple[str, ...], strict: bool, **reports: str | None) -> None:  # fmt: skip
    """Judge saved traces again: all of one target, timing and role."""
    from conformance.runner import judge_traces
    from conformance.selection import UsageError
    from conformance.target import Options

    found_writable = destinations(**reports)
    found = [trace for path in traces for trace in saved_traces(path)]
    try:
        result = judge_traces(found, Options(select=select, exclude=exclude, strict=strict))
    except UsageError as error:
        raise Stop(error) from None
    finish(result, found_writable)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: run a command and exit with its code, whatever happens."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal may not be able to show what a target said; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # A CI that gives up sends SIGTERM: what is known by then is reported, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A terminal that closes is no reason to leave a server behind; with nohup it does not matter.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        code = cli.main(arguments, prog_name="wsbeat", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("wsbeat: interrupted before there was anything to report.", err=True)
        code = INCOMPLETE
    except Exception as error:  # noqa: BLE001 - the one place where anything may arrive
        from conformance.report.fault import told

        click.echo(told(error), err=True)
        code = FAULT
    sys.exit(code)

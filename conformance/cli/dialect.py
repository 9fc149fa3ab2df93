"""`wsbeat dialect`: heartbeats other than the protocol's own, as files."""

# ruff: noqa: PLC0415 - each command imports what it needs: `wsbeat --help` must not pay for a run.

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.showing.outcome import Stop, width

if TYPE_CHECKING:
    from conformance.rules.in_dialect import InDialect
    from conformance.trace.trace import Role

NEW = """\
# A dialect of wsbeat: how a heartbeat is spelled, and what it asks for.
# `wsbeat dialect check FILE` says in words what was understood. Only dialect, name and [ping] are
# needed; what is left out is left open, and not judged.

dialect = 1
name = "{name}"
source = "where the heartbeat is written down"

# batches = true                    # a JSON array of messages stands for these

# [[prelude]]                       # what comes before heartbeats count: a login, say
# by = "client"                     # who says it; optional = true: it may be left out
# text = '{{"event":"login","token":"${{env:TOKEN}}"}}'
# [[prelude]]
# by = "server"
# text = '{{"event":"welcome","id":"${{any}}"}}'

[ping]
by = "client"                       # who pings: client, server or both
text = '{{"event":"hb","n":${{id}}}}'   # ${{id}}: a number; also ${{any}}, ${{now}}, ${{env:NAME}}
# rising = true                     # its numbers rise over all that a client says

[pong]
text = '{{"event":"ack","n":${{id}}}}'  # the same ${{id}} as in the ping: it is copied
# further = true                    # it may have further members
# hear = '{{"event":"ack","...":0}}'  # what is as good, where that differs; "...": further members

[timeout]                           # leave it out if silent connections are not ended
close = [4008]                      # one of these ends: codes, "4000-4999", "empty", "abort"
# reason = "heartbeat timeout"

# [alive]
# by = "messages"                   # pings (unless said), messages: any of them, never

# [server]                          # of a server that pings
# next = "pong"                     # from when its next is counted: its ping (unless said), the
                                    # pong to that, what it received; "free": it pings as it likes

# [others]                          # what a server makes of what is no heartbeat: free (unless
# json = "free"                     # said), ignore, or a list such as ["ignore", 1003]
# not_json = ["ignore"]
# binary = ["ignore", 1003]

# [client]                          # what a client does besides
# next = "ping"                     # its interval counts from the last ping (unless said), pong,
#                                   # message received or sent; or it pings when it likes: free
# gives_up = ["4000-4999"]          # how it ends a connection without pongs; []: never
# stays_away = [4001]               # the ends of a server that it does not come back from
# may_stay_away = ["4300-4999"]     # those that it need not come back from
# bears = ["json", "not_json", "binary", "pongs"]   # what it cannot use and has to bear

[timing]                            # seconds
heartbeat_interval = 20
heartbeat_timeout = 45              # a silent connection is not ended before this,
check_interval = 5                  # and by so much later
# pong_timeout = 10                 # of clients: how long one waits for a pong,
# reconnect_delay = 1               # how long before it comes back, at the least,
# reconnect_jitter = 2              # how much longer at the most,
# reconnect_cap = 30                # and at the most after failures
"""


@click.group()
def dialect() -> None:
    """Describe a heartbeat other than the protocol's own."""


@dialect.command("list")
def list_() -> None:
    """List the dialects that come with wsbeat."""
    from spec.dialect.shipped import names, shipped

    longest = max(map(len, names()))
    for name in names():
        click.echo(f"{name:<{longest}}  {shipped(name).source}")


@dialect.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the file of a dialect that comes with wsbeat."""
    from spec.dialect.shipped import names, text_of
    from spec.suggestion import suggestion

    if name not in names():
        raise Stop(f"no dialect is called {name!r:.60}{suggestion(name, names()) or '.'}")
    click.echo(text_of(name), nl=False)


@dialect.command()
@click.argument("file", default="-")
@click.option("--name", default="ours", help="What reports call it.  [ours]")
def new(file: str, name: str) -> None:
    """Write a commented dialect to start from, to FILE or standard output."""
    from spec.dialect.file import DialectError, read_document

    text = NEW.format(name=name)
    try:
        import tomllib

        read_document(tomllib.loads(text), "--name")
    except (DialectError, tomllib.TOMLDecodeError) as error:
        raise Stop(f"{error}.") from None
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        with Path(file).open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise Stop(f"{file} exists, and is left as it is.") from None
    except (OSError, ValueError) as error:
        raise Stop(f"{file!r:.200} cannot be written: {error}.") from None
    click.echo(f"{file} is written. `wsbeat dialect check {file}` says what it means.")


def states_in(named: str) -> list[InDialect]:
    """What becomes of each requirement in a dialect; raises Stop where it is none.

    Those on a role that cannot be checked in it are left out.
    """
    from conformance.config.dialect import lacking, said_capabilities
    from conformance.rules.in_dialect import in_dialect
    from spec.dialect.file import DialectError, read_dialect
    from spec.dialect.timing import timing_of

    try:
        found = read_dialect(named)
    except DialectError as error:
        raise Stop(f"{error}.") from None
    roles: tuple[Role, ...] = ("server", "client")
    said = said_capabilities(found)
    states = (
        state
        for role in roles
        if lacking(found, role) is None
        for state in in_dialect(found, timing_of(found), role, said)
    )
    return list({state.requirement.id: state for state in states}.values())


@dialect.command()
@click.argument("file", metavar="NAME|FILE")
def check(file: str) -> None:
    """Say in words what a dialect means, and what becomes of each requirement."""
    from conformance.config.dialect import lacking, said_capabilities
    from conformance.report.contract.dialect import requirement_lines, understood, warnings
    from conformance.rules.in_dialect import in_dialect
    from spec.dialect.file import DialectError, read_dialect
    from spec.dialect.timing import timing_of

    try:
        found = read_dialect(file)
    except DialectError as error:
        raise Stop(f"{error}.") from None
    timing, columns = timing_of(found), min(width(), 100)
    click.echo("\n".join(understood(found, timing, columns)))
    for line in warnings(found, timing, columns):
        click.echo(line)
    for role in ("server", "client"):
        click.echo(f"\non a {role}")
        why = lacking(found, role)
        if why is not None:
            click.echo(f"  cannot be checked: {why}")
            continue
        states = in_dialect(found, timing, role, said_capabilities(found))
        click.echo("\n".join(requirement_lines(states, columns)))

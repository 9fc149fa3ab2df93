"""What client is to be checked and how, from the command line."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import spec
from conformance.config.error import ConfigError
from conformance.targets.client import ClientTarget, Way
from conformance.targets.options import DEFAULT_EXAMPLES, Options
from conformance.targets.printable import printable
from conformance.trace.trace import Capabilities

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ClientGiven:
    """What the command line says; None, empty or False where it says nothing."""

    command: str | None = None
    page: str | None = None
    listen: str | None = None
    timing: str | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False
    seed: int = 0
    examples: int | None = None
    traces: str | None = None
    trust: tuple[str, ...] = ()
    server_ping: bool = False
    no_echo: bool = False


def requested_client(given: ClientGiven) -> tuple[ClientTarget, Options]:
    """The client and the options; raises ConfigError."""
    way, what = _way(given)
    if given.trust and way != "command":
        raise ConfigError(
            f"--client-env is for --command: nothing can be put into the environment of "
            f"a client that is handed over with --{way}."
        )
    for name in given.trust:
        if not VARIABLE.fullmatch(name):
            raise ConfigError(
                f"--client-env: {printable(name, 60)!r} is no name of an environment variable. "
                "Expected one such as SSL_CERT_FILE."
            )
    source = given.timing or "production"
    try:
        timing = spec.load_timing(source)
    except spec.TimingError as error:
        raise ConfigError(f"--timing: {error}") from None
    capabilities = Capabilities(echo=not given.no_echo, server_ping=given.server_ping)
    target = ClientTarget(way, what, timing, source, capabilities, given.trust)
    options = Options(
        select=given.select,
        exclude=given.exclude,
        strict=given.strict,
        seed=given.seed,
        examples=DEFAULT_EXAMPLES if given.examples is None else given.examples,
        traces=given.traces,
    )
    return target, options


def _way(given: ClientGiven) -> tuple[Way, str]:
    """How the client is handed over; the one way that was given, checked."""
    told: dict[Way, str | None] = {
        "command": given.command,
        "page": given.page,
        "listen": given.listen,
    }
    found = [(way, what) for way, what in told.items() if what is not None]
    if len(found) != 1:
        raise ConfigError(
            f"{'No client was' if not found else 'More than one client was'} given. Expected one "
            "of --command 'node client.js {url}', --page 'http://host/page?ws={url}' "
            "and --listen HOST:PORT."
        )
    [(way, what)] = found
    checks = {"command": _checked_command, "page": _checked_page, "listen": _checked_address}
    return way, checks[way](what)


def _checked_command(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"--command cannot be read as a command: {error}.") from None
    if not words:
        raise ConfigError("--command is empty. Expected one such as 'node client.js {url}'.")
    if "{url}" not in command and "WSBEAT_URL" not in command:
        raise ConfigError(
            "--command has no {url} in it, so the client would not know where to connect to. Put "
            "it where the URL belongs, or write: env WSBEAT_URL={url} " + printable(command, 200)
        )
    if shutil.which(words[0]) is None:
        raise ConfigError(
            f"--command: there is no program {printable(words[0], 200)!r} that could be run. "
            "Expected the path of one, or a name that is found in PATH."
        )
    return command


def _checked_page(page: str) -> str:
    shown = printable(re.sub(r"(?<=//)[^/?#]*@", "", page), 200)
    if "{url}" not in page:
        raise ConfigError(
            f"--page: {shown} has no {{url}} in it, so the page would not know where to connect "
            "to. Expected one such as 'http://127.0.0.1:8000/?ws={url}'."
        )
    try:
        parts = urlsplit(page)
    except ValueError as error:
        raise ConfigError(f"--page: {shown} is no URL: {error}.") from None
    if parts.scheme not in ("http", "https", "file"):
        raise ConfigError(f"--page: {shown} is no page. Expected a URL with http:// or https://.")
    from conformance.run.client.drivers.browser import missing_browser  # noqa: PLC0415 - only for pages

    if lacking := missing_browser():
        raise ConfigError(lacking)
    return page


def _checked_address(address: str) -> str:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) < 2**16:
        raise ConfigError(
            f"--listen: {printable(address, 100)!r} is no address. Expected HOST:PORT, such as "
            "127.0.0.1:8765; port 0 is any free one."
        )
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, int(port)))
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConfigError(f"--listen: cannot listen on {address}: {why}.") from None
        found = trial.getsockname()[1]
    return f"[{host}]:{found}" if ":" in host else f"{host}:{found}"

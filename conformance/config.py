"""What is to be checked and how, from a `wsbeat.toml` and the command line together.

A file is read only where `--config` names it: a run must not depend on the folder it was started
from. What the command line says wins over the file. What this version cannot act on is refused,
for an option that is accepted and ignored makes a suite lie.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import spec
from conformance.asgi import NotAnApplication, is_application, served
from conformance.messages import SIZE
from conformance.report.printable import printable
from conformance.secret import shown as masked
from conformance.target import DEFAULT_EXAMPLES, PORT, Options, Target
from conformance.trace.trace import Capabilities

RESERVED_HEADERS = {
    "connection": "the handshake sets it",
    "upgrade": "the handshake sets it",
    "host": "the handshake sets it",
    "origin": "use --origin",
    "sec-websocket-protocol": "use --subprotocol",
}


HERE = f"ws://127.0.0.1:{PORT}"
"""Where a server listens that wsbeat starts itself, if nothing else is said."""


TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""What names of header fields and subprotocols are made of (RFC 9110, section 5.6.2)."""


class ConfigError(Exception):
    """What was asked for cannot be done; the text says where, what was found, what is expected."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says; None, empty or False where it says nothing."""

    url: str | None = None
    command: str | None = None
    timing: str | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False
    seed: int | None = None
    examples: int | None = None
    traces: str | None = None
    headers: tuple[str, ...] = ()
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    cafile: str | None = None
    insecure: bool = False
    no_echo: bool = False
    server_ping: bool = False
    inbound_liveness: bool = False
    client_cert: str | None = None
    compression: bool = False
    max_message: int | None = None
    max_connections: int | None = None
    rate: float | None = None
    time_limit: float | None = None


def requested(given: Given, config: str | None) -> tuple[Target, Options]:
    """The target and the options, from the command line and the file that `config` names.

    Raises ConfigError.
    """
    file = {} if config is None else read(Path(config))
    command = given.command if given.command is not None else file.get("command")
    named = given.url or file.get("url")
    if is_application(named):
        where = "URL" if given.url else f"{config}, url"
        named, command = _served(str(named), command, where)
    url = _address(named, command)
    timing, source = _timing(given.timing, file.get("timing"), config)
    configured = Capabilities(**file.get("capabilities", {}))
    capabilities = Capabilities(
        echo=configured.echo and not given.no_echo,
        server_ping=configured.server_ping or given.server_ping,
        inbound_liveness=configured.inbound_liveness or given.inbound_liveness,
    )
    target = Target(
        url=url,
        timing=timing,
        timing_source=source,
        capabilities=capabilities,
        headers=_headers(file.get("headers", {}), given.headers, f"{config}, "),
        subprotocols=_subprotocols(given.subprotocols or tuple(file.get("subprotocols", ()))),
        origin=given.origin or file.get("origin"),
        cafile=given.cafile or file.get("cafile"),
        insecure=given.insecure or file.get("insecure", False),
        command=command,
        client_cert=given.client_cert or file.get("client_cert"),
        compression=given.compression or file.get("compression", False),
        max_message=_sufficient(given.max_message or file.get("max_message")),
        max_connections=given.max_connections or file.get("max_connections"),
        rate=given.rate or file.get("rate"),
    )
    _refuse_idle_tls(target)
    options = Options(
        select=given.select or tuple(file.get("select", ())),
        exclude=given.exclude or tuple(file.get("exclude", ())),
        strict=given.strict or file.get("strict", False),
        seed=file.get("seed", 0) if given.seed is None else given.seed,
        examples=file.get("examples", DEFAULT_EXAMPLES)
        if given.examples is None
        else given.examples,
        traces=given.traces,
        config=config,
        time_limit=given.time_limit or file.get("time_limit"),
    )
    return target, options


def read(path: Path) -> dict[str, Any]:
    """The content of a `wsbeat.toml`, checked, its paths made relative to it no more."""
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Expected a wsbeat.toml.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from None
    if isinstance(content.get("url"), str) and not is_application(content["url"]):
        checked_url(_with_any_port(content["url"]), f"{path}, url")
    problems = spec.validate("target", content)
    if problems:
        raise ConfigError("\n".join(_told(problem, path) for problem in problems))
    _refuse_what_is_not_yet(content, path)
    if "cafile" in content:
        content["cafile"] = str(path.parent / content["cafile"])
    if "client_cert" in content:
        files = content["client_cert"].split(",")
        content["client_cert"] = ",".join(str(path.parent / each) for each in files)
    timing = content.get("timing")
    if isinstance(timing, str) and timing not in ("production", "fast"):
        content["timing"] = str(path.parent / timing)
    return content


def _address(url: str | None, command: str | None) -> str:
    """The checked URL; where wsbeat starts the server itself, with `{port}` in it."""
    if command is None:
        if url is None:
            raise ConfigError(
                "No URL was given. Expected one such as ws://127.0.0.1:8765/ws, "
                "on the command line or as `url` in the file that --config names."
            )
        if PORT in url:
            raise ConfigError(
                f"URL: {PORT} stands for the port of a server that wsbeat starts itself. "
                "Give the --command that starts it, or the number of its port."
            )
        return checked_url(url)
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"--command: {error}. Expected it quoted as in a shell.") from None
    if not any(PORT in word for word in words):
        raise ConfigError(
            f"--command: {printable(command, 200)!r} lacks {PORT}. Write it where the server is "
            f"told its port, which wsbeat chooses: 'uvicorn app:app --port {PORT}', "
            f"'env PORT={PORT} node server.js'."
        )
    if url is None or url.startswith("/"):
        url = f"{HERE}{url or '/'}"
    if PORT not in url:
        shown = printable(re.sub(r"(?<=//)[^/?#]*@", "", url), 200)
        raise ConfigError(
            f"URL: {shown} does not say {PORT}, but with --command wsbeat chooses the port. "
            f"Expected a path such as /ws, or a URL such as {HERE}/ws; or leave --command out."
        )
    checked_url(_with_any_port(url))
    return url


def _served(url: str, command: str | None, where: str) -> tuple[str, str]:
    """The path and the command of an application that is named instead of a URL."""
    if command is not None:
        raise ConfigError(
            f"{where}: {printable(url, 200)} is an application, which wsbeat runs itself, "
            "and --command is given, too. Leave one out."
        )
    try:
        command, path = served(url)
    except NotAnApplication as error:
        raise ConfigError(f"{where}: {error}") from None
    return path, command


def _with_any_port(url: str) -> str:
    return url.replace(PORT, "1")


def checked_url(url: str, where: str = "URL") -> str:
    """The URL, if a WebSocket connection to it can be tried; raises ConfigError otherwise."""
    shown = printable(masked(url), 200)
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ConfigError(f"{where}: {shown} has white space or control characters in it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{where}: {shown} is no URL: {error}.") from None
    if parts.scheme == "ws+unix":
        return _reachable(url, where, shown)
    if parts.scheme not in ("ws", "wss"):
        raise ConfigError(f"{where}: {_other_scheme(parts, shown)}")
    if not parts.hostname:
        raise ConfigError(f"{where}: {shown} names no host. Expected ws://HOST[:PORT]/PATH.")
    if port == 0:
        raise ConfigError(f"{where}: {shown} has the port 0, to which nothing can connect.")
    if "#" in url:
        raise ConfigError(
            f"{where}: {shown} has a fragment, which a WebSocket URL must not have "
            "(RFC 6455, section 3). Leave it out, or write %23 for a number sign."
        )
    if parts.username is not None and parts.password is None:
        raise ConfigError(f"{where}: {shown} has a user name without a password. Write USER:@HOST.")
    return _reachable(url, where, shown)


def _reachable(url: str, where: str, shown: str) -> str:
    """The URL, if it can be taken apart into what to ask of whom."""
    from websockets.exceptions import InvalidURI  # noqa: PLC0415 - `wsbeat list` needs no websockets

    from conformance.wire.address import address  # noqa: PLC0415

    try:
        address(url)
    except (InvalidURI, ValueError) as error:
        why = printable(str(error)) if "@" not in url else "it cannot be taken apart"
        raise ConfigError(f"{where}: {shown} leads nowhere: {why}.") from None
    return url


def _other_scheme(parts: SplitResult, shown: str) -> str:
    instead = {"http": "ws", "https": "wss"}.get(parts.scheme)
    if instead:
        return f"{shown} is for HTTP. Did you mean {instead}{shown[len(parts.scheme) :]}?"
    if "://" in shown:
        return f"{shown} has the scheme {parts.scheme!r}. Expected ws:// or wss://."
    return f"{shown} has no scheme. Did you mean ws://{shown}?"


def _refuse_idle_tls(target: Target) -> None:
    """Options of TLS that nothing would come of are more likely a slip than a wish."""
    idle = target.cafile or target.insecure or target.client_cert
    if idle and not target.url.lower().startswith("wss:"):
        name = "cafile" if target.cafile else "insecure" if target.insecure else "client_cert"
        raise ConfigError(
            f"{name} is for wss:// URLs; "
            f"{printable(target.shown, 200)} is not encrypted. Leave it out, or use wss://."
        )
    if target.cafile and target.insecure:
        raise ConfigError(
            "cafile and insecure exclude each other: the one says which certificates to trust, "
            "the other that any will do. Leave one out."
        )


def _timing(given: str | None, configured: object, config: str | None) -> tuple[spec.Timing, str]:
    """The timing, and what the user calls it."""
    try:
        if given is not None or configured is None:
            source = given or "production"
            return spec.load_timing(source), source
        if isinstance(configured, Mapping):
            return spec.load_timing(configured), ""
        return spec.load_timing(str(configured)), str(configured)
    except spec.TimingError as error:
        where = f"{config}, timing" if given is None and config is not None else "--timing"
        raise ConfigError(f"{where}: {error}") from None


def _headers(
    configured: Mapping[str, str], given: Iterable[str], where_from: str
) -> dict[str, str]:
    """The header fields of both; those of the command line replace those of the file.

    No message shows a value, nor what may be one: they are secrets.
    """
    headers: dict[str, str] = {}
    for name, value in configured.items():
        _add_header(headers, name, value, f"{where_from}headers.{printable(name, 60)}")
    from_file = {name.lower(): name for name in headers}
    for position, line in enumerate(given, 1):
        where = f"--header number {position}"
        name, colon, value = line.partition(":")
        if not colon:
            raise ConfigError(f"{where} has no colon. Expected 'Name: value'.")
        headers.pop(from_file.pop(name.strip().lower(), ""), None)
        _add_header(headers, name.strip(), value.strip(), where)
    return headers


def _add_header(headers: dict[str, str], name: str, value: str, where: str) -> None:
    if not TOKEN.fullmatch(name):
        raise ConfigError(
            f"{where}: what stands before the colon is no name of a header field. "
            "Expected letters, digits and hyphens, as in 'Authorization: Bearer ...'."
        )
    folded = name.lower()
    if folded in RESERVED_HEADERS or folded.startswith("sec-websocket-"):
        why = RESERVED_HEADERS.get(folded, "the handshake sets it")
        raise ConfigError(f"{where}: {name} cannot be given here: {why}.")
    if folded in map(str.lower, headers):
        raise ConfigError(f"{where}: {name} is given twice.")
    if not value.isprintable() or not value.isascii():
        raise ConfigError(f"{where}: the value of {name} has characters other than visible ASCII.")
    headers[name] = value


def _sufficient(limit: int | None) -> int | None:
    if limit is not None and limit < SIZE:
        raise ConfigError(
            f"max_message: {limit} is less than the {SIZE} bytes that every server must handle "
            "(S-SIZE). Leave it out, and S-SIZE shows what becomes of larger messages."
        )
    return limit


def _subprotocols(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not TOKEN.fullmatch(name):
            raise ConfigError(
                f"{printable(name, 60)!r} is no name of a subprotocol. "
                "Expected letters, digits and the like, without spaces or commas."
            )
    if len(set(names)) < len(names):
        raise ConfigError("A subprotocol is given twice. Expected each once.")
    return names


def _told(problem: spec.Problem, path: Path) -> str:
    where = problem.where.removeprefix("$").removeprefix(".")
    found = problem.found
    if where.split(".")[0].split("[")[0] == "headers":
        found = "something else (not shown, for it may be a secret)"
    return f"{path}{f', {where}' if where else ''}: expected {problem.expected}; found {found}."


def _refuse_what_is_not_yet(content: Mapping[str, Any], path: Path) -> None:
    if content.get("role") == "client":
        raise ConfigError(f"{path}, role: this version of wsbeat checks servers only.")

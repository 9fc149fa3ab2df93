"""What is to be checked and how, from a `wsbeat.toml` and the command line together.

What the command line says wins over the file. What this version cannot act on is refused,
for an option that is accepted and ignored makes a suite lie.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from conformance.config.asgi import NO_UVICORN, NotAnApplication, is_application, served
from conformance.config.cache import cache_folder
from conformance.config.crowd import requested_crowd
from conformance.config.dialect import Asked, declared, known_version, spoken
from conformance.config.error import ConfigError
from conformance.config.file import read
from conformance.config.headers import requested_headers, requested_subprotocols
from conformance.config.known_failing import known
from conformance.config.url import checked_manual, checked_url, with_any_port
from conformance.messages.limits import SIZE
from conformance.run.replay import to_replay
from conformance.run.within.named import Named, NotNamed
from conformance.targets.options import DEFAULT_EXAMPLES, Options
from conformance.targets.printable import printable
from conformance.targets.server import PORT, Target
from conformance.trace.trace import Capabilities

HERE = f"ws://127.0.0.1:{PORT}"
"""Where a server listens that wsbeat starts itself, if nothing else is said."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says; None, empty or False where it says nothing."""

    url: str | None = None
    virtual: bool = False
    command: str | None = None
    timing: str | None = None
    dialect: str | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False
    protocol: str | None = None
    known_failing: str | None = None
    updates_known_failing: bool = False
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
    one_per_user: bool = False
    client_cert: str | None = None
    behind_proxy: str | None = None
    compression: bool = False
    max_message: int | None = None
    max_connections: int | None = None
    rate: float | None = None
    time_limit: float | None = None
    fail_fast: bool = False
    replay: str | None = None
    crowd: str | None = None
    lasting: float | None = None
    ramp: float | None = None
    mix: str | None = None
    workers: int | None = None
    scheduler: str | None = None
    manual: str | None = None


def requested(given: Given, config: str | None) -> tuple[Target, Options]:
    """The target and the options, from the command line and the file that `config` names.

    Raises ConfigError.
    """
    file = {} if config is None else read(Path(config))
    command = given.command if given.command is not None else file.get("command")
    named = given.url or file.get("url")
    within = _within(given.virtual, named, command)
    if within is not None:
        named = f"{HERE}{within.path}"
    elif is_application(named):
        where = "URL" if given.url else f"{config}, url"
        named, command = _served(str(named), command, where)
    url = _address(named, command) if within is None else str(named)
    in_file = given.timing is None and "timing" in file
    speech = spoken(
        Asked(
            "server",
            given.dialect or file.get("dialect"),
            file["timing"] if in_file else given.timing,
            f"{config}, timing" if in_file else "--timing",
        )
    )
    configured = Capabilities(**file.get("capabilities", {}))
    capabilities = Capabilities(
        echo=configured.echo and not given.no_echo,
        server_ping=configured.server_ping or given.server_ping,
        inbound_liveness=configured.inbound_liveness or given.inbound_liveness,
        one_per_user=configured.one_per_user or given.one_per_user,
    )
    target = Target(
        url=url,
        timing=speech.timing,
        timing_source=speech.timing_source,
        dialect=speech.dialect,
        dialect_source=speech.dialect_source,
        capabilities=declared(speech.dialect, capabilities, ""),
        headers=requested_headers(file.get("headers", {}), given.headers, f"{config}, "),
        subprotocols=requested_subprotocols(
            given.subprotocols or tuple(file.get("subprotocols", ()))
        ),
        origin=given.origin or file.get("origin"),
        cafile=given.cafile or file.get("cafile"),
        insecure=given.insecure or file.get("insecure", False),
        command=command,
        client_cert=given.client_cert or file.get("client_cert"),
        behind_proxy=given.behind_proxy or file.get("behind_proxy"),
        compression=given.compression or file.get("compression", False),
        max_message=_sufficient(given.max_message or file.get("max_message")),
        max_connections=given.max_connections or file.get("max_connections"),
        rate=given.rate or file.get("rate"),
        within=None if within is None else within.text,
    )
    _refuse_unreachable_proxy(target, given)
    _refuse_idle_tls(target)
    crowd = requested_crowd(given, target)
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
        protocol=known_version(given.protocol or file.get("protocol")),
        fail_fast=given.fail_fast,
        replay=to_replay(given.replay, target, given.select),
        crowd=crowd,
        manual=checked_manual(given.manual or file.get("manual")),
        drawn=cache_folder("drawn"),
        **known(given.known_failing or file.get("known_failing"), given.updates_known_failing),
    )
    return target, options


def _within(is_virtual: bool, named: str | None, command: str | None) -> Named | None:
    """The server that is to be checked in virtual time, if one is."""
    if not is_virtual:
        if named is not None and named.lower().startswith("py:"):
            raise ConfigError(
                f"URL: {printable(named, 200)} is a function, which lives in wsbeat's own process. "
                "Add --virtual."
            )
        return None
    if command is not None:
        raise ConfigError(
            "--virtual is for what lives in wsbeat's own process, and --command starts another. "
            "Leave one out."
        )
    try:
        found = Named.of(named or "")
    except NotNamed as error:
        raise ConfigError(f"--virtual: {error}") from None
    if found.kind == "asgi" and find_spec("uvicorn") is None:
        raise ConfigError(f"--virtual: {NO_UVICORN}")
    if find_spec("time_machine") is None:
        raise ConfigError(
            "--virtual: it takes a library that is not installed here: "
            "pip install 'wsbeat[virtual]'."
        )
    return found


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
    checked_url(with_any_port(url))
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


def _refuse_unreachable_proxy(target: Target, given: Given) -> None:
    """A proxy does not lead to a server whose port wsbeat chooses, or that is in its process."""
    if target.behind_proxy is None:
        return
    checked_url(target.behind_proxy, "--behind-proxy")
    for name, is_given in {
        "--command": target.command is not None,
        "--virtual": target.within is not None,
    }.items():
        if is_given:
            raise ConfigError(
                f"--behind-proxy: a proxy leads to a server that runs already, and with {name} "
                "wsbeat runs it. Start it yourself and give its URL."
            )
    if not target.dialect.is_protocol:
        raise ConfigError(
            "--behind-proxy: proxies are checked in the protocol's own dialect alone. Leave it "
            "out, or --dialect."
        )
    if given.replay is not None or given.crowd is not None:
        name = "--replay" if given.replay is not None else "--crowd"
        raise ConfigError(f"--behind-proxy says nothing to {name}. Leave one out.")


def _refuse_idle_tls(target: Target) -> None:
    """Options of TLS that nothing would come of are more likely a slip than a wish."""
    idle = target.cafile or target.insecure or target.client_cert
    urls = (target.url, target.behind_proxy or "")
    if idle and not any(url.lower().startswith("wss:") for url in urls):
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


def _sufficient(limit: int | None) -> int | None:
    if limit is not None and limit < SIZE:
        raise ConfigError(
            f"max_message: {limit} is less than the {SIZE} bytes that every server must handle "
            "(S-SIZE). Leave it out, and S-SIZE shows what becomes of larger messages."
        )
    return limit

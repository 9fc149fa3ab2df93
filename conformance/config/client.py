"""What client is to be checked and how, from the command line and `wsbeat.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conformance.config.dialect import Asked, declared, known_version, spoken
from conformance.config.error import ConfigError
from conformance.config.file import read
from conformance.config.known_failing import known
from conformance.config.url import checked_manual
from conformance.run.client.drivers import DRIVERS, FUNCTION, driver_named
from conformance.run.client.drivers.driver import BadOption
from conformance.run.replay import to_replay
from conformance.targets.client import ClientTarget
from conformance.targets.options import DEFAULT_EXAMPLES, Options
from conformance.targets.printable import printable
from conformance.trace.trace import Capabilities

LARGEST_ANSWER = 1024 * 1024
"""How many bytes may be answered to plain HTTP."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ClientGiven:
    """What the command line says; None, empty or False where it says nothing."""

    handed_over: Mapping[str, str | None] = field(default_factory=dict)
    """What each driver was given, by its name."""
    named: str | None = None
    virtual: bool = False
    timing: str | Mapping[str, Any] | None = None
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
    trust: tuple[str, ...] = ()
    server_ping: bool = False
    no_echo: bool = False
    http: str | None = None
    config: str | None = None
    replay: str | None = None
    manual: str | None = None


def requested_client(given: ClientGiven) -> tuple[ClientTarget, Options]:
    """The client and the options; raises ConfigError."""
    name, what = _handed_over(given)
    driver = driver_named(name)
    try:
        checked = driver.checked(what)
    except BadOption as error:
        raise ConfigError(str(error)) from None
    if given.trust and not driver.has_environment:
        raise ConfigError(
            f"--client-env is for --command: nothing can be put into the environment of "
            f"a client that is handed over with --{name}."
        )
    for variable in given.trust:
        if not VARIABLE.fullmatch(variable):
            raise ConfigError(
                f"--client-env: {printable(variable, 60)!r} is no name of an environment variable. "
                "Expected one such as SSL_CERT_FILE."
            )
    speech = spoken(Asked("client", given.dialect, given.timing, "--timing"))
    capabilities = Capabilities(echo=not given.no_echo, server_ping=given.server_ping)
    target = ClientTarget(
        name,
        checked,
        speech.timing,
        speech.timing_source,
        declared(speech.dialect, capabilities, ""),
        given.trust,
        driver.shown(checked),
        driver.repeated(checked),
        _readable(given.http),
        speech.dialect,
        speech.dialect_source,
    )
    options = Options(
        select=given.select,
        exclude=given.exclude,
        strict=given.strict,
        seed=given.seed or 0,
        examples=DEFAULT_EXAMPLES if given.examples is None else given.examples,
        traces=given.traces,
        config=given.config,
        protocol=known_version(given.protocol),
        replay=to_replay(given.replay, target, given.select),
        manual=checked_manual(given.manual),
        **known(given.known_failing, given.updates_known_failing),
    )
    return target, options


def _readable(path: str | None) -> str | None:
    """The file that plain HTTP is answered with, if it can be read."""
    if path is None:
        return None
    try:
        size = Path(path).stat().st_size
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise ConfigError(
            f"--http: {printable(path, 200)} cannot be read: {error.strerror}. Expected a file, "
            "such as the ticket that the client fetches before it connects."
        ) from None
    if size > LARGEST_ANSWER:
        raise ConfigError(
            f"--http: {printable(path, 200)} has {size} bytes. Expected at most {LARGEST_ANSWER}."
        )
    return path


def _named(given: ClientGiven) -> str:
    """The function that is to be checked in virtual time."""
    if given.named is None or not given.virtual:
        raise ConfigError(
            "A client in Python is checked in virtual time. Expected both its name and --virtual, "
            "such as py:shop.client:main --virtual; another is handed over by an option."
        )
    if any(what is not None for what in given.handed_over.values()):
        raise ConfigError("More than one client was given. Expected a name with --virtual alone.")
    if find_spec("time_machine") is None:
        raise ConfigError(
            "--virtual: it takes a library that is not installed here: "
            "pip install 'wsbeat[virtual]'."
        )
    return given.named


def _handed_over(given: ClientGiven) -> tuple[str, str]:
    """The name of the one driver that was given something, and what it was given."""
    if given.named is not None or given.virtual:
        return FUNCTION, _named(given)
    found = [(name, what) for name, what in given.handed_over.items() if what is not None]
    if len(found) != 1:
        *others, last = (f"--{row.name} {row.example}" for row in DRIVERS)
        raise ConfigError(
            f"{'No client was' if not found else 'More than one client was'} given. Expected one "
            f"of {', '.join(others)} and {last}."
        )
    return found[0]


def completed(given: ClientGiven, config: str | None) -> ClientGiven:
    """What the command line and the file that `config` names say together; raises ConfigError."""
    if config is None:
        return given
    file = read(Path(config), "client")
    capabilities = file.get("capabilities", {})
    handed_over = given.handed_over
    if not any(handed_over.values()):
        handed_over = {row.name: file.get(row.name) for row in DRIVERS}
    return replace(
        given,
        handed_over=handed_over,
        timing=given.timing or file.get("timing"),
        dialect=given.dialect or file.get("dialect"),
        select=given.select or tuple(file.get("select", ())),
        exclude=given.exclude or tuple(file.get("exclude", ())),
        strict=given.strict or file.get("strict", False),
        protocol=given.protocol or file.get("protocol"),
        known_failing=given.known_failing or file.get("known_failing"),
        seed=file.get("seed") if given.seed is None else given.seed,
        examples=file.get("examples") if given.examples is None else given.examples,
        trust=given.trust or tuple(file.get("client_env", ())),
        server_ping=given.server_ping or capabilities.get("server_ping", False),
        no_echo=given.no_echo or not capabilities.get("echo", True),
        http=given.http or file.get("http"),
        manual=given.manual or file.get("manual"),
        config=config,
    )

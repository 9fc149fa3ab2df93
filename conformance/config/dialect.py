"""The dialect that a target speaks, with its timing and capabilities, or the protocol's version."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import spec
from conformance.config.error import ConfigError
from conformance.targets.printable import printable
from conformance.trace.trace import Capabilities, Role
from spec.dialect.dialect import ENVIRONMENT, Dialect
from spec.dialect.file import DialectError, read_dialect
from spec.dialect.shipped import names, protocol
from spec.dialect.timing import timing_of

SAID_BY_THE_DIALECT = {
    "echo": "--no-echo",
    "server_ping": "--server-ping",
    "inbound_liveness": "--inbound-liveness",
}
"""The capabilities that a dialect decides, and the options that declare them otherwise."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a dialect and beside it: names, files, and what a configuration says."""

    role: Role
    dialect: str | None
    timing: str | Mapping[str, Any] | None
    where: str
    """Where the timing was given."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A dialect with the timing at which it is judged, and what the user calls that."""

    dialect: Dialect
    timing: spec.Timing
    timing_source: str
    dialect_source: str = ""


def spoken(asked: Asked) -> Spoken:
    """The dialect that is asked for, or the protocol's own; raises ConfigError."""
    dialect = protocol() if asked.dialect is None else _read(asked.dialect)
    if (why := lacking(dialect, asked.role)) is not None:
        raise ConfigError(f"--dialect: {dialect.name} cannot be checked on a {asked.role}: {why}")
    _has_its_secrets(dialect)
    timing, source = asked.timing, ""
    if timing is None and not dialect.is_protocol:
        return Spoken(dialect, timing_of(dialect), dialect.name, asked.dialect or "")
    if not isinstance(timing, Mapping):
        timing = source = timing or "production"
    try:
        loaded = spec.load_timing(timing, is_lenient=not dialect.is_protocol)
    except spec.TimingError as error:
        raise ConfigError(f"{asked.where}: {error}") from None
    if dialect.has_timeout and loaded.heartbeat_timeout <= loaded.heartbeat_interval:
        raise ConfigError(
            f"{asked.where}: heartbeat_timeout is {loaded.heartbeat_timeout:g} s. Expected more "
            f"than heartbeat_interval, {loaded.heartbeat_interval:g} s: else no heartbeat keeps a "
            "connection open."
        )
    return Spoken(dialect, loaded, source, asked.dialect or "")


def declared(dialect: Dialect, capabilities: Capabilities, where: str) -> Capabilities:
    """What a target declares, where its dialect says the most of it; raises ConfigError."""
    if dialect.is_protocol:
        return capabilities
    usual = Capabilities()
    for name, option in SAID_BY_THE_DIALECT.items():
        if getattr(capabilities, name) != getattr(usual, name):
            raise ConfigError(
                f"{where}{option}: it is for the protocol's own dialect; {dialect.name} says "
                "itself what it has. Leave it out."
            )
    return replace(said_capabilities(dialect), one_per_user=capabilities.one_per_user)


def said_capabilities(dialect: Dialect) -> Capabilities:
    """What a dialect says of the peers that speak it."""
    if dialect.is_protocol:
        return Capabilities()
    return Capabilities(
        echo=False,
        server_ping=dialect.alive == "pongs",
        inbound_liveness=dialect.alive == "messages",
    )


def lacking(dialect: Dialect, role: Role) -> str | None:
    """What this version cannot judge of a dialect, in a sentence; None where it can."""
    if dialect.is_protocol:
        return None
    if role == "client":
        return _lacking_of_clients(dialect)
    if not (dialect.pong or dialect.has_timeout or dialect.server_pings):
        return "its pings are not answered, and silence ends nothing: there is nothing to see."
    return None


def _lacking_of_clients(dialect: Dialect) -> str | None:
    if dialect.client.stays_away.abort or dialect.client.may_stay_away.abort:
        return "a client stays away in it after an abort, which is how wsbeat ends connections."
    return None


def _read(given: str) -> Dialect:
    try:
        return read_dialect(given)
    except DialectError as error:
        raise ConfigError(f"--dialect: {printable(str(error), 500)}.") from None


def _has_its_secrets(dialect: Dialect) -> None:
    text = str(dialect.document)
    for name in re.findall(r"\$\{" + ENVIRONMENT + r"(\w+)\}", text):
        if not os.environ.get(name):
            raise ConfigError(
                f"--dialect: {dialect.name} takes a secret from the environment variable {name}, "
                "which is not set."
            )


def path_beside(config: Path, given: str) -> str:
    """A dialect as a file names it: a shipped one, or a file beside that one."""
    return given if given in names() else str(config.parent / given)


def known_version(version: str | None) -> str | None:
    """A version that there has been, or None for the newest; raises ConfigError for another."""
    if version is None or version in spec.versions():
        return version
    raise ConfigError(
        f"--protocol: {printable(version, 60)} is no version of the protocol that this wsbeat "
        f"knows. Expected one of {', '.join(spec.versions())}."
    )

"""`wsbeat.toml`, read and held against its schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spec
from conformance.config.asgi import is_application
from conformance.config.dialect import path_beside
from conformance.config.error import ConfigError
from conformance.config.url import checked_url, with_any_port
from conformance.trace.trace import Role

NAME = "wsbeat.toml"

OF_ONE_ROLE: Mapping[Role, frozenset[str]] = {
    "server": frozenset(
        {"url", "headers", "subprotocols", "origin", "cafile", "client_cert", "insecure",
         "behind_proxy", "compression", "max_message", "max_connections", "rate", "time_limit"}
    ),
    "client": frozenset({"page", "listen", "client_env", "http"}),
}  # fmt: skip
"""The keys that only one role has."""


def found(config: str | None, *, is_told: bool) -> str | None:
    """The file to read: the one that was named, or else the one in this folder.

    The latter is read only where the command line does not say what to check: a file of this folder
    must not add its secrets to what goes to another server.
    """
    if config is None and not is_told and Path(NAME).is_file():
        return NAME
    return config


def manual_here() -> str | None:
    """Where the `wsbeat.toml` of this folder has the manual, for what needs nothing else of it.

    A file that cannot be read says nothing here: whoever checks a target with it is told.
    """
    try:
        with Path(NAME).open("rb") as file:
            said = tomllib.load(file).get("manual")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return said if isinstance(said, str) else None


def read(path: Path, role: Role = "server") -> dict[str, Any]:
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
        checked_url(with_any_port(content["url"]), f"{path}, url")
    problems = spec.validate("target", content)
    if problems:
        raise ConfigError("\n".join(_told(problem, path) for problem in problems))
    _refuse_another_role(content, path, role)
    if "cafile" in content:
        content["cafile"] = str(path.parent / content["cafile"])
    for name in ("known_failing", "http"):
        if name in content:
            content[name] = str(path.parent / content[name])
    if "dialect" in content:
        content["dialect"] = path_beside(path, content["dialect"])
    if "client_cert" in content:
        files = content["client_cert"].split(",")
        content["client_cert"] = ",".join(str(path.parent / each) for each in files)
    timing = content.get("timing")
    if isinstance(timing, str) and timing not in ("production", "fast"):
        content["timing"] = str(path.parent / timing)
    return content


def _told(problem: spec.Problem, path: Path) -> str:
    where = problem.where.removeprefix("$").removeprefix(".")
    found = problem.found
    if where.split(".")[0].split("[")[0] == "headers":
        found = "something else (not shown, for it may be a secret)"
    return f"{path}{f', {where}' if where else ''}: expected {problem.expected}; found {found}."


def _refuse_another_role(content: Mapping[str, Any], path: Path, role: Role) -> None:
    other: Role = "client" if role == "server" else "server"
    if content.get("role", "server") != role:
        raise ConfigError(
            f"{path}, role: it is of a {other}, and a {role} is to be checked. "
            f'Use `wsbeat {other}`, or a file with role = "{role}".'
        )
    for name in sorted(OF_ONE_ROLE[other] & content.keys()):
        raise ConfigError(f"{path}, {name}: it is for a {other}; leave it out.")
    idle = {"server": (), "client": ("inbound_liveness", "one_per_user")}[role]
    for name in idle:
        if content.get("capabilities", {}).get(name):
            raise ConfigError(f"{path}, capabilities.{name}: it is for a {other}; leave it out.")

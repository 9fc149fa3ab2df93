"""`wsbeat.toml`, read and held against its schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spec
from conformance.config.asgi import is_application
from conformance.config.error import ConfigError
from conformance.config.url import checked_url, with_any_port


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
        checked_url(with_any_port(content["url"]), f"{path}, url")
    problems = spec.validate("target", content)
    if problems:
        raise ConfigError("\n".join(_told(problem, path) for problem in problems))
    _refuse_what_is_not_yet(content, path)
    if "cafile" in content:
        content["cafile"] = str(path.parent / content["cafile"])
    if "known_failing" in content:
        content["known_failing"] = str(path.parent / content["known_failing"])
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


def _refuse_what_is_not_yet(content: Mapping[str, Any], path: Path) -> None:
    if content.get("role") == "client":
        raise ConfigError(f"{path}, role: this version of wsbeat checks servers only.")

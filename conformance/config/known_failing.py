"""A list of known failures, read and held against its schema."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypedDict

import spec
from conformance.config.error import ConfigError
from conformance.targets.options import KnownFailure


class Known(TypedDict):
    """What the options of a run say of known failures."""

    known_failing: tuple[KnownFailure, ...]
    known_failing_file: str | None
    updates_known_failing: bool


def known(path: str | None, updates: bool) -> Known:
    """What is known to fail, by the file at `path`, which is to be written anew if `updates`."""
    if path is None and updates:
        raise ConfigError(
            "--update-known-failing: no list was named. Give its file with --known-failing."
        )
    if path is None:
        entries: tuple[KnownFailure, ...] = ()
    else:
        entries = read_known_failing(path, may_be_missing=updates)
    return Known(known_failing=entries, known_failing_file=path, updates_known_failing=updates)


def read_known_failing(
    path: str, *, may_be_missing: bool = False, today: date | None = None
) -> tuple[KnownFailure, ...]:
    """The entries of a list; raises ConfigError. `today` is the day on which they have to hold."""
    try:
        with Path(path).open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        if may_be_missing:
            return ()
        raise ConfigError(
            f"{path}: no such file. Expected a list of known failures, as "
            "--update-known-failing writes it."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from None
    content = _with_plain_dates(content)
    if problems := spec.validate("known-failing", content):
        raise ConfigError(
            "\n".join(
                f"{path}, {each.where.removeprefix('$').removeprefix('.') or 'the whole'}: "
                f"expected {each.expected}; found {each.found}."
                for each in problems
            )
        )
    day = today or datetime.now(UTC).date()
    return tuple(_entry(each, path, day) for each in content.get("known_failing", ()))


def _with_plain_dates(value: Any) -> Any:
    """TOML has dates, and JSON Schema knows texts."""
    if isinstance(value, dict):
        return {name: _with_plain_dates(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_plain_dates(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _entry(content: dict[str, str], path: str, today: date) -> KnownFailure:
    name = content["requirement"]
    try:
        spec.requirement(name)
    except spec.UnknownRequirement as error:
        raise ConfigError(f"{path}: {error}") from None
    try:
        expires = date.fromisoformat(content["expires"])
    except ValueError:
        raise ConfigError(
            f"{path}, {name}: {content['expires']} is no day of the calendar. "
            f"Expected one such as {today.isoformat()}."
        ) from None
    return KnownFailure(
        requirement=name,
        reason=content.get("reason", ""),
        expires=expires,
        scenario=content.get("scenario"),
        message=content.get("message"),
        is_expired=expires < today,
    )

"""What is asked for of a crowd, checked before anything begins."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Protocol

from conformance.config.error import ConfigError
from conformance.scenarios.life import MANNERS
from conformance.targets.crowd import Crowd
from conformance.targets.load_limits import is_loopback
from conformance.targets.printable import printable
from conformance.targets.server import Target

SMALLEST = 16
"""With fewer connections there is nothing to compare them with."""


class GivenCrowd(Protocol):
    """What the command line says that matters to a crowd."""

    @property
    def crowd(self) -> str | None: ...
    @property
    def lasting(self) -> float | None: ...
    @property
    def ramp(self) -> float | None: ...
    @property
    def mix(self) -> str | None: ...
    @property
    def workers(self) -> int | None: ...
    @property
    def scheduler(self) -> str | None: ...
    @property
    def virtual(self) -> bool: ...
    @property
    def traces(self) -> str | None: ...
    @property
    def examples(self) -> int | None: ...
    @property
    def fail_fast(self) -> bool: ...
    @property
    def time_limit(self) -> float | None: ...
    @property
    def known_failing(self) -> str | None: ...
    @property
    def updates_known_failing(self) -> bool: ...
    @property
    def replay(self) -> str | None: ...


def requested_crowd(given: GivenCrowd, target: Target) -> Crowd | None:
    """The crowd that is asked for; None where none is. Raises ConfigError."""
    if given.crowd is None:
        for name in _said(given, "lasting", "ramp", "mix", "workers", "scheduler"):
            raise ConfigError(f"{name} is for a crowd. Say how large it is to be, with --crowd.")
        return None
    for name in _said(
        given, "virtual", "traces", "examples", "fail_fast", "time_limit", "known_failing",
        "updates_known_failing", "replay",
    ):  # fmt: skip
        raise ConfigError(f"{name} says nothing to a crowd. Leave it out, or --crowd.")
    if not target.dialect.is_protocol:
        raise ConfigError(
            "--crowd: its connections speak the protocol's own dialect alone. Leave it out, or "
            "--dialect."
        )
    if target.capabilities.server_ping:
        raise ConfigError("--crowd: its connections ping, and under Plan B the server does.")
    crowd = Crowd(
        sizes=_sizes(given.crowd),
        lasting=given.lasting,
        ramp=given.ramp,
        mix={} if given.mix is None else _mix(Path(given.mix)),
        mix_file=given.mix,
        workers=given.workers,
        scheduler=given.scheduler,
    )
    _refuse_burdens(crowd, target)
    return crowd


def _refuse_burdens(crowd: Crowd, target: Target) -> None:
    """A crowd is a burden: on another host it needs somebody's word."""
    most = target.max_connections
    if not is_loopback(target.url) and (most is None or target.rate is None):
        raise ConfigError(
            f"--crowd: {printable(target.shown, 200)} is not on this machine. Whoever may burden "
            "it so says how much, with --max-connections and --rate."
        )
    if most is not None and max(crowd.sizes) > most:
        raise ConfigError(
            f"--crowd: {max(crowd.sizes)} are more than --max-connections {most} allows."
        )


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(each) for each in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < SMALLEST:
        raise ConfigError(
            f"--crowd: {printable(text, 100)!r} was found. Expected a number of at least "
            f"{SMALLEST}, or several with commas between them, such as 1000,3000,10000."
        )
    return sizes


def _mix(path: Path) -> dict[str, float]:
    """How many live in which manner, as a file has it."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"--mix {path}: it cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--mix {path}: it is not TOML ({error}).") from None
    expected = f"Expected numbers for some of {', '.join(MANNERS)}."
    for name, part in told.items():
        if name not in MANNERS:
            raise ConfigError(f"--mix {path}: {printable(name, 100)!r} was found. {expected}")
        is_number = isinstance(part, int | float) and not isinstance(part, bool)
        if not is_number or not isfinite(part) or part < 0:
            raise ConfigError(f"--mix {path}: {name} is {printable(str(part), 100)}. {expected}")
    if not sum(told.values()):
        raise ConfigError(f"--mix {path}: nobody lives in any manner. {expected}")
    return {name: float(part) for name, part in told.items()}


NAMES = {
    "lasting": "--for",
    "ramp": "--ramp",
    "mix": "--mix",
    "workers": "--workers",
    "scheduler": "--scheduler",
    "virtual": "--virtual",
    "traces": "--traces",
    "examples": "--examples",
    "fail_fast": "--fail-fast",
    "time_limit": "--time-limit",
    "known_failing": "--known-failing",
    "updates_known_failing": "--update-known-failing",
    "replay": "--replay",
}


def _said(given: GivenCrowd, *fields: str) -> Iterator[str]:
    """The options among some that the command line has."""
    return (
        NAMES[name]
        for name in fields
        if getattr(given, name) is not None and getattr(given, name) is not False
    )

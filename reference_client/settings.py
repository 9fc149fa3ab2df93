"""What the client is told from outside: its times."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from spec import Timing, TimingError, load_timing

_NUMBERS = (
    "heartbeat_interval",
    "interval_tolerance",
    "pong_timeout",
    "reconnect_delay",
    "reconnect_jitter",
    "reconnect_cap",
)


class SettingsError(ValueError):
    """A setting that cannot be used; the text says which, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one client: seconds, save for ``interval_tolerance``, a fraction.

    They are named as in section 2.2 of the protocol. ``timing`` is the name of the timing set, or
    ``custom`` when single values were changed.
    """

    timing: str
    heartbeat_interval: float
    interval_tolerance: float
    pong_timeout: float
    reconnect_delay: float
    reconnect_jitter: float
    reconnect_cap: float

    @classmethod
    def from_timing(cls, source: str | Path | Timing) -> Self:
        """Return the settings that a timing set asks for: one that is shipped, a file, or loaded.

        Raises ``SettingsError`` for one that cannot be read or cannot work.
        """
        try:
            timing = source if isinstance(source, Timing) else load_timing(source)
        except TimingError as error:
            raise SettingsError(str(error)) from error
        return cls(timing.name, **{name: getattr(timing, name) for name in _NUMBERS})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that ``WSBEAT_*`` variables ask for, by default those of production.

        Raises ``SettingsError`` for a value that cannot be used.
        """
        try:
            timing = load_timing(environ.get("WSBEAT_TIMING", "production"))
        except TimingError as error:
            raise SettingsError(f"WSBEAT_TIMING: {error}") from error
        numbers = {name: getattr(timing, name) for name in _NUMBERS}
        variables = {name: f"WSBEAT_{name.upper()}" for name in _NUMBERS}
        changed = {name: _number(name, variable, environ[variable])
                   for name, variable in variables.items() if variable in environ}  # fmt: skip
        settings = cls("custom" if changed else timing.name, **(numbers | changed))
        if settings.pong_timeout >= settings.heartbeat_interval:
            raise SettingsError(
                "WSBEAT_PONG_TIMEOUT must be less than WSBEAT_HEARTBEAT_INTERVAL "
                f"({settings.heartbeat_interval:.12g} s), because a client must know the fate of "
                f"one ping before it sends the next; it is {settings.pong_timeout:.12g} s. "
                "Set both."
            )
        first = settings.reconnect_delay + settings.reconnect_jitter
        if settings.reconnect_cap < first:
            raise SettingsError(
                "WSBEAT_RECONNECT_CAP must be at least WSBEAT_RECONNECT_DELAY + "
                f"WSBEAT_RECONNECT_JITTER ({first:.12g} s), because the longest wait cannot be "
                f"shorter than the first; it is {settings.reconnect_cap:.12g} s. Set all three."
            )
        return settings


def _number(name: str, variable: str, found: str) -> float:
    try:
        number = float(found)
    except ValueError:
        number = math.nan
    if name == "interval_tolerance":
        fits, expected = 0 < number < 0.5, "a fraction above 0 and below 0.5"
    elif name == "reconnect_jitter":
        fits, expected = 0 <= number < math.inf, "a number of seconds, 0 or above"
    else:
        fits, expected = 0 < number < math.inf, "a number of seconds above 0"
    if not fits:
        raise SettingsError(f"{variable}: expected {expected}, found {found!r}.")
    return number

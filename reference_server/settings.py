"""What the server is told from outside: its times, and the capabilities that it is to have."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from spec import Timing, TimingError, load_timing

_NUMBERS = ("heartbeat_interval", "heartbeat_timeout", "check_interval")
MOST_PATIENCE = 10.0
_SWITCH = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}


class SettingsError(ValueError):
    """A setting that cannot be used; the text says which, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server; all times in seconds.

    ``timing`` is the name of the timing set, or ``custom`` when single values were changed.
    ``heartbeat_interval`` matters to Plan B alone: it is how often the server pings then.
    ``client`` holds the times of the client in the page that is served.
    """

    timing: str
    heartbeat_interval: float
    heartbeat_timeout: float
    check_interval: float
    server_ping: bool = False
    inbound_liveness: bool = False
    client: Timing = field(default_factory=lambda: load_timing("production"))

    @property
    def drop_after(self) -> float:
        """How many seconds a peer has to take and answer a Close (S-DROP): as long as for a pong.

        Ten at the most, whatever the times are.
        """
        return min(MOST_PATIENCE, self.client.pong_timeout)

    @classmethod
    def from_timing(
        cls, timing: Timing, *, server_ping: bool = False, inbound_liveness: bool = False
    ) -> Self:
        """Return the settings that a timing set of the specification asks for."""
        seconds = {name: getattr(timing, name) for name in _NUMBERS}
        return cls(
            timing.name,
            **seconds,
            server_ping=server_ping,
            inbound_liveness=inbound_liveness,
            client=timing,
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that ``WSBEAT_*`` variables ask for, by default those of production.

        Raises ``SettingsError`` for a value that cannot be used.
        """
        try:
            timing = load_timing(environ.get("WSBEAT_TIMING", "production"))
        except TimingError as error:
            raise SettingsError(f"WSBEAT_TIMING: {error}") from error
        changed = {name: f"WSBEAT_{name.upper()}" for name in _NUMBERS}
        changed = {name: variable for name, variable in changed.items() if variable in environ}
        seconds = {name: getattr(timing, name) for name in _NUMBERS}
        seconds |= {
            name: _seconds(variable, environ[variable]) for name, variable in changed.items()
        }
        if not seconds["heartbeat_timeout"] > 2 * seconds["heartbeat_interval"]:
            raise SettingsError(
                "WSBEAT_HEARTBEAT_TIMEOUT must exceed 2 x WSBEAT_HEARTBEAT_INTERVAL "
                f"({2 * seconds['heartbeat_interval']:.12g} s), because one lost ping must be "
                f"harmless; it is {seconds['heartbeat_timeout']:.12g} s. Set both."
            )
        server_ping = _switch("WSBEAT_SERVER_PING", environ)
        name = "custom" if changed else timing.name
        client = _for_clients(replace(timing, name=name, **seconds), timing)
        return cls(
            name,
            **seconds,
            server_ping=server_ping,
            inbound_liveness=_switch("WSBEAT_INBOUND_LIVENESS", environ),
            client=client,
        )


def _for_clients(wanted: Timing, base: Timing) -> Timing:
    """Return the times with a ``pong_timeout`` that is still less than the interval."""
    part = wanted.heartbeat_interval / base.heartbeat_interval
    return replace(wanted, pong_timeout=base.pong_timeout * min(1, part))


def _seconds(variable: str, found: str) -> float:
    try:
        seconds = float(found)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SettingsError(f"{variable}: expected a number of seconds above 0, found {found!r}.")
    return seconds


def _switch(variable: str, environ: Mapping[str, str]) -> bool:
    found = environ.get(variable, "off")
    if found.lower() not in _SWITCH:
        raise SettingsError(f"{variable}: expected one of {', '.join(_SWITCH)}; found {found!r}.")
    return _SWITCH[found.lower()]

"""Load limits: how much a server is burdened with, in connections and handshakes a second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from conformance.targets.server import Target

STRANGERS_CONNECTIONS = 300


STRANGERS_RATE = 20.0


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """The most connections at a time and the most handshakes a second; None is no limit."""

    connections: int | None = None
    rate: float | None = None

    def __str__(self) -> str:
        said = []
        if self.connections is not None:
            said.append(f"at most {self.connections} connections at a time")
        if self.rate is not None:
            said.append(f"at most {self.rate:g} handshakes a second")
        return ", ".join(said)

    def leaves_out(self, connections: int) -> bool:
        """Whether so many connections at a time are too many."""
        return self.connections is not None and connections > self.connections

    def windows(self, connections: Iterable[int]) -> int:
        """How many windows it takes for scenarios that open so many connections each."""
        windows = used = 0
        for needed in connections:
            if not windows or (self.connections is not None and used + needed > self.connections):
                windows, used = windows + 1, 0
            used += needed
        return windows

    def shared(self, first: int, second: int) -> tuple[LoadLimits, LoadLimits] | None:
        """What each of two may take that run at the same time; None when they have no room.

        They need so many connections, and get half of the rate each.
        """
        rate = None if self.rate is None else self.rate / 2
        if self.connections is None:
            return LoadLimits(None, rate), LoadLimits(None, rate)
        if first + second > self.connections:
            return None
        return LoadLimits(first, rate), LoadLimits(self.connections - first, rate)


def is_loopback(url: str) -> bool:
    """Whether a URL is of this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "ws+unix" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_limits_towards(target: Target) -> LoadLimits:
    """What was asked for, and for a host that is not this machine what is decent."""
    asked = LoadLimits(target.max_connections, target.rate)
    if is_loopback(target.url):
        return asked
    return replace(
        asked,
        connections=asked.connections or STRANGERS_CONNECTIONS,
        rate=asked.rate or STRANGERS_RATE,
    )

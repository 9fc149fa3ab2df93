"""What is checked and how: the target as it was handed over, and the options of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import spec
from conformance.targets.secrets import secrets, shown
from conformance.targets.written import members, written
from conformance.trace.trace import Capabilities, Role
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol

PORT = "{port}"
"""What stands in a command, and in a URL beside it, for the port that wsbeat chooses."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server by its URL, with what it takes to connect to it.

    `timing_source` is what the user called the timing: a name or a file.
    Where wsbeat starts the server itself, with `command`, there is `{port}` in both; `port` is the
    one that was chosen. `headers`, a password in `url` and tokens in its query are secrets: they
    reach the wire and nothing else. What is printed or saved is `shown`. `client_cert` is FILE or
    FILE,KEY; `max_message` is the server's own limit in bytes. `max_connections` at a time and
    `rate`, in handshakes per second, are what it may be burdened with.
    """

    role: ClassVar[Role] = "server"

    url: str
    timing: spec.Timing
    timing_source: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    dialect: Dialect = field(default_factory=protocol)
    dialect_source: str = ""
    """What the user called the dialect: a name or a file; nothing for the protocol's own."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    cafile: str | None = None
    insecure: bool = False
    command: str | None = None
    port: int | None = None
    client_cert: str | None = None
    compression: bool = False
    max_message: int | None = None
    max_connections: int | None = None
    rate: float | None = None
    within: str | None = None
    """What a server is called that lives in wsbeat's own process, in virtual time."""
    behind_proxy: str | None = None
    """Another URL of the same server, which leads there through its proxies (D-PROXY)."""
    demanded: tuple[str, ...] = ()
    """Subprotocols that are offered because the server was seen to refuse whoever offers none."""

    def __post_init__(self) -> None:
        if not self.timing_source:
            object.__setattr__(self, "timing_source", self.timing.name)

    def to_json(self) -> dict[str, Any]:
        """The target as `from_json` reads it, secrets and all: for another process of a run."""
        return written(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Target:
        """A target that `to_json` wrote."""
        return cls(**members(told, "subprotocols", "demanded"))

    @property
    def address(self) -> str:
        """The URL to connect to."""
        return self.url if self.port is None else self.with_port(self.url)

    def at(self, port: int) -> Target:
        """The same, as an instance of it that listens on a port."""
        return replace(self, port=port)

    @property
    def through_proxies(self) -> Target | None:
        """The same server, as it is reached through its proxies; None where none are known."""
        return None if self.behind_proxy is None else replace(self, url=self.behind_proxy)

    @property
    def started(self) -> str:
        """The command with which it was started, if wsbeat did, or its name."""
        return self.with_port(self.command or self.within or "")

    def with_port(self, text: str) -> str:
        """A URL or a word of the command, with the port that was chosen."""
        return text.replace(PORT, str(self.port))

    @property
    def shown(self) -> str:
        """The URL without its secrets, or what the server is called."""
        return shown(self.url) if self.within is None else f"{self.within} in virtual time"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be found in no report and no trace, in every spelling."""
        return secrets(self.url, self.headers, self.dialect, self.behind_proxy or "")

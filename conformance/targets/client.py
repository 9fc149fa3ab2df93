"""A client to be checked, as it was handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import spec
from conformance.targets.written import members, written
from conformance.trace.trace import Capabilities, Role
from spec.dialect.dialect import Dialect
from spec.dialect.shipped import protocol

TRUST = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that commonly name the file of further or other CAs to trust."""


@dataclass(frozen=True, slots=True)
class ClientTarget:
    """A client, and how it is started or awaited.

    `driver` names the way in which it is handed over, and `given` is what the user gave for it: a
    command, the URL of a page, or where to listen. `shown` is what reports call the client, and
    `repeated` what the user would give to hand it over again, both without secrets. `trust` names
    further environment variables through which a command is told of wsbeat's own CA.
    """

    role: ClassVar[Role] = "client"

    driver: str
    given: str
    timing: spec.Timing
    timing_source: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    trust: tuple[str, ...] = ()
    shown: str = ""
    repeated: str = ""
    http: str | None = None
    """The file that whoever asks for something by plain HTTP gets; None for a line of text."""
    dialect: Dialect = field(default_factory=protocol)
    dialect_source: str = ""
    """What the user called the dialect: a name or a file; nothing for the protocol's own."""

    @property
    def is_virtual(self) -> bool:
        """Whether it lives in wsbeat's own process, in virtual time."""
        return self.driver == "function"

    def __post_init__(self) -> None:
        for name, default in {
            "timing_source": self.timing.name,
            "shown": self.given,
            "repeated": self.given,
        }.items():
            if not getattr(self, name):
                object.__setattr__(self, name, default)

    def to_json(self) -> dict[str, Any]:
        """The target as `from_json` reads it, secrets and all: for another process of a run."""
        return written(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ClientTarget:
        """A target that `to_json` wrote."""
        return cls(**members(told, "trust"))

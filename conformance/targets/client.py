"""A client to be checked, as it was handed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import spec
from conformance.trace.trace import Capabilities

Way: TypeAlias = Literal["command", "page", "listen"]


TRUST = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Environment variables that commonly name the file of further or other CAs to trust."""


@dataclass(frozen=True, slots=True)
class ClientTarget:
    """A client, and how it is started or awaited.

    `given` is what the user gave for it: a command, the URL of a page, or where to listen. `trust`
    names further environment variables through which a command is told of wsbeat's own CA.
    """

    way: Way
    given: str
    timing: spec.Timing
    timing_source: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    trust: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.timing_source:
            object.__setattr__(self, "timing_source", self.timing.name)

    @property
    def address(self) -> str:
        """The URL that somebody is to connect to who was told to."""
        return f"ws://{self.given}/"

    @property
    def shown(self) -> str:
        """What was given, a page's URL without user name and password."""
        if self.way == "command":
            return self.given
        if self.way == "listen":
            return f"whoever connects to {self.given}"
        parts = urlsplit(self.given)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

"""What is checked and how: the target as it was handed over, and the options of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import spec

from .trace import Capabilities

DEFAULT_EXAMPLES = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A server by its URL, with what it takes to connect to it.

    `timing_source` is what the user called the timing: a name or a file.
    `headers` and a password in `url` are secrets: they reach the wire and nothing else. What is
    printed or saved is `shown`.
    """

    url: str
    timing: spec.Timing
    timing_source: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    cafile: str | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        if not self.timing_source:
            object.__setattr__(self, "timing_source", self.timing.name)

    @property
    def shown(self) -> str:
        """The URL without user name and password."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made: which requirements, how thoroughly, and what is kept.

    `select` and `exclude` are globs over requirement IDs. `examples` is the number of Hypothesis
    examples per exploring scenario. `traces` is a folder that gets every trace, or None;
    `config` is the file that target and options were read from, or None.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False
    seed: int = 0
    examples: int = DEFAULT_EXAMPLES
    traces: str | None = None
    config: str | None = None

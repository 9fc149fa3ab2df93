"""A job of a crowd: the share of it that one worker lives, on whichever machine that is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import ClassVar

from conformance.scenarios.life import USUAL, Manner, Mix
from conformance.targets.server import Target


@dataclass(frozen=True, slots=True)
class CrowdJob:
    """The places `first`, `first + step`, ... of a crowd, so many of them; times are in seconds.

    A place is a connection at a time. The crowd comes during `ramp` and is over after `lasting`;
    what does harm begins `stages` after its beginning, by its manner. `sources` are the addresses
    of the worker's machine to connect from, in turn; none leaves it to the system. `rate` is how
    many handshakes a second this worker may ask for.
    """

    MODULE: ClassVar[str] = "conformance.run.server.crowd.living.worker"

    target: Target
    places: int
    first: int = 0
    step: int = 1
    seed: int = 0
    ramp: float = 0.0
    lasting: float = 0.0
    mix: dict[Manner, float] = field(default_factory=lambda: dict(USUAL))
    stages: dict[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    rate: float | None = None

    @property
    def numbers(self) -> range:
        """The numbers of its places in the whole crowd."""
        return range(self.first, self.first + self.places * self.step, self.step)

    @property
    def whole_mix(self) -> Mix:
        """How many live in which manner."""
        return Mix(self.mix)

    def to_json(self) -> str:
        """The job as one line; it holds the target's secrets and is for the worker alone."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return json.dumps(told | {"target": self.target.to_json()})

    @classmethod
    def from_json(cls, line: str) -> CrowdJob:
        told = json.loads(line)
        return cls(
            **told | {"target": Target.from_json(told["target"]), "sources": tuple(told["sources"])}
        )

"""A life: how one connection of a crowd is lived, as clients live theirs.

Most ping at the interval for as long as the crowd lasts. Some fall silent, talk on, close in order,
are reset or read nothing. Which of them it is, is drawn from the seed and the connection's place in
the crowd, and its moments from how many there were in that place before: the same seed makes the
same crowd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias, get_args

import spec

Manner: TypeAlias = Literal[
    "pings", "talks", "falls_silent", "says_nothing", "talks_on", "leaves", "resets",
    "reads_nothing",
]  # fmt: skip
"""How a connection lives.

It pings at the interval; does so and says business messages; pings for a while and then falls
silent; never pings; falls silent but for business messages; closes in order; resets its TCP
connection; or ceases to read, and falls silent."""


MANNERS: tuple[Manner, ...] = get_args(Manner)


HARM: tuple[Manner, ...] = ("resets", "reads_nothing")
"""The manners that may keep a server from others."""


USUAL: Mapping[Manner, float] = {
    "pings": 70,
    "talks": 6,
    "falls_silent": 10,
    "says_nothing": 3,
    "talks_on": 2,
    "leaves": 4,
    "resets": 3,
    "reads_nothing": 2,
}
"""How many in a hundred live in which manner, unless something else is asked for."""


SOME_PINGS = 3
"""How many pings a connection sends at the most before it falls silent or leaves."""


PHASES = 0.9
"""Up to which part of the interval after its handshake a connection sends its first ping."""


FAR = 1_000_003
"""How far apart the seeds of places and turns lie; a text as a seed takes ten times as long."""


@dataclass(frozen=True, slots=True)
class Life:
    """How one connection is lived: its first ping after so many seconds, then one an interval.

    After so many `pings` comes what its manner says, unless it is too early for harm; None stands
    for as long as the crowd lasts.
    """

    manner: Manner
    first: float = 0.0
    pings: int | None = None

    @property
    def is_endless(self) -> bool:
        """Whether it goes on for as long as the crowd does."""
        return self.pings is None

    @property
    def does_harm(self) -> bool:
        """Whether it may keep a server from others."""
        return self.manner in HARM


PLAIN_SILENCE = Life("falls_silent", pings=1)
"""Pings once, at once, and falls silent: what every other silence is compared with."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How many of a crowd live in which manner, as parts of a whole of any size."""

    parts: Mapping[Manner, float] = field(default_factory=lambda: dict(USUAL))

    def has(self, manner: str) -> bool:
        """Whether there are any that live in this manner."""
        return any(name == manner and part > 0 for name, part in self.parts.items())

    def drawn(self, timing: spec.Timing, seed: int, place: int, turn: int) -> Life:
        """The life that the connection of a place is to have, its `turn`th there, from 0.

        All of a place live in the same manner: otherwise those that go on would become ever more.
        """
        [manner] = Random(seed * FAR + place).choices(tuple(self.parts), tuple(self.parts.values()))
        chance = Random((seed * FAR + place) * FAR + turn)
        first = round(chance.random() * PHASES * timing.heartbeat_interval, 3)
        some = chance.randint(1, SOME_PINGS)
        match manner:
            case "pings" | "talks":
                return Life(manner, first)
            case "says_nothing":
                return Life(manner, pings=0)
            case "talks_on":
                return Life(manner, first, pings=1)
        return Life(manner, first, pings=some)

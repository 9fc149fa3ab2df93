"""What a run tells those who wait for it: its plan, then its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do, told before it begins; `seconds` is how long it is expected to take."""

    requirements: int
    scenarios: int
    connections: int
    seconds: float
    load_limits: str = ""
    """What the target is not burdened with, in words."""
    longer: str = ""
    """When it takes longer than expected, in words."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` scenarios; `elapsed` and `expected` are seconds.

    The last one `is_over`: there is nothing left that an interruption could end. `state` is what
    there is to say of a run that is not made of scenarios.
    """

    elapsed: float
    expected: float
    done: int
    total: int
    doing: str
    is_over: bool = False
    state: str = ""


Watch: TypeAlias = Callable[[Plan | Progress], None]


SECOND = 2
"""The number of the measurement that is made of what the first one could not decide."""


INTERVAL = 0.1
"""How often (seconds) progress is told while there is nothing to do but wait."""

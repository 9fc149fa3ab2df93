"""An instance: a process of the target's server that a scenario has for itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instance:
    """Where a server listens on its own, and as which process.

    Whoever started it has not waited for its end, so `pid` names this process and no other.
    `wall_clock` is the file that says by how many seconds its wall clock is ahead, if it can be
    set.
    """

    port: int
    pid: int
    wall_clock: str | None = None

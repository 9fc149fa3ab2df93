"""An instance: a server that a scenario has for itself, to do to it what disturbs all others."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Protocol

from conformance.targets.started import wall_clock


class Instance(Protocol):
    """A server that listens at a port, can be asked to end, and has a wall clock."""

    @property
    def port(self) -> int:
        """Where it listens on its own."""

    @property
    def ahead(self) -> int:
        """By how many seconds its wall clock is ahead of the true time, as far as wsbeat set it."""

    def ask_to_end(self) -> str:
        """Ask it to end, as an operator or a system does; how, in a word."""

    def set_wall_clock(self, by: int) -> None:
        """Set its wall clock, forward by so many seconds or back."""


@dataclass(frozen=True, slots=True)
class InstanceProcess:
    """An instance that is a process of its own.

    Whoever started it has not waited for its end, so `pid` names this process and no other.
    `wall_clock` is the file that says by how many seconds its wall clock is ahead, if it can be
    set.
    """

    port: int
    pid: int
    wall_clock: str | None = None

    @property
    def ahead(self) -> int:
        """What the file tells."""
        return 0 if self.wall_clock is None else wall_clock.is_ahead_by(self.wall_clock)

    def ask_to_end(self) -> str:
        """Ask with SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)
        return signal.SIGTERM.name

    def set_wall_clock(self, by: int) -> None:
        """Set it by what libfaketime reads."""
        assert self.wall_clock is not None
        wall_clock.set_ahead(self.wall_clock, wall_clock.is_ahead_by(self.wall_clock) + by)

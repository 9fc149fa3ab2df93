"""What every way of being handed a client has in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from conformance.wire.client.listener import Actor, Stage

LINES_KEPT = 40


LONGEST_LINE = 300


class CannotStart(Exception):
    """A client could not be started; the text says in a sentence why."""


class Client(Actor, Protocol):
    """One life of the client under examination: a process, a page, or whoever came."""

    @property
    def said(self) -> str:
        """The last lines of what it printed; empty when there were none."""

    async def dismiss(self) -> None:
        """End it, whatever that takes, in bounded time."""


class Host(Protocol):
    """Starts a client for each scenario."""

    async def start(self, stage: Stage, scenario: str, environment: Mapping[str, str]) -> Client:
        """Start a client that is to connect to the stage; raises CannotStart."""


@dataclass(slots=True)
class LastWords:
    """The last lines that a client printed, each cut: it may print without end."""

    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    _rest: str = ""

    def take(self, text: str) -> None:
        """Take in what was printed, in pieces of any size."""
        *lines, self._rest = (self._rest + text).split("\n")
        self._lines.extend(line[:LONGEST_LINE].rstrip("\r") for line in lines)
        self._rest = self._rest[:LONGEST_LINE]

    def __str__(self) -> str:
        return "\n".join([*self._lines, *([self._rest] if self._rest else [])])

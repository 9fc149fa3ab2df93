"""What a way of being handed a client says of itself, and how a client is started in it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import spec
from conformance.scenarios.scenario import ClientScenario
from conformance.wire.client.actor import Actor
from conformance.wire.client.listener import Listener

LINES_KEPT = 40
LONGEST_LINE = 300

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""What a terminal takes for a change of colour."""

SIDE_BY_SIDE = 28
"""How many clients live at the same time, where nothing speaks against it."""

UNHURRIED = 34
"""The same at a timing with a second of tolerance, or more: they mostly wait."""

ANY_FREE_PORT = ("127.0.0.1", 0)


def side_by_side(timing: spec.Timing) -> int:
    """How many clients live at the same time at a timing."""
    return SIDE_BY_SIDE if timing.tolerance < 1 else UNHURRIED


class CannotStart(Exception):
    """A client could not be started; the text says in a sentence why."""


class BadOption(ValueError):
    """What was given for a client cannot be used; the text says why, and what was expected."""


class Client(Actor, Protocol):
    """One life of the client under examination: a process, a page, or one that came by itself."""

    @property
    def said(self) -> str:
        """The last lines of what it printed; empty when there were none."""

    async def dismiss(self, hurry: bool = False) -> None:
        """End it, whatever that takes, in bounded time; in a second at the most in a `hurry`."""


class Starter(Protocol):
    """Starts a client for each scenario."""

    async def start(
        self, listener: Listener, scenario: str, environment: Mapping[str, str]
    ) -> Client:
        """Start a client that is to connect to the listener; raises CannotStart."""


def without_a_browser(scenario: ClientScenario) -> str | None:
    """Why a client that is no page cannot be played a scenario; None where it can."""
    return "Only a page has a browser around it that tells it so." if scenario.in_page else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One way of being handed a client.

    `checked` takes what the user gave and returns what is used, or raises BadOption. `starter` is
    entered for as long as clients are started; it raises CannotStart. `shown` is what reports call
    the client, `repeated` what the user would give to hand it over again, both without secrets.
    `cannot_perform` says of a scenario why it cannot be performed, or None. `at_once` is how many
    clients may live at the same time at a timing. Where the client `starts_anew`, each scenario has
    a life of its own; else they take turns with one client, which is awaited at `address`, and the
    user is told its URL.
    """

    checked: Callable[[str], str]
    starter: Callable[[str], AbstractAsyncContextManager[Starter]]
    shown: Callable[[str], str] = str
    repeated: Callable[[str], str] = str
    cannot_perform: Callable[[ClientScenario], str | None] = without_a_browser
    at_once: Callable[[spec.Timing], int] = side_by_side
    has_environment: bool = False
    """Whether variables can be put into the client's environment."""
    starts_anew: bool = True
    address: Callable[[str], tuple[str, int]] = lambda _: ANY_FREE_PORT


@dataclass(slots=True)
class LastWords:
    """The last lines that a client printed, each cut: it may print without end."""

    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    _rest: str = ""

    def take(self, text: str) -> None:
        """Take in what was printed, in pieces of any size."""
        *lines, self._rest = (self._rest + text).split("\n")
        self._lines.extend(_plain(line)[:LONGEST_LINE].rstrip("\r") for line in lines)
        self._rest = self._rest[: 2 * LONGEST_LINE]

    def __str__(self) -> str:
        rest = _plain(self._rest)[:LONGEST_LINE]
        return "\n".join([*self._lines, *([rest] if rest else [])])


def _plain(line: str) -> str:
    """A line without its colours: shown as what it is, each would hide what the line says."""
    return COLOURS.sub("", line)

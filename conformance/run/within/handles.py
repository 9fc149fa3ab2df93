"""The steps of an event loop in virtual time: whose each is, and how long it took."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from math import inf
from resource import RUSAGE_THREAD, getrusage
from time import monotonic
from typing import TypeAlias

Spent: TypeAlias = tuple[float, int]
"""The processor's time that a thread has had, in seconds, and how often it waited."""

HARNESS: ContextVar[bool] = ContextVar("HARNESS", default=False)
"""Whether what runs is wsbeat's own. What it computes takes no time; a peer's does."""

BRIEF = 0.0001
"""How long (seconds) a step may take of which it does not matter whether it computed or waited."""


class Handles(deque[asyncio.Handle]):
    """The handles that are due in a loop; when one is taken, the one before it is over."""

    def __init__(
        self, held_up: Callable[[float, Spent], None], was_late: Callable[[float], None]
    ) -> None:
        """`held_up` is told how long (seconds) one of a peer's lasted, and what was spent before.

        `was_late` is told how long one of wsbeat's own lasted.
        """
        super().__init__()
        self._held_up, self._was_late = held_up, was_late
        self._since = inf
        self._is_peer = False
        self._spent = 0.0, 0
        self._asked_at = -inf

    def popleft(self) -> asyncio.Handle:
        """Take the next one, which is then run at once."""
        self.over()
        handle = super().popleft()
        context = handle._context  # type: ignore[attr-defined]
        self._is_peer, self._since = not context.get(HARNESS, False), monotonic()
        if self._is_peer and self._since - self._asked_at > BRIEF:
            self._spent, self._asked_at = spent(), self._since
        return handle

    def over(self) -> None:
        """The one that was taken last is over."""
        since, self._since = self._since, inf
        if since == inf:
            return
        lasted = monotonic() - since
        if self._is_peer:
            self._held_up(lasted, self._spent)
        else:
            self._was_late(lasted)

    def waited(self) -> None:
        """The loop has waited, which no peer did."""
        self._asked_at = -inf


def spent() -> Spent:
    """The processor's time of this thread, in seconds, and how often it waited for something."""
    used = getrusage(RUSAGE_THREAD)
    return used.ru_utime + used.ru_stime, used.ru_nvcsw

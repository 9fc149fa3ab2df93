"""How long threads have waited for a processor, those waits included that still last.

Linux counts the nanoseconds in which a thread could have run and did not get to (`schedstat`), but
tells of a wait only when it is over: on a busy machine a server may seem to do nothing at all, for
a second, because it is still in the queue. So one that is ready and has not run since it was last
looked at is taken to have waited from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Seen:
    """What was told of a thread when it was last looked at, in nanoseconds.

    `ready_since` is when it was first seen to be ready, if it has not run since.
    """

    ran: int
    waited: int
    ready_since: int | None


@dataclass(slots=True)
class RunQueue:
    """What was seen of some threads so far; `clock` tells nanoseconds."""

    clock: Callable[[], int] = time.monotonic_ns
    _seen: dict[Path, Seen] = field(default_factory=dict)

    def waited(self, thread: Path) -> int:
        """How long (nanoseconds) a thread has waited since its start, for its folder in /proc.

        Raises OSError, ValueError or IndexError where the system does not tell.
        """
        ran, waited, _ = map(int, (thread / "schedstat").read_text("ascii").split())
        since, now, before = None, self.clock(), self._seen.get(thread)
        has_stood = before is not None and (before.ran, before.waited) == (ran, waited)
        if has_stood and _is_ready(thread):
            since = now if before is None or before.ready_since is None else before.ready_since
        self._seen[thread] = Seen(ran, waited, since)
        return waited if since is None else waited + now - since


def _is_ready(thread: Path) -> bool:
    """Whether a thread runs, or would if there were a processor for it."""
    return (thread / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "R"

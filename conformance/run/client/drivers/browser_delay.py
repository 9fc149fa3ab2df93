"""How long a browser waited for a processor, as far as the system tells.

What a page does passes through several threads, one after the other: that of its scripts, that
which hands on what they send, those of the process that has the network, those of the browser. Each
of them may have waited (`run_delay`), and nobody is told which of them is whose. So of each kind of
thread the one that waited most counts, and the kinds are added up.

Example: on a busy machine a page sends a ping and sets a timer of 400 ms. The ping leaves 300 ms
later, for two threads had to wait; then the timer fires. The system says that they waited for
300 ms, so that nobody knows whether the page closed 100 ms after its ping.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from conformance.wire.run_queue import RunQueue

LOOK = 0.05
"""How often (seconds) the threads are read, at the most."""

SEARCH = 1.0
"""How often (seconds) it is looked which threads there are."""

HANDS_ON = "IOT"
"""What is in the name of a thread that hands on what others send."""

PROCESS_TYPE = ("--type=", "--utility-sub-type=")
"""How Chromium tells the processes it starts what they are for."""

Kind = tuple[str, ...]


@dataclass(slots=True)
class BrowserDelay:
    """The threads below one process, and how long they have waited in all since the first look."""

    root: int
    total: float = 0.0
    _threads: dict[Path, Kind] = field(default_factory=dict)
    _waited: dict[Path, int] = field(default_factory=dict)
    _queue: RunQueue = field(default_factory=RunQueue)
    _looked: float = float("-inf")
    _searched: float = float("-inf")

    def waited(self) -> float:
        """How long it has waited, in seconds."""
        now = time.monotonic()
        if now - self._searched >= SEARCH:
            self._threads, self._searched = dict(_threads_below(self.root)), now
        if now - self._looked >= LOOK:
            self._looked = now
            self._look()
        return self.total

    def _look(self) -> None:
        before, self._waited = self._waited, {}
        most: dict[Kind, int] = {}
        for thread, kind in self._threads.items():
            with suppress(OSError, IndexError, ValueError):
                waited = self._queue.waited(thread)
                self._waited[thread] = waited
                most[kind] = max(most.get(kind, 0), waited - before.get(thread, waited))
        self.total += sum(most.values()) / 1e9


def _threads_below(pid: int) -> Iterator[tuple[Path, Kind]]:
    """The threads of what a process started that matter, as far as that is a browser."""
    for child in _children(pid):
        process = Path(f"/proc/{child}")
        with suppress(OSError):
            words = (process / "cmdline").read_text("utf-8", "replace").replace("\0", " ").split()
            purpose = tuple(word for word in words if word.startswith(PROCESS_TYPE))
            for thread in (process / "task").iterdir():
                name = (thread / "comm").read_text("utf-8", "replace").strip()
                if thread.name == str(child) or HANDS_ON in name:
                    yield thread, (*purpose, name)
        yield from _threads_below(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (thread / "children").read_text("ascii").split())
    return found

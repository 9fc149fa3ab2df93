"""Hands: the workers of a crowd, each with its share, wherever they are.

A worker is a process that is told a job and says lines; it makes no difference to a run whether it
is beside it or on another machine. One that dies says why, as far as that is known, and the run
goes on without it.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

from conformance.run.helper import Helper
from conformance.run.server.crowd.job import CrowdJob

News: TypeAlias = dict[str, Any]
"""A line of a worker: whether it is ready, how it is, its census, whether that was all."""


class Hand(Protocol):
    """One worker with its share."""

    job: CrowdJob

    def begin(self) -> None:
        """Have it begin; it is ready."""

    def news(self) -> list[News]:
        """What it said since this was asked."""

    @property
    def lost(self) -> str:
        """Why it is lost, in words; empty while it is not."""

    def stop(self) -> None:
        """Have it stop, and do not wait for that."""

    def end(self) -> None:
        """End it, whatever it does."""


class Hands(Protocol):
    """Where workers come from; ended with the block."""

    def hire(self, jobs: Sequence[CrowdJob]) -> list[Hand]:
        """A worker for each job."""

    def count(self) -> int:
        """How many workers there are to be had."""


class LocalHand:
    """A worker process on this machine."""

    def __init__(self, job: CrowdJob) -> None:
        self.job = job
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._is_over = False
        self._helper = Helper(job.MODULE)
        self._helper.tell(job.to_json())
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._helper.popen.pid

    def begin(self) -> None:
        self._helper.tell("")

    def news(self) -> list[News]:
        found = taken(self._lines)
        self._is_over |= any("is_over" in told for told in found)
        return found

    @property
    def lost(self) -> str:
        code = self._helper.popen.poll()
        if code is None or self._is_over or self._reader.is_alive() or not self._lines.empty():
            return ""
        return f"it ended with code {code}: {self._helper.complaint()}".rstrip(": ")

    def stop(self) -> None:
        self._helper.tell_no_more()

    def end(self) -> None:
        self._helper.end(0.0 if not self._is_over else 1.0)
        self._reader.join(1.0)
        self._helper.close()

    def _read(self) -> None:
        for line in self._helper.output:
            if line.endswith("\n"):  # A process that is killed may leave half of one.
                self._lines.put(line)


def taken(lines: queue.SimpleQueue[str]) -> list[News]:
    """What lines say that have come."""
    found = []
    with suppress(queue.Empty):
        while True:
            found.append(json.loads(lines.get_nowait()))
    return found


class LocalHands:
    """Worker processes on this machine, one for each processor unless it is said how many."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def count(self) -> int:
        return self._workers

    def hire(self, jobs: Sequence[CrowdJob]) -> list[Hand]:
        return [LocalHand(job) for job in jobs]


def ready(hands: Sequence[Hand], patience: float) -> None:
    """Wait until all are ready, or lost, or the patience (seconds) is over."""
    waiting = list(hands)
    by = time.monotonic() + patience
    while waiting and time.monotonic() < by:
        waiting = [
            hand
            for hand in waiting
            if not hand.lost and not any("ready" in told for told in hand.news())
        ]
        time.sleep(0.02)

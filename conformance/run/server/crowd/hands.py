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
from conformance.run.plan import INTERVAL
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
    """Where workers come from; `bell` is set as soon as one of them has said something."""

    bell: threading.Event

    def hire(self, jobs: Sequence[CrowdJob]) -> list[Hand]:
        """A worker for each job."""

    def count(self) -> int:
        """How many workers there are to be had."""


class Lines:
    """The lines of a worker, kept until they are read; each, and their end, rings a bell."""

    def __init__(self, bell: threading.Event) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._bell = bell
        self.is_over = False
        """Whether the worker has said that this was all."""

    @property
    def are_all_read(self) -> bool:
        return self._lines.empty()

    def put(self, line: str) -> None:
        """Keep what the worker said."""
        self._lines.put(line)
        self._bell.set()

    def end(self) -> None:
        """No more lines come."""
        self._bell.set()

    def news(self) -> list[News]:
        """What the lines say that have come since this was asked."""
        found: list[News] = []
        with suppress(queue.Empty):
            while True:
                found.append(json.loads(self._lines.get_nowait()))
        self.is_over |= any("is_over" in told for told in found)
        return found


class LocalHand:
    """A worker process on this machine."""

    def __init__(self, job: CrowdJob, bell: threading.Event) -> None:
        self.job = job
        self._lines = Lines(bell)
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
        return self._lines.news()

    @property
    def lost(self) -> str:
        code = self._helper.popen.poll()
        if code is None or self._lines.is_over or self._reader.is_alive():
            return ""
        if not self._lines.are_all_read:
            return ""
        return f"it ended with code {code}: {self._helper.complaint()}".rstrip(": ")

    def stop(self) -> None:
        self._helper.tell_no_more()

    def end(self) -> None:
        self._helper.end(0.0 if not self._lines.is_over else 1.0)
        self._reader.join(1.0)
        self._helper.close()

    def _read(self) -> None:
        for line in self._helper.output:
            if line.endswith("\n"):  # A process that is killed may leave half of one.
                self._lines.put(line)
        self._lines.end()


class LocalHands:
    """Worker processes on this machine, one for each processor unless it is said how many."""

    def __init__(self, workers: int) -> None:
        self.bell = threading.Event()
        self._workers = workers

    def count(self) -> int:
        return self._workers

    def hire(self, jobs: Sequence[CrowdJob]) -> list[Hand]:
        return [LocalHand(job, self.bell) for job in jobs]


def ready(hired: Sequence[Hand], bell: threading.Event, patience: float) -> None:
    """Wait until all are ready, or lost, or the patience (seconds) is over."""
    waiting = list(hired)
    by = time.monotonic() + patience
    while waiting and time.monotonic() < by:
        listen(bell)
        waiting = [
            hand
            for hand in waiting
            if not hand.lost and not any("ready" in told for told in hand.news())
        ]


def listen(bell: threading.Event) -> None:
    """Wait until a worker has said something; one that is lost may say nothing, so not for long."""
    bell.wait(INTERVAL)
    bell.clear()

"""Workers of a crowd that Dask has, on as many machines as there are.

Each gets its share as a job that is bound to it, and lives it in a process of its own, as on this
machine: the lines of that process come back as events of Dask. What is told to it goes through two
of Dask's events, one for the beginning and one for the end. No clock of a machine is compared with
that of another: each worker tells seconds since it began.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from conformance.run.helper import Helper
from conformance.run.server.crowd.hands import Hand, Lines, News
from conformance.run.server.crowd.job import CrowdJob
from conformance.targets.printable import printable
from conformance.verdict.selection import UsageError

ANSWER_WITHIN = 10.0
"""How long (seconds) the scheduler may take to answer."""


ASKED_EVERY = 0.2
"""How often (seconds) a worker asks whether it is to begin, or to stop."""


GONE_AFTER = 5.0
"""After so many seconds without it a scheduler is held to be gone, and so is a worker."""


LOOKED_EVERY = 1.0
"""How often (seconds) it is looked which workers there are."""


def live_share(line: str, topic: str, number: int) -> None:
    """What a worker of Dask does: a share, in a process whose lines it passes on."""
    from distributed import Event, get_worker  # noqa: PLC0415 - only those who have Dask get here

    worker = get_worker()
    begin, stop = Event(f"{topic}-begin"), Event(f"{topic}-stop")
    helper = Helper(CrowdJob.MODULE)

    def pass_on() -> None:
        for said in helper.output:
            worker.log_event(topic, [number, said])

    try:
        helper.tell(line)
        reader = threading.Thread(target=pass_on, daemon=True)
        reader.start()
        has_begun = False
        while reader.is_alive():
            if not has_begun and begin.is_set():
                helper.tell("")
                has_begun = True
            if stop.is_set():
                helper.tell_no_more()
            reader.join(ASKED_EVERY)
        if helper.popen.wait() != 0:
            raise helper.fault()
    finally:
        helper.end()
        helper.close()


class DaskHand:
    """One worker of Dask with its share."""

    def __init__(self, hands: DaskHands, job: CrowdJob, address: str, future: Any) -> None:
        self.job = job
        self._hands = hands
        self._address = address
        self._future = future
        self._lines = Lines(hands.bell)

    def begin(self) -> None:
        self._hands.tell("begin")

    def hear(self, line: str) -> None:
        """Take in a line of the worker."""
        self._lines.put(line)

    def news(self) -> list[News]:
        return self._lines.news()

    @property
    def lost(self) -> str:
        if self._lines.is_over or not self._lines.are_all_read:
            return ""
        if gone := self._hands.gone:
            return gone
        if self._future.status == "error":
            return f"it failed on {self._address}: {printable(str(self._failure()), 300)}"
        if self._future.status in ("cancelled", "lost"):
            return f"Dask gave up its job on {self._address}"
        if not self._hands.has(self._address):
            return f"the Dask worker at {self._address} is gone"
        return ""

    def stop(self) -> None:
        self._hands.tell("stop")

    def end(self) -> None:
        with suppress(Exception):
            self._future.cancel()

    def _failure(self) -> BaseException | None:
        failure: BaseException | None = self._future.exception(timeout=ANSWER_WITHIN)
        return failure


class DaskHands:
    """The workers of a Dask scheduler, at most so many of them."""

    def __init__(self, scheduler: str, most: int | None) -> None:
        try:
            from distributed import Client  # noqa: PLC0415 - an extra
        except ImportError:
            raise UsageError(
                "--scheduler: Dask is not installed here: pip install 'wsbeat[crowd]'."
            ) from None
        try:
            self._client = Client(scheduler, timeout=ANSWER_WITHIN, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--scheduler {printable(scheduler, 200)}: no Dask scheduler answers there "
                f"({printable(str(error), 200)})."
            ) from None
        self.bell = threading.Event()
        self._most = most
        self._topic = f"wsbeat-{uuid4().hex}"
        self._hired: list[DaskHand] = []
        self._last_answer = self._looked = time.monotonic()
        self._seen: dict[str, float] = {}
        """When each worker was seen last, by its address."""

    def close(self) -> None:
        """Leave the scheduler, which goes on."""
        self._client.close(timeout=2)

    def count(self) -> int:
        addresses = self._addresses()
        if not addresses:
            raise UsageError("--scheduler: it has no workers. Start some with `dask worker`.")
        return min(len(addresses), self._most or len(addresses))

    def hire(self, jobs: Sequence[CrowdJob]) -> list[Hand]:
        self._topic = f"wsbeat-{uuid4().hex}"
        self._hired = []
        addresses = self._addresses()
        self._seen = dict.fromkeys(addresses, time.monotonic())
        self._client.subscribe_topic(self._topic, self._hear)
        for number, (job, address) in enumerate(zip(jobs, addresses, strict=False)):
            future = self._client.submit(
                live_share,
                job.to_json(),
                self._topic,
                number,
                key=f"{self._topic}-{number}",
                workers=[address],
                allow_other_workers=False,
                retries=0,
                pure=False,
            )
            self._hired.append(DaskHand(self, job, address, future))
        return list(self._hired)

    def tell(self, what: str) -> None:
        """Have all workers begin, or stop; a scheduler that is gone tells nobody."""
        from distributed import Event  # noqa: PLC0415 - an extra

        with suppress(OSError, TimeoutError):
            if not self.gone:
                Event(f"{self._topic}-{what}", client=self._client).set()

    @property
    def gone(self) -> str:
        """That the scheduler is gone, in words; empty while it is there."""
        now = time.monotonic()
        if self._client.status == "running":
            self._last_answer = now
        if self._client.status == "closed" or now - self._last_answer > GONE_AFTER:
            return "the Dask scheduler is gone"
        return ""

    def has(self, address: str) -> bool:
        """Whether a worker is still there, as far as the scheduler has told."""
        now = time.monotonic()
        if now - self._looked > LOOKED_EVERY:
            self._looked = now
            self._seen |= dict.fromkeys(self._addresses(), now)
        return self._looked - self._seen.get(address, self._looked) < GONE_AFTER

    def _addresses(self) -> list[str]:
        return sorted(self._client.scheduler_info(n_workers=-1).get("workers", ()))

    def _hear(self, event: tuple[float, Any]) -> None:
        number, line = event[1]
        self._hired[number].hear(line)

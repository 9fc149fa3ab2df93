"""How long a server on this machine waited for a processor: that is no slowness of its own.

Linux keeps, for each thread, how long it was ready to run and did not get to (`schedstat`); of a
wait that still lasts it tells afterwards, so that it is found out who is ready and has not run. The
threads are those of the processes that listen where the target is, and of their children. Where the
system does not tell, as on other machines, nothing is known, and nothing is granted.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from conformance.targets.address import Address
from conformance.wire.clock import Clock

LOOK = 0.05
"""How often (seconds) it is looked how long the threads have waited."""


WORTH_NOTING = 0.005
"""A shorter wait (seconds) within one look is not noted."""


LONGEST = 5 * LOOK
"""How long a time (seconds) one note is about at the most."""


MOST = 100
"""How many threads are looked at, at the most."""


PROC = Path("/proc")
LISTENING, NANO = "0A", 1e-9

Report = Callable[[float, float, float], None]
"""Is told between which times of the clock a server waited, and for how many seconds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was told of a thread when it was last looked at, in nanoseconds.

    `ready_since` is when it was first seen to be ready, if it has not run since.
    """

    ran: int
    waited: int
    ready_since: int | None


@dataclass(slots=True)
class ServerProcesses:
    """The processes of a server, and how long each of their threads has waited so far."""

    pids: frozenset[int]
    waited: dict[str, int] = field(default_factory=dict)
    clock: Callable[[], int] = time.monotonic_ns
    _seen: dict[Path, Seen] = field(default_factory=dict)

    def newly_waited(self) -> float:
        """How long the thread that waited longest has waited since this was asked, in seconds."""
        before, self.waited = self.waited, dict(self._waited())
        grown = (now - before.get(thread, now) for thread, now in self.waited.items())
        return max(grown, default=0) * NANO

    def _waited(self) -> Iterator[tuple[str, int]]:
        for thread in [path for pid in self.pids for path in _listed(PROC / f"{pid}/task")][:MOST]:
            with suppress(OSError, ValueError, IndexError):
                ran, waited, _ = map(int, (thread / "schedstat").read_text("ascii").split())
                yield str(thread), waited + self._waits_still(thread, ran, waited)

    def _waits_still(self, thread: Path, ran: int, waited: int) -> int:
        """For how long (nanoseconds) a thread has waited of which the system does not tell yet."""
        since, now, before = None, self.clock(), self._seen.get(thread)
        has_stood = before is not None and (before.ran, before.waited) == (ran, waited)
        if has_stood and _is_ready(thread):
            since = now if before is None or before.ready_since is None else before.ready_since
        self._seen[thread] = Seen(ran, waited, since)
        return 0 if since is None else now - since


def processes_of(address: Address) -> ServerProcesses | None:
    """The processes that listen at an address of this machine; None where they cannot be seen."""
    sockets = set(_sockets_at(address))
    listening = {pid for pid in _pids() if sockets and sockets & set(_sockets_of(pid))}
    pids = listening - {os.getpid()}
    while pids < (grown := pids | {pid for pid in _pids() if _parent(pid) in pids}):
        pids = grown
    found = ServerProcesses(frozenset(pids))
    found.newly_waited()
    return found if found.waited else None


async def watch_starvation(clock: Clock, server: ServerProcesses | None, report: Report) -> None:
    """Run beside timed scenarios; report how long the server waited for a processor."""
    if server is None:
        return
    server.newly_waited()
    since = looked = clock.now()
    total = 0.0
    try:
        while True:
            await asyncio.sleep(LOOK)
            waited, before, looked = server.newly_waited(), looked, clock.now()
            if waited > WORTH_NOTING:
                # It is told only when the wait is over, and may have begun before the last look.
                since = since if total else min(before, looked - waited)
                total += waited
            if total and (waited <= WORTH_NOTING or looked - since >= LONGEST):
                report(since, looked, total)
                total = 0.0
    finally:
        if total:
            report(since, clock.now(), total)


def _is_ready(thread: Path) -> bool:
    """Whether a thread runs, or would if there were a processor for it."""
    return (thread / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "R"


def _sockets_at(address: Address) -> Iterator[str]:
    """The inodes of the sockets that listen at an address of this machine."""
    if address.socket is not None:
        rows = (row.split() for row in _lines(PROC / "net/unix"))
        yield from (row[6] for row in rows if len(row) > 7 and row[7] == address.socket)
    elif _is_here(address.uri.host):
        for table in ("net/tcp", "net/tcp6"):
            for row in map(str.split, _lines(PROC / table)):
                port = row[1].rpartition(":")[2]
                if row[3] == LISTENING and int(port, 16) == address.uri.port:
                    yield row[9]


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _pids() -> Iterator[int]:
    return (int(path.name) for path in _listed(PROC) if path.name.isdecimal())


def _sockets_of(pid: int) -> Iterator[str]:
    for link in _listed(PROC / f"{pid}/fd"):
        with suppress(OSError):
            to = os.readlink(link)
            if to.startswith("socket:["):
                yield to.removeprefix("socket:[").removesuffix("]")


def _parent(pid: int) -> int | None:
    """The number of the process that started another one: the second field after its name."""
    with suppress(OSError, ValueError, IndexError):
        return int((PROC / f"{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
    return None


def _lines(table: Path) -> list[str]:
    """The rows of a table of the kernel without its heading; none where there is no such table."""
    with suppress(OSError):
        return table.read_text("utf-8", "replace").splitlines()[1:]
    return []


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []

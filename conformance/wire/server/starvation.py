"""How long a server on this machine waited for a processor: that is no slowness of its own.

Linux keeps, for each thread, how long it was ready to run and did not get to (`run_queue`). The
threads are those of the processes that listen where the target is, and of their children. Where the
system does not tell, as on other machines, nothing is known, and nothing is granted.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from conformance.targets.address import Address
from conformance.wire.clock import Clock
from conformance.wire.run_queue import RunQueue

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


@dataclass(slots=True)
class ServerProcesses:
    """The processes of a server, and how long each of their threads has waited so far."""

    pids: frozenset[int]
    waited: dict[str, int] = field(default_factory=dict)
    queue: RunQueue = field(default_factory=RunQueue)

    def newly_waited(self) -> float:
        """How long the thread that waited longest has waited since this was asked, in seconds."""
        before, self.waited = self.waited, dict(self._waited())
        grown = (now - before.get(thread, now) for thread, now in self.waited.items())
        return max(grown, default=0) * NANO

    def _waited(self) -> Iterator[tuple[str, int]]:
        for thread in [path for pid in self.pids for path in _listed(PROC / f"{pid}/task")][:MOST]:
            with suppress(OSError, ValueError, IndexError):
                yield str(thread), self.queue.waited(thread)


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

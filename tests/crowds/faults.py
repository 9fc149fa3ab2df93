"""Servers with one fault each that a hundred connections do not show."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from spec import Timing
from tests.crowds.server import CrowdServer, Line


class ChecksOneAfterTheOther(CrowdServer):
    """Asks something of a database for each connection that it checks, and waits for it."""

    ASKING = 0.004
    """Seconds that it takes."""

    async def check(self) -> None:
        for line in list(self.alive):
            await asyncio.sleep(self.ASKING)
            since = self.alive.get(line)
            if since is not None and monotonic() - since > self.timing.heartbeat_timeout:
                self.forget(line)
                line.close()


class HasOneLockForAllSends(CrowdServer):
    """Writes each answer into a log before it sends it, one answer after the other."""

    WRITING = 0.005
    """Seconds that it takes."""

    def __init__(self, timing: Timing) -> None:
        super().__init__(timing)
        self.lock = asyncio.Lock()
        self.tasks: set[asyncio.Task[None]] = set()

    def answer(self, line: Line, text: bytes) -> None:
        task = asyncio.ensure_future(self.send(line, text))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def send(self, line: Line, text: bytes) -> None:
        async with self.lock:
            await asyncio.sleep(self.WRITING)
            line.say(text)


class ForgetsWhatIsMoreThan4096(CrowdServer):
    """Keeps its connections in a cache that lets go of the oldest entry when it is full."""

    MOST = 4096

    def restart(self, line: Line) -> None:
        super().restart(line)
        while len(self.alive) > self.MOST:
            self.alive.pop(next(iter(self.alive)))


class DropsHandshakes(CrowdServer):
    """Takes one connection after the other, and has room for few that wait."""

    WAITING = 8
    TAKING = 0.02
    """Seconds that it takes for each."""

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[int]:
        loop = asyncio.get_running_loop()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(self.WAITING)
        listener.setblocking(False)

        async def accept() -> None:
            while True:
                sock, _ = await loop.sock_accept(listener)
                await loop.connect_accepted_socket(lambda: Line(self), sock)
                await asyncio.sleep(self.TAKING)

        accepting = asyncio.ensure_future(accept())
        try:
            yield listener.getsockname()[1]
        finally:
            accepting.cancel()
            listener.close()


class TellsAllOfEveryNewcomer(CrowdServer):
    """Makes for everybody who is there a list of who is there, whenever somebody comes."""

    WATCHING = 50
    """One in so many has asked to be told; to the others it is made in vain."""

    def __init__(self, timing: Timing) -> None:
        super().__init__(timing)
        self.here: dict[int, Line] = {}
        self.came = 0

    def opened(self, line: Line) -> None:
        super().opened(line)
        self.came += 1
        self.here[self.came] = line
        for number, other in list(self.here.items()):
            json.dumps([*self.here])
            if number % self.WATCHING == 0:
                other.knock()

    def forget(self, line: Line) -> None:
        super().forget(line)
        self.here = {number: each for number, each in self.here.items() if each is not line}


FAULTS: dict[str, type[CrowdServer]] = {
    "none": CrowdServer,
    "checks_one_after_the_other": ChecksOneAfterTheOther,
    "has_one_lock_for_all_sends": HasOneLockForAllSends,
    "forgets_what_is_more_than_4096": ForgetsWhatIsMoreThan4096,
    "drops_handshakes": DropsHandshakes,
    "tells_all_of_every_newcomer": TellsAllOfEveryNewcomer,
}

"""An observer of clients: plays the server of an exchange, and says where a client departs."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from spec import Exchange, Timing
from spec.exchange import (
    Accept,
    Binary,
    Bounds,
    Break,
    Close,
    Connect,
    Silence,
    Step,
    Text,
    UserCloses,
)
from tests.spec.observer import Departure, fits, kind

Ends = Callable[[], Awaitable[None]]
"""Makes the client end in order."""


@dataclass
class ClientObserver:
    """The connections of one client, and the moments that bounds are counted from.

    Each of these is a pair: the event happened after the first and before the second. What a client
    does besides its pings may pass in between; its pings are looked at where one is shown.
    """

    timing: Timing
    ends: Ends
    arrivals: "asyncio.Queue[ServerConnection]" = field(default_factory=asyncio.Queue)
    since: dict[str, tuple[float, float]] = field(default_factory=dict)
    bounds: Bounds | None = None
    connection: ServerConnection | None = None
    ending: "asyncio.Task[None] | None" = None

    async def plays(self, exchange: Exchange) -> None:
        """Play the exchange to its end; raise ``Departure`` where the client departs from it."""
        for step in exchange.steps:
            await self.takes(step)

    async def takes(self, step: Step) -> None:
        """Do what the step says the server does, or await what it says the client does."""
        match step:
            case Bounds():
                self.bounds = step
            case Connect():
                await self.is_connected()
            case Accept():
                pass  # The handshake was answered when the connection arrived.
            case Text("server", text):
                await self.sends(text, kind(text))
            case Binary("server", data):
                await self.sends(data, "")
            case Text("client") | Close("client"):
                await self.awaits(step)
            case Close("server", code, reason) if self.ending is None:
                assert code is not None
                before = monotonic()
                await self.open.close(code, reason)
                self.since["close"] = before, monotonic()
            case Close("server"):
                assert self.ending is not None
                await self.ending  # The client's own Close was answered in kind by `websockets`.
            case Break():
                self.open.transport.abort()
            case UserCloses():
                self.ending = asyncio.ensure_future(self.ends())
            case Silence():
                with suppress(TimeoutError):
                    async with asyncio.timeout(step.seconds(self.timing)):
                        await self.arrivals.get()
                        raise Departure("the client connected again")
            case _:
                raise AssertionError(f"no client exchange shows {step}")

    async def is_connected(self) -> None:
        """Await a connection within the bounds, or as long as a client may take to come back."""
        earliest, latest = self.window(self.timing.reconnect_cap)
        try:
            async with asyncio.timeout_at(_loop_time(latest)):
                self.connection = await self.arrivals.get()
        except TimeoutError:
            raise Departure("the client did not connect in time") from None
        self.since["opening"] = monotonic(), monotonic()
        if monotonic() < earliest:
            raise Departure(f"the client connected {earliest - monotonic():.3f} s too early")

    async def sends(self, content: str | bytes, name: str) -> None:
        """Send a message as it stands."""
        before = monotonic()
        await self.open.send(content)
        self.since[name] = before, monotonic()

    async def awaits(self, step: Text | Close) -> None:
        """Await this message or this Close within the bounds; pings pass before what is none."""
        earliest, latest = self.window(self.timing.heartbeat_interval)
        while True:
            came = await self.next_event(latest, step)
            if fits(came, step):
                break
            passes = isinstance(came, Text) and kind(came.text) == "ping"
            if not passes or (isinstance(step, Text) and kind(step.text) == "ping"):
                raise Departure(f"{came} came; expected {step}")
        moment = monotonic()
        if moment < earliest:
            raise Departure(f"{came} came {earliest - moment:.3f} s too early")
        self.since["close" if isinstance(step, Close) else kind(step.text)] = moment, moment

    async def next_event(self, latest: float, step: Text | Close) -> Text | Close:
        """Return the next message or Close; raise ``Departure`` when none comes in time."""
        try:
            async with asyncio.timeout_at(_loop_time(latest)):
                message = await self.open.recv()
        except TimeoutError:
            raise Departure(f"nothing came in time; expected {step}") from None
        except ConnectionClosed as error:
            if error.rcvd is None:
                raise Departure("the connection was aborted") from error
            return Close("client", error.rcvd.code, error.rcvd.reason)
        if not isinstance(message, str):
            raise Departure(f"a binary message came: {message!r:.80}")
        return Text("client", message, 1)

    def window(self, otherwise: float) -> tuple[float, float]:
        """Use the bounds up; return the moments between which the next event is due."""
        if self.bounds is None:
            return 0, monotonic() + otherwise + self.timing.tolerance
        lower, upper = self.bounds.seconds(self.timing)
        before, after = self.since[self.bounds.since]
        self.bounds = None
        return before + lower, after + upper + self.timing.tolerance

    @property
    def open(self) -> ServerConnection:
        """The connection, once there is one."""
        assert self.connection is not None
        return self.connection


async def play(
    exchange: Exchange, timing: Timing, start: Callable[[str], tuple[Awaitable[None], Ends]]
) -> None:
    """Play an exchange with a client that ``start`` makes for a URL: its life, and how to end it.

    Raises ``Departure`` where the client departs from the exchange.
    """
    arrivals: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def keep(connection: ServerConnection) -> None:
        arrivals.put_nowait(connection)
        await connection.wait_closed()

    async with serve(keep, "127.0.0.1", 0, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        life, ends = start(f"ws://127.0.0.1:{port}/")
        living = asyncio.ensure_future(life)
        try:
            await ClientObserver(timing, ends, arrivals).plays(exchange)
        finally:
            await ends()
            await living


def _loop_time(moment: float) -> float:
    """The event loop's time of a moment of the monotonic clock."""
    return asyncio.get_running_loop().time() + moment - monotonic()

"""An observer of servers: plays the client of an exchange, and says where a server departs."""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from spec import Exchange, Timing
from spec.exchange import Accept, Binary, Bounds, Close, Connect, Control, Silence, Step, Text
from tests.spec.strict_json import same

PING = Text("client", '{"type": "ping"}', 1)
PONG = Text("server", '{"type": "pong"}', 1)


class Departure(AssertionError):
    """The server did something else than the exchange shows."""


@dataclass
class Observer:
    """One connection under observation, and the moments that bounds are counted from.

    Each of these is a pair: the event happened after the first and before the second.
    """

    url: str
    timing: Timing
    passes_over_pings: bool = False
    since: dict[str, tuple[float, float]] = field(default_factory=dict)
    bounds: Bounds | None = None
    offered: Sequence[str] = ()
    control_pong: Awaitable[float] | None = None
    connection: ClientConnection | None = None

    async def plays(self, exchange: Exchange) -> None:
        """Play the exchange to its end; raise ``Departure`` where the server departs from it."""
        self.passes_over_pings = exchange.capability == "server_ping"
        try:
            for step in exchange.steps:
                await self.takes(step)
            if not isinstance(exchange.steps[-1], Close):
                await self.finds_nothing_left()
        finally:
            if self.connection is not None:
                await self.connection.close()

    async def takes(self, step: Step) -> None:
        """Do what the step says the client does, or await what it says the server does."""
        match step:
            case Connect(subprotocols):
                self.offered = subprotocols
            case Accept(subprotocol):
                await self.opens(subprotocol)
            case Bounds():
                self.bounds = step
            case Silence():
                await self.hears_nothing_until(monotonic() + step.seconds(self.timing))
            case Control("server", "pong"):
                assert self.control_pong is not None
                await asyncio.wait_for(self.control_pong, self.patience)
            case Text("server") | Close("server"):
                await self.awaits(step)
            case Text("client") | Binary("client") | Control("client") | Close("client"):
                await self.sends(step)
            case _:
                raise NotImplementedError(f"{step} is for observers of clients")

    async def opens(self, subprotocol: str | None) -> None:
        """Open the connection; the server's clock started between the request and the answer."""
        before = monotonic()
        self.connection = await connect(
            self.url,
            subprotocols=[Subprotocol(each) for each in self.offered] or None,
            ping_interval=None,
            close_timeout=self.patience,
            max_size=None,
        )
        self.since["opening"] = before, monotonic()
        if self.connection.subprotocol != subprotocol:
            raise Departure(f"selected {self.connection.subprotocol!r}, not {subprotocol!r}")

    async def sends(self, step: Text | Binary | Control | Close) -> None:
        """Send it, at the lower bound where there is one."""
        if self.bounds is not None:
            earliest, _ = self.window()
            await self.hears_nothing_until(earliest)
        before = monotonic()
        match step:
            case Text(_, text, times):
                for _ in range(times):
                    await self.open.send(text)
                self.since[kind(text)] = before, monotonic()
            case Binary(_, data):
                await self.open.send(data)
            case Control(_, _, payload):
                self.control_pong = await self.open.ping(payload)
            case Close(_, code, reason):
                assert code is not None
                await self.open.close(code, reason)

    async def awaits(self, step: Text | Close) -> None:
        """Await this message, as often as the step says, or this Close, within the bounds."""
        for _ in range(step.times if isinstance(step, Text) else 1):
            earliest, latest = self.window()
            try:
                came = await self.next_event(latest, passing=not is_ping(step))
            except TimeoutError:
                raise Departure(f"nothing came in time; expected {step}") from None
            moment = monotonic()
            if not fits(came, step):
                raise Departure(f"{came} came; expected {step}")
            if moment < earliest:
                raise Departure(f"{came} came {earliest - moment:.3f} s too early")
            if isinstance(step, Text):
                self.since[kind(step.text)] = moment, moment

    async def finds_nothing_left(self) -> None:
        """Send a ping, and find that its pong is the next message that comes, and the last."""
        await self.sends(PING)
        await self.awaits(PONG)
        await asyncio.wait_for(await self.open.ping(), self.patience)
        await self.hears_nothing_until(monotonic())

    async def hears_nothing_until(self, moment: float) -> None:
        """Let time pass; a message or the end of the connection is a departure."""
        try:
            came = await self.next_event(moment, passing=True)
        except TimeoutError:
            return
        raise Departure(f"{came} came; expected silence")

    async def next_event(self, latest: float, *, passing: bool) -> Text | Close:
        """Return the next message or Close; raise ``TimeoutError`` when none comes by then.

        ``passing`` passes over the pings of a Plan B server.
        """
        while True:
            try:
                async with asyncio.timeout(latest - monotonic()):
                    message = await self.open.recv()
            except ConnectionClosed as error:
                if error.rcvd is None:
                    raise Departure("the connection was aborted") from error
                return Close("server", error.rcvd.code, error.rcvd.reason)
            if not isinstance(message, str):
                raise Departure(f"a binary message came: {message!r:.80}")
            event = Text("server", message, 1)
            if not (passing and self.passes_over_pings and is_ping(event)):
                return event

    def window(self) -> tuple[float, float]:
        """Use the bounds up; return the moments between which the next event is due."""
        if self.bounds is None:
            return 0, monotonic() + self.patience
        lower, upper = self.bounds.seconds(self.timing)
        slack = 0 if self.bounds.latest == ("longest_gap",) else self.timing.tolerance
        before, after = self.since[self.bounds.since]
        self.bounds = None
        return before + lower, after + upper + slack

    @property
    def open(self) -> ClientConnection:
        """The connection, once there is one."""
        assert self.connection is not None
        return self.connection

    @property
    def patience(self) -> float:
        """Seconds within which a reply is due, slack included."""
        return self.timing.reply_deadline + self.timing.tolerance


def kind(text: str) -> str:
    """Return ``ping`` or ``pong`` for a text that is one, and nothing for any other."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    type = value.get("type") if isinstance(value, dict) else None
    return type if type in ("ping", "pong") else ""


def is_ping(step: Text | Close) -> bool:
    """Tell whether this is a text message that is a ping."""
    return isinstance(step, Text) and kind(step.text) == "ping"


def fits(came: Text | Close, shown: Text | Close) -> bool:
    """Tell whether what came is what the exchange shows, by the rules of section 1.5."""
    match came, shown:
        case Text(text=text), Text(text=expected):
            return same(json.loads(text), json.loads(expected))
        case Close(code=code, reason=reason), Close(code=expected_code, reason=expected_reason):
            return code == expected_code and expected_reason in ("", reason)
        case _:
            return False

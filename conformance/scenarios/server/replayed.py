"""What was done to a server once, done again: the same things, when, and on which connections.

1. A trace says what wsbeat did on each connection: `deeds_on` reads that off.
2. Each is opened as long after the beginning as it was then, and after those that were before it.
3. Each deed waits for its moment. It also waits, for as long as a reply may take, until as much was
   received as had been when it was done then: who answers a pong does so after the pong.
4. What was done after a Close of the server waits for that Close, which may come at another moment
   of its check; a reset waits for those on other connections, too, where it followed at once.
5. Where the server ended the connection then, or was watched, it is watched again.

What came of itself then comes of itself again: answers to control Pings and to Closes, and, where
the dialect `answers_beats`, pongs to the pings of the server.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf

import spec
from conformance.messages.from_client import is_pong
from conformance.messages.from_server import server_ping
from conformance.scenarios.scenario import ServerScenario
from conformance.trace.event import CUT, Close, Ended, Event
from conformance.trace.fragment import in_frames
from conformance.trace.trace import Trace
from conformance.wire.ends.peer import Peer
from conformance.wire.handshake import HandshakeRefused
from conformance.wire.server.dial import Dial
from conformance.wire.server.manner import MANNERS, PLAINLY
from spec.dialect.dialect import Dialect

ANSWERED = ("opened", "refused", "ended")
"""What shows that a server, or wsbeat, has done with a handshake."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done on a connection, with the events that tell of it, the first first.

    `heard` is how many messages had been received by then.
    """

    events: tuple[Event, ...]
    heard: int

    @property
    def at(self) -> float:
        """When it was done, in seconds after the beginning."""
        return self.events[0].earliest


def replayed(trace: Trace, exercises: tuple[str, ...]) -> ServerScenario:
    """A scenario that does what a trace says was done to a server."""
    return ServerScenario(
        name=trace.scenario,
        kind="prompt",
        doc="Does again what was done when the trace was recorded.",
        exercises=exercises,
        act=partial(_act, trace),
        connections=max(1, len(trace.by_connection)),
        recorded=trace,
    )


def deeds_on(events: Sequence[Event], dialect: Dialect) -> list[Deed]:
    """What was done on a connection, without what wsbeat does of itself."""
    deeds: list[Deed] = []
    pending: Counter[object] = Counter()
    heard, is_closed, inside = 0, False, 0
    for place, event in enumerate(events):
        if inside:
            inside -= 1
            continue
        if dialect.answers_beats and place and _answers(event, events[place - 1], dialect):
            continue
        if event.kind == "received":
            heard += event.opcode in ("text", "binary")
            is_closed = is_closed or event.opcode == "close"
            pending[event.content] += event.opcode == "ping"
        elif event.opcode == "pong" and pending[event.content]:
            pending[event.content] -= 1
        elif event.kind == "sent" and not (event.opcode == "close" and is_closed):
            together = _together(events[place:])
            inside = len(together) - 1
            deeds.append(Deed(together, heard))
        elif event.kind in ("paused", "resumed", "silent") or _is_our_end(event):
            deeds.append(Deed((event,), heard))
    return deeds


def _answers(event: Event, before: Event, dialect: Dialect) -> bool:
    """Whether something is the pong that wsbeat says as soon as a ping of the server comes."""
    return (
        (event.kind, event.opcode, before.kind) == ("sent", "text", "received")
        and is_pong(event.said, dialect)
        and server_ping(before.said, dialect) is not None
    )


def _is_our_end(event: Event) -> bool:
    return isinstance(event.content, Ended) and event.content.how == "local"


def _together(events: Sequence[Event]) -> tuple[Event, ...]:
    """What left in one go with the first event: several messages, or one in several frames."""
    first = events[0]
    if first.opcode == "fragment":
        return _in_frames(events) or (first,)
    alike = [first]
    for event in events[1:]:
        if (event.earliest, event.kind) != (first.earliest, "sent"):
            break
        if {event.opcode, first.opcode} <= {"text", "binary"}:
            alike.append(event)
    return tuple(alike)


def _in_frames(events: Sequence[Event]) -> tuple[Event, ...]:
    """A message in frames, with the control Ping in its midst; nothing where it did not end."""
    for place, event in enumerate(events[1:], 1):
        if event.kind != "sent" or event.opcode not in ("ping", "text", "binary"):
            return ()
        if event.opcode != "ping":
            whole = event.earliest == events[0].earliest
            return tuple(events[: place + 1]) if whole else ()
    return ()


class Closes:
    """The Closes that a server sent in a trace, and which of them have come again."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._told = [each for each in events if (each.kind, each.opcode) == ("received", "close")]
        self._come = {each.connection: asyncio.Event() for each in self._told}

    def came(self, connection: int) -> None:
        """A connection is closed, or nothing more is awaited on it."""
        if connection in self._come:
            self._come[connection].set()

    def on(self, event: Event) -> bool:
        """Whether the connection of an event had been closed by then."""
        return any(
            close.connection == event.connection and close.n < event.n for close in self._told
        )

    async def before_reset(self, event: Event, timing: spec.Timing) -> None:
        """Wait for the Closes on other connections that a reset followed at once."""
        for close in self._told:
            at_once = event.earliest - close.latest <= timing.reply_deadline
            if close.connection != event.connection and close.n < event.n and at_once:
                await self._come[close.connection].wait()


async def _act(trace: Trace, dial: Dial, timing: spec.Timing) -> None:
    closes, answered = Closes(trace.events), dict[float, asyncio.Event]()
    async with asyncio.TaskGroup() as group:
        for events in trace.by_connection.values():
            if events[0].kind == "opening":
                # A crowd that came one after the other does so again: a server is no target.
                before = max((n for n in answered if n < events[0].n), default=-1.0)
                first = next((each.n for each in events if each.kind in ANSWERED), inf)
                turn = answered.get(before), answered.setdefault(first, asyncio.Event())
                task = group.create_task(_connection(dial, timing, events, closes, *turn))
                came = partial(lambda number, _: closes.came(number), events[0].connection)
                task.add_done_callback(came)


async def _connection(
    dial: Dial, timing: spec.Timing, events: Sequence[Event], closes: Closes,
    before: asyncio.Event | None, answered: asyncio.Event,
) -> None:  # fmt: skip
    kinds = {event.kind for event in events}
    offered = str(events[0].content).split(", ") if events[0].content else ()
    await dial.until(events[0].earliest)
    if before is not None:
        await before.wait()
    with suppress(HandshakeRefused):
        peer = await dial.asking(MANNERS.get(events[0].manner, PLAINLY)).knock(offered)
        try:
            if kinds & {"opened", "refused"}:
                await peer.opened(by=dial.after(dial.patience))
                answered.set()
            if "opened" in kinds:
                await peer.introduced(dial.patience)
            _keep_silent(peer, events)
            await _do_all(dial, timing, peer, events, closes)
        finally:
            answered.set()
            await peer.close(by=dial.after(dial.patience))
    answered.set()


def _keep_silent(peer: Peer, events: Sequence[Event]) -> None:
    """Leave unanswered what was left unanswered."""
    opcodes = Counter((event.kind, event.opcode) for event in events)
    if opcodes["received", "ping"] and not opcodes["sent", "pong"]:
        peer.ignore_control_pings()
    if opcodes["received", "close"] and not opcodes["sent", "close"]:
        peer.answers_close = False


async def _do_all(
    dial: Dial, timing: spec.Timing, peer: Peer, events: Sequence[Event], closes: Closes
) -> None:
    deeds = deeds_on(events, dial.recorder.heading.dialect)
    paused, has_said_goodbye, missing = False, False, 0
    for deed in deeds:
        await dial.until(deed.at)
        if deed.events[0].kind == "ended" and has_said_goodbye:
            await peer.dropped(by=dial.after(dial.patience))
        has_said_goodbye = has_said_goodbye or deed.events[0].opcode == "close"
        if deed.events[0].kind in ("sent", "ended"):
            late = timing.reply_deadline + timing.tolerance
            if not await peer.hear_all(deed.heard - missing, by=dial.after(late)):
                missing = deed.heard - peer.heard.messages - peer.heard.pings
            if closes.on(deed.events[0]):
                await peer.ended(by=dial.at(deed.at + timing.longest_wait))
                closes.came(deed.events[0].connection)
            if deed.events[0].content == Ended("local", CUT):
                await closes.before_reset(deed.events[0], timing)
        if deed.events[0].kind in ("paused", "resumed"):
            paused = deed.events[0].kind == "paused"
            is_for_good = all(each.events[0].kind != "resumed" for each in deeds)
            _read_on(peer, is_paused=paused, is_for_good=is_for_good)
        else:
            await _do(peer, dial.clock.now(), deed.events, is_paused=paused)
    if not any(deed.events[0].kind == "ended" for deed in deeds):
        await peer.watch(by=_until_when(dial, timing, events, deeds))


def _until_when(
    dial: Dial, timing: spec.Timing, events: Sequence[Event], deeds: Sequence[Deed]
) -> float:
    """Until when a connection is watched that the server ended.

    If it was for want of heartbeats, or might have been, then until that is overdue.
    """
    last = max([deed.at for deed in deeds], default=events[0].latest)
    prompt = timing.reply_deadline + timing.tolerance
    waited = events[-1].latest - last > prompt
    return max(dial.at(events[-1].latest), dial.after(timing.longest_wait if waited else prompt))


def _read_on(peer: Peer, *, is_paused: bool, is_for_good: bool) -> None:
    if not is_paused:
        peer.resume()
    elif is_for_good:
        peer.go_deaf()
    else:
        peer.pause()


async def _do(peer: Peer, now: float, events: Sequence[Event], *, is_paused: bool) -> None:
    """Do what some events tell of."""
    first, last = events[0], events[-1]
    match first.opcode, first.content:
        case "ping", bytes(payload):
            await peer.control_ping(payload)
        case "pong", bytes(payload):
            await peer.control_pong(payload)
        case "close", Close(code, reason):
            peer.say_goodbye(code, reason)
        case "fragment", bytes(part) if first is last:
            await peer.begin(_text_or_bytes(part))
        case "fragment", bytes(part):
            rest = last.said.encode() if isinstance(last.said, str) else last.said
            between = [event.content for event in events[1:-1]]
            ping = between[0] if between and isinstance(between[0], bytes) else None
            parts = [*in_frames(part, first.frames), rest[len(part) :]]
            await peer.say_in_frames(last.said, parts, ping)
        case (("text" | "binary"), _) if is_paused:
            peer.pour(str(first.content))
        case "text", str(text) if first.cuts:
            await peer.say_in_segments(text, first.cuts)
        case (("text" | "binary"), _):
            if not await peer.say(*[event.said for event in events]):
                peer.say_behind_its_close(*[each.said for each in events if each.opcode == "text"])
        case _, Ended(_, detail):
            if detail == CUT:
                peer.cut()
            else:
                peer.abort()
        case _:
            await peer.watch(by=now)


def _text_or_bytes(part: bytes) -> str | bytes:
    try:
        return part.decode()
    except UnicodeDecodeError:
        return part

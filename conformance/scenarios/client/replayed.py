"""What a client met with once, once more: the server's side is played again, step by step.

How it works
------------

1. A trace says, one after the other, what the client did and what wsbeat did.
2. What wsbeat did is done again, as long after the event before it as it was then.
3. What the client did is awaited: its attempts, messages and ends, by their number. It is given as
   much longer as its own delays may vary; if it does not come, the play goes on without it.

Each attempt meets with what the attempt of the same number met with, and so does what is asked by
plain HTTP. What wsbeat said of itself then, pongs among it, is said again because the trace has it;
so a client that pings more often than it did gets no more pongs. In a dialect with ids a pong
carries that of the ping that it is for now.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import get_args

import spec
from conformance.messages.from_client import is_ping, ping_holes
from conformance.messages.from_server import pong_holes
from conformance.scenarios.client.common.met import AT_ONCE, keeps_waiting, receptions
from conformance.scenarios.scenario import ClientScenario
from conformance.trace.event import WHOLE_TRACE, Certificate, Close, Ended, Event
from conformance.trace.fragment import Begun
from conformance.trace.note import ANSWERED_LATE, BROWSER, KEPT_WAITING, NO_WEBSOCKET
from conformance.trace.trace import Trace
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.actor import BrowserState, InBrowser
from conformance.wire.client.behaviour import NONSENSE, Behaviour, Reception
from conformance.wire.client.listener import Listener
from spec.dialect.model import Holes

SILENT = Behaviour(pongs=0, echo=False)
"""Says nothing of itself, but for answers to control Pings and Closes."""


def replayed(trace: Trace, exercises: tuple[str, ...]) -> ClientScenario:
    """A scenario in which a client meets with what it met with when the trace was recorded."""
    certificates = [each.content for each in trace.events if each.kind == "certificate"]
    return ClientScenario(
        name=trace.scenario,
        doc="Plays again what a client met with when the trace was recorded.",
        exercises=exercises,
        play=partial(_play, trace),
        lasts=lambda _: max((event.latest for event in trace.events), default=0.0),
        certificate=_certificate(certificates),
        asks=any(event.kind == "asked" for event in trace.events),
        recorded=trace,
    )


def _certificate(found: Sequence[object]) -> Certificate | None:
    for which in ("valid", "expired", "self-signed", "wrong host"):
        if which in found:
            return which
    return None


def _is_passed_over(event: Event) -> bool:
    is_told = event.kind == "note" and str(event.content).startswith(TOLD)
    return event.kind in PASSED_OVER and not is_told


TOLD = (BROWSER, KEPT_WAITING, ANSWERED_LATE, NO_WEBSOCKET)
"""How the notes begin of which something comes."""


PASSED_OVER = ("note", "late", "started", "certificate", "opening")
"""What nothing comes of: that a TCP connection is there is seen when something is asked for."""


DOORS = ("closed_door", "opened_door")
"""What is done to the listener itself."""


@dataclass(slots=True)
class Stage:
    """The play as far as it has come: `at` is the clock's time at which the last event was over."""

    listener: Listener
    timing: spec.Timing
    numbers: Mapping[int, int]
    """Which attempt a connection of the trace was, by its number."""
    at: float
    heard: Counter[int] = field(default_factory=Counter)
    answers: Mapping[int, int] = field(default_factory=dict)
    """Which ping of its connection, from 0, a pong of the trace answers, by its position."""
    begun: Begun = field(default_factory=Begun)
    said_last: dict[int, str] = field(default_factory=dict)
    """What was no WebSocket, by the number of the connection that ended for it."""

    def connection(self, event: Event) -> Accepted | None:
        """The attempt on which an event is to happen again; None where it was not made."""
        place = self.numbers.get(event.connection)
        attempts = self.listener.attempts
        return attempts[place] if place is not None and place < len(attempts) else None


async def _play(trace: Trace, listener: Listener, timing: spec.Timing) -> None:
    met = receptions(trace)
    behaviour = [_behaviour(trace.by_connection[number]) for number in met]
    listener.planned = list(zip(met.values(), behaviour, strict=True))
    listener.reception, listener.behaviour = Reception(None), SILENT
    listener.desk.planned = keeps_waiting(trace)
    numbers = {number: place for place, number in enumerate(met)}
    await _keeps_the_door_shut(trace, listener)
    if not await _begins(listener):
        return
    began = next(
        (e for e in trace.events if e.connection in numbers or e.content == KEPT_WAITING), None
    )
    stage = Stage(listener, timing, numbers, listener.now(), answers=_answers(trace))
    since = 0.0 if began is None else began.latest
    for event in trace.events:
        if began is None or event.n <= began.n or _is_passed_over(event):
            continue
        delay = max(0.0, event.earliest - since)
        since = event.latest
        if _is_of_the_client(event):
            await _await(stage, event, stage.at + delay)
        elif event.connection in (WHOLE_TRACE, *numbers) or event.content == ANSWERED_LATE:
            if stage.at + delay > listener.now():
                await listener.until(stage.at + delay)
            await _do(stage, event)
        stage.at = listener.now()


async def _keeps_the_door_shut(trace: Trace, listener: Listener) -> None:
    """Do not listen for as long as nobody did who was to be connected to first."""
    before = takewhile(lambda event: event.kind != "requested", trace.events)
    doors = [event for event in before if event.kind in DOORS]
    start = listener.now()
    for event in doors:
        await listener.until(start + event.earliest - doors[0].earliest)
        if event.kind == "closed_door":
            listener.close_door()
            listener.arrived.set()  # Whoever comes meanwhile is not seen to.
        else:
            listener.open_door()


async def _begins(listener: Listener) -> bool:
    """Wait for the first attempt, or fetch; False when the client ended or took too long."""
    by = listener.after(listener.patience)
    fetching = asyncio.ensure_future(listener.desk.somebody_waits())
    waits = [fetching, asyncio.ensure_future(listener.attempt(by))]
    if listener.actor is not None:
        waits.append(asyncio.ensure_future(listener.connection_or_end(by)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(listener.attempts) or fetching.done()


def _behaviour(events: Sequence[Event]) -> Behaviour:
    said = {(event.kind, event.opcode) for event in events}
    left = ("received", "close") in said and ("sent", "close") not in said
    left = left or (("received", "ping") in said and ("sent", "pong") not in said)
    closed = [event.latest for event in events if event.opcode == "close"]
    ended = [event.earliest for event in events if event.kind == "ended"]
    left = left or bool(closed and ended and ended[0] > max(closed) + AT_ONCE)
    return Behaviour(pongs=0, echo=False, mute=left)


def _is_of_the_client(event: Event) -> bool:
    if event.kind == "ended":
        return isinstance(event.content, Ended) and event.content.how != "local"
    return (
        event.kind in ("opening", "requested", "received", "exited")
        or event.content == KEPT_WAITING
    )


async def _await(stage: Stage, event: Event, by: float) -> None:
    """Wait until the client does again what it did, by a moment and as long as that may vary."""
    timing, listener = stage.timing, stage.listener
    vary = max(timing.reconnect_jitter, timing.heartbeat_interval * timing.interval_tolerance)
    by += vary + timing.tolerance
    if event.kind == "exited":
        await listener.until_over(by)
        return
    if event.content == KEPT_WAITING:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, by - listener.now())):
                await listener.desk.somebody_waits()
        return
    place = stage.numbers.get(event.connection)
    if place is None:
        return
    while len(listener.attempts) <= place and listener.now() < by:
        await listener.attempt(by)
    connection = stage.connection(event)
    if connection is None:
        return
    if event.kind == "ended":
        await connection.dropped(by)
    elif event.opcode == "close":
        await connection.ended(by)
    elif event.opcode in ("text", "binary"):
        stage.heard[event.connection] += 1
        await connection.hear_all(stage.heard[event.connection], by)


async def _do(stage: Stage, event: Event) -> None:
    """Do what wsbeat did then."""
    listener, connection = stage.listener, stage.connection(event)
    match event.kind:
        case "closed_door":
            listener.close_door()
        case "opened_door":
            listener.open_door()
        case "note" if event.content == ANSWERED_LATE:
            listener.desk.serve_all()
        case "note" if isinstance(listener.actor, InBrowser):
            for state in get_args(BrowserState):
                if event.content == f"{BROWSER}{state}":
                    await listener.become(state)
        case "note" if str(event.content).startswith(NO_WEBSOCKET):
            stage.said_last[event.connection] = str(event.content).removeprefix(NO_WEBSOCKET)
        case "asked":
            await listener.ask(firmly=event.content == "SIGINT")
        case "opened" if connection is not None:
            connection.admit()
        case "sent" if connection is not None:
            if not stage.begun.takes(event):
                begun, stage.begun = stage.begun, Begun()
                await _say(connection, event, stage.answers.get(event.n), begun)
        case "ended" if connection is not None and isinstance(event.content, Ended):
            nonsense = NONSENSE.get(stage.said_last.pop(event.connection, ""))
            connection.part("reset" if event.content.detail == "reset" else "eof", nonsense)


def _answers(trace: Trace) -> Mapping[int, int]:
    """What `Stage` knows of pongs, where they carry ids."""
    found: dict[int, int] = {}
    if not trace.dialect.copied:
        return found
    for events in trace.by_connection.values():
        asked: list[Holes] = []
        for event in events:
            if event.opcode != "text":
                continue
            if event.kind == "received" and is_ping(event.said, trace.dialect):
                asked.append(ping_holes(event.said, trace.dialect))
                continue
            given = pong_holes(str(event.said), trace.dialect) if event.kind == "sent" else None
            fitting = [
                place
                for place, each in enumerate(asked)
                if given is not None and trace.dialect.is_answered_by(each, given)
            ]
            if fitting:
                found[event.n] = fitting[-1]
    return found


async def _say(connection: Accepted, event: Event, answered: int | None, begun: Begun) -> None:
    said = event.content
    if answered is not None and answered < len(connection.asked):
        said = connection.dialect.say_pong(connection.asked[answered])
    match event.opcode, said:
        case "text", str() if connection.over:
            connection.say_late(said)
        case (("text" | "binary"), (str() | bytes())) if begun.parts:
            await connection.say_in_frames(said, begun.of(said), begun.between)
        case "text", str() if event.cuts:
            await connection.say_in_segments(said, event.cuts)
        case (("text" | "binary"), (str() | bytes())):
            await connection.say(said)
        case "ping", bytes(payload):
            await connection.control_ping(payload)
        case "close", Close(code, reason):
            connection.say_goodbye(code, reason)

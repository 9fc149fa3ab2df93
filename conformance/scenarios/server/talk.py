"""Connections that talk on after their last ping, or without one: nothing that they send is one.

Each stands beside a plain one whose clock starts again a moment earlier (see `liveness`).
"""

from __future__ import annotations

from asyncio import TaskGroup
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import TypeAlias

import spec
from conformance.messages.from_client import Business, message
from conformance.messages.json_text import NotJson
from conformance.scenarios.near_pings import near_pings
from conformance.scenarios.scenario import clocked
from conformance.scenarios.server.liveness import PHASES, moments, overdue, pings_once
from conformance.scenarios.spellings import (
    bears_binary,
    bears_text,
    business,
    talks,
)
from conformance.scenarios.step import Step
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial
from spec.dialect.dialect import Dialect

TALK_INTERVAL = 0.3
"""How often a connection talks on, as a fraction of `heartbeat_interval`."""


DENSE, SHORTLY = 0.02, 0.11
"""How often dense talk comes, and how long before the limit it begins, in seconds."""


DENSELY = "hello, I am not JSON"
"""What it says: no reply is owed, so that how many there were by the close counts for nothing."""


NUMBER_OF_NONE = 99
"""The number in what looks like a ping and is none."""


Talk: TypeAlias = Callable[[int], Step]
"""What a connection says the first time, the second time, and so on."""

Saying: TypeAlias = Callable[[Peer, Step], Awaitable[object]]
"""How it says that: in a message, or in frames that are none."""


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES, suits=talks)
async def talks_business_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends business messages at short intervals until the server closes."""
    dialect = dial.target.dialect
    if not dialect.is_protocol:
        near = _near(dialect, Business)
        parts = [near[first :: PHASES - 1] for first in range(PHASES - 1)]
        await _talks_on(
            dial,
            timing,
            lambda number: business(dialect, number) or "",
            *(_in_turn(*part) for part in parts if part),
        )
        return
    near = ['{"type":"PING"}', '{"type":"PONG"}', '{"ping":"pong"}']
    if not dial.target.capabilities.server_ping:
        near.append('{"type":"pong"}')
    await _talks_on(
        dial,
        timing,
        lambda number: f'{{"business":{number}}}',
        _in_turn(*near),
        _in_turn('["business"]', "[]"),
        _in_turn('"business"', "0", "null"),
    )


@clocked("S-ONLY-PINGS", connections=2, suits=talks)
async def talks_densely_when_its_close_is_due(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, and from shortly before the limit says something fifty times a second.

    A server that waits for the next message for as long as is left, and for a moment at the least,
    does not get to the close while messages come within that moment.
    """

    dialect = dial.target.dialect

    async def talks_on() -> None:
        async with dial() as peer:
            await peer.ping()
            due, turn = dial.after(overdue(timing)), dial.after(timing.heartbeat_timeout) - SHORTLY
            number = 0
            while turn < due and not await peer.ended(by=turn):
                number += 1
                own = None if dialect.is_protocol else business(dialect, number)
                await peer.say(own or DENSELY)
                # On a grid: how many there are does not hang on how long each of them takes.
                turn += DENSE * (1 + max(0.0, dial.clock.now() - turn) // DENSE)
            await peer.watch(by=due)

    async with TaskGroup() as group:
        group.create_task(pings_once(dial, timing, 0.0))
        group.create_task(talks_on())


@clocked("S-ONLY-PINGS", connections=4, suits=talks)
async def talks_business_and_never_pings(dial: Dial, timing: spec.Timing) -> None:
    """Says business messages at short intervals from the beginning until the server closes."""
    dialect = dial.target.dialect
    said = (lambda number: business(dialect, number) or "",)
    await _talks_on(dial, timing, *said, phases=2, pings=False)


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES, suits=bears_text)
async def sends_text_that_is_not_json_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends text that is not JSON at short intervals until the server closes."""
    own = dial.target.dialect.is_protocol
    texts = ("ping", "", '{"business":1,}', "hello, I am not JSON")[0 if own else 1 :]
    await _talks_on(dial, timing, *map(_in_turn, texts))


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES, suits=bears_binary)
async def sends_binary_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends binary messages at short intervals until the server closes."""
    await _talks_on(dial, timing, _in_turn(_a_ping(dial).encode()))


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=2 * PHASES)
async def sends_control_pings_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends control Pings at short intervals until the server closes."""
    await _talks_on(dial, timing, _in_turn(b"wsbeat"), saying=_control_ping)


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=4)
async def sends_control_pongs_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends control Pongs that nothing asked for, until the server closes."""
    talks = (_in_turn(b""), _in_turn(b"wsbeat", _a_ping(dial).encode()[:125]))
    await _talks_on(dial, timing, *talks, phases=len(talks), saying=_control_pong)


@clocked("S-ONLY-PINGS", "B-TIMEOUT", connections=6)
async def begins_a_message_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends fragments of a message that does not end, until the server closes."""
    begun = '{"type":"ping",' if dial.target.dialect.is_protocol else _a_ping(dial)[:-1]
    talks = (_in_turn(begun, " "), _in_turn(" ", ""), _in_turn(b"\x00", b""))
    await _talks_on(dial, timing, *talks, phases=len(talks), saying=_fragment)


def _near(dialect: Dialect, kind: type) -> list[str]:
    """What is nearly a ping of another dialect whose clock runs by pings, as far as it is this."""
    if dialect.is_protocol or dialect.alive != "pings":
        return []
    return [text for text in near_pings(dialect) if isinstance(message(text, dialect), kind)]


@clocked(
    "S-ONLY-PINGS",
    "B-TIMEOUT",
    connections=4,
    suits=lambda dialect: dialect.is_protocol or bool(_near(dialect, NotJson)),
)
async def sends_what_is_nearly_a_ping_after_its_last_ping(dial: Dial, timing: spec.Timing) -> None:
    """Pings once, then sends texts that are no JSON and nearly pings, until the server closes."""
    if near := _near(dial.target.dialect, NotJson):
        parts = [_in_turn(*part) for part in (near[::2], near[1::2]) if part]
        await _talks_on(dial, timing, *parts, phases=len(parts))
        return
    talks = (
        _in_turn('{"type":"ping","n":NaN}', '{"type":"ping",}', '\ufeff{"type":"ping"}'),
        _in_turn('{"type":"ping"} {"type":"ping"}', "{'type':'ping'}", 'type: "ping"'),
    )
    await _talks_on(dial, timing, *talks, phases=len(talks))


def _a_ping(dial: Dial) -> str:
    """What would be a ping of a number that no other has, said as something else."""
    return dial.target.dialect.say_ping(NUMBER_OF_NONE, is_shown=True)


async def _control_ping(peer: Peer, said: Step) -> None:
    await peer.control_ping(said if isinstance(said, bytes) else said.encode())


async def _control_pong(peer: Peer, said: Step) -> None:
    await peer.control_pong(said if isinstance(said, bytes) else said.encode())


async def _fragment(peer: Peer, said: Step) -> None:
    await peer.begin(said)


async def _message(peer: Peer, said: Step) -> None:
    await peer.say(said)


async def _talks_on(
    dial: Dial,
    timing: spec.Timing,
    *talks: Talk,
    phases: int = PHASES,
    saying: Saying = _message,
    pings: bool = True,
) -> None:
    """A plain connection and a talking one in each phase, which take turns at what they say.

    What one connection says comes round before the limit: each of
    several texts is seen to prolong nothing, and where messages do, that each kind does.
    """

    async def talks_on(moment: float, said: Talk) -> None:
        await dial.until(moment)
        async with dial() as peer:
            if pings:
                await peer.ping()
            # From here on, however long the handshake took: it is from the ping that time counts.
            due, turn, number = dial.after(overdue(timing)), dial.clock.now(), 0
            while (turn := turn + timing.heartbeat_interval * TALK_INTERVAL) < due:
                if await peer.ended(by=turn):
                    break
                number += 1
                await saying(peer, said(number))
            await peer.watch(by=due)

    async with TaskGroup() as group:
        for moment, said in zip(moments(timing, phases), cycle(talks), strict=False):
            group.create_task(pings_once(dial, timing, moment))
            group.create_task(talks_on(moment, said))


def _in_turn(*said: Step) -> Talk:
    """These messages one after the other, again and again."""
    return lambda number: said[number % len(said)]

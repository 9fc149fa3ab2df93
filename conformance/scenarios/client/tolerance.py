"""Messages that a client cannot use, said to it one and all, and messages in several frames.

What they say is what counts, and not how it came. Hypothesis is imported only where messages are
drawn: the process in which the scenario is played does nothing else.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import spec
from conformance.scenarios.client.common.ends import end, passing
from conformance.scenarios.client.common.noise import bears_any, borne, everything
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    CHATTER,
    comeback,
    first_ping,
    gaps,
    returned,
    steady,
    watched,
)
from conformance.scenarios.scenario import Spoken, played
from conformance.scenarios.step import Step
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.listener import Listener
from conformance.wire.ends.cuts import Cut, halves, single_bytes, thirds
from spec.dialect.dialect import Burden, Dialect
from spec.dialect.shipped import protocol

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


MOST_AT_A_TIME = 3
"""How many messages are drawn at a time."""


def _steps_in(dialect: Dialect) -> SearchStrategy[list[Step]]:
    """More of what a client of a dialect has to bear."""
    from hypothesis import strategies as st

    from conformance.scenarios import message_strategies as strategies

    kinds: dict[Burden, Sequence[SearchStrategy[Any]]] = {
        "json": (strategies.spellings(strategies.values()), strategies.near_pings()),
        "not_json": (strategies.texts_that_are_not_json(),),
        "binary": (strategies.binaries(),),
    }
    found = [each for kind, drawn in kinds.items() if dialect.bears(kind) for each in drawn]
    return st.lists(st.one_of(found), min_size=1, max_size=MOST_AT_A_TIME).map(
        lambda steps: list(borne(steps, dialect))
    )


PLAIN_TIMES = 2
"""How often it does so before it says anything: as often as it takes to know that from others."""


def _lasting(timing: spec.Timing) -> float:
    again = BRIEFLY * timing.heartbeat_interval + comeback(timing)
    return PLAIN_TIMES * again + first_ping(timing) + gaps(timing, 1) + gaps(timing, 2) + again


@played(
    "C-TOLERATE",
    "C-PING-ALWAYS",
    lasts=_lasting,
    steps=lambda: _steps_in(protocol()),
    boundary=lambda: everything(protocol()),
    spoken=Spoken(_steps_in, everything),
    suits=bears_any,
)
async def says_what_cannot_be_used(listener: Listener, timing: spec.Timing) -> None:
    """Sends messages that a client cannot use, watches it ping, and closes.

    It closes before anything was said, too: whether a client comes back from that, and not any
    more from the same, shows if it still hears anything.
    """
    await _says(listener, timing, lambda connection: connection.say(*listener.steps))


IN_FRAMES: Sequence[Step] = (
    '{"type":"news","text":"\u00e9\U0001f493"}',
    '{"type":"echo","data":"\u00e9\U0001f493"}',
    "news \u00e9\U0001f493",
    b"\x00news",
)
"""What is said in several frames, which end in the midst of a character, too."""


WAYS_TO_CUT: Sequence[tuple[Cut, bytes | None]] = (
    (single_bytes, None), (halves, b"amid"), (thirds, b"amid"),
)  # fmt: skip
"""How a message is cut, and what a control Ping says before its last frame."""


@played(
    "C-TOLERATE",
    lasts=lambda timing: _lasting(timing) + len(IN_FRAMES) * CHATTER * timing.heartbeat_interval,
    suits=lambda dialect: bool(borne(IN_FRAMES, dialect)),
)
async def says_in_several_frames_what_cannot_be_used(
    listener: Listener, timing: spec.Timing
) -> None:
    """Sends the same in frames that break it anywhere, watches the client ping, and closes."""
    said = [*borne(IN_FRAMES, listener.dialect)]

    async def say(connection: Accepted) -> None:
        for message, (cut, between) in zip(said, cycle(WAYS_TO_CUT), strict=False):
            data = message.encode() if isinstance(message, str) else message
            await connection.say_in_frames(message, cut(data), between)
            await connection.ended(by=listener.after(CHATTER * timing.heartbeat_interval))

    await _says(listener, timing, say)


@played(
    "C-STAY",
    "B-CLIENT-PONG",
    lasts=lambda timing: first_ping(timing) + gaps(timing, len(WAYS_TO_CUT) + 1),
    suits=lambda dialect: dialect.pong is not None,
)
async def answers_pings_in_several_frames(listener: Listener, timing: spec.Timing) -> None:
    """Answers pings, and pings under Plan B, in frames, with a control Ping amid them."""
    listener.behaviour = replace(listener.behaviour, cut=WAYS_TO_CUT[0])
    connection = await listener.first_connection()
    if connection is None:
        return
    for number, way in enumerate(WAYS_TO_CUT, 1):
        connection.behaviour.cut = way
        await connection.has_pinged(number, by=listener.after(first_ping(timing)))
    await connection.ended(by=listener.after(gaps(timing, 1)))


async def _says(
    listener: Listener, timing: spec.Timing, say: Callable[[Accepted], Awaitable[object]]
) -> None:
    connection = await listener.first_connection()
    for _ in range(PLAIN_TIMES):
        if connection is None:
            return
        await connection.ended(by=listener.after(BRIEFLY * timing.heartbeat_interval))
        await end(listener, connection, passing(listener.dialect), timing)
        connection = await returned(listener, timing)
    if connection is None:
        return
    await steady(listener, connection, timing, 2)
    await say(connection)
    await watched(listener, connection, timing, 2)
    if not connection.over:
        await end(listener, connection, passing(listener.dialect), timing)
        await returned(listener, timing)

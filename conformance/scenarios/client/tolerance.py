"""Messages that a client cannot use, said to it one and all.

Hypothesis is imported only where messages are drawn: the process in which the scenario is played
does nothing else.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from websockets.frames import CloseCode

import spec
from conformance.messages.limits import SIZE
from conformance.scenarios.client.waits import (
    BRIEFLY,
    comeback,
    first_ping,
    gaps,
    patience,
    returned,
    steady,
    watched,
)
from conformance.scenarios.scenario import played
from conformance.scenarios.step import Step
from conformance.wire.client.listener import Listener

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


FILES = ("not-json", "near-pings", "values")
"""The vectors that are of no use to a client."""


MOST_AT_A_TIME = 3
"""How many messages are drawn at a time."""


CLOSE = (CloseCode.NORMAL_CLOSURE, "heartbeat timeout")
"""How it ends a connection: the close of the contract for want of heartbeats."""


PONG = '{"type":"pong"}'


HUGE = '{"type":"news","text":"'


def _boundary() -> Sequence[Step]:
    """What everybody should have tried, the vectors of the contract included."""
    vectors = [vector.message for vector in spec.vectors() if vector.file in FILES]
    filler = SIZE - len(HUGE) - 2
    return [
        PONG,
        '{"type":"pong","id":1}',
        '{"type":"ping"}',
        '{"type":"echo","data":{"not":"asked for"}}',
        '{"type":"echo"}',
        '{"type":"fanfare"}',
        '{"type":null}',
        '{"type":{"type":"pong"}}',
        "{}",
        "",
        "NaN",
        f'{HUGE}{"a" * filler}"}}',
        "a" * SIZE,
        b"",
        b"\x00\xff",
        PONG.encode(),
        *(text for text in vectors if len(text) <= SIZE),
    ]


def _steps() -> SearchStrategy[list[Step]]:
    """More of the kind."""
    from hypothesis import strategies as st

    from conformance.scenarios import message_strategies as strategies

    return st.lists(
        st.one_of(
            strategies.spellings(strategies.values()),
            strategies.near_pings(),
            strategies.texts_that_are_not_json(),
            strategies.binaries(),
        ),
        min_size=1,
        max_size=MOST_AT_A_TIME,
    )


PLAIN_TIMES = 2
"""How often it does so before it says anything: as often as it takes to know that from others."""


def _lasting(timing: spec.Timing) -> float:
    again = BRIEFLY * timing.heartbeat_interval + comeback(timing)
    return PLAIN_TIMES * again + first_ping(timing) + gaps(timing, 1) + gaps(timing, 2) + again


@played("C-TOLERATE", "C-PING-ALWAYS", lasts=_lasting, steps=_steps, boundary=_boundary)
async def says_what_cannot_be_used(listener: Listener, timing: spec.Timing) -> None:
    """Sends messages that a client cannot use, watches it ping, and closes.

    It closes before anything was said, too: whether a client comes back from that, and not any
    more from the same, shows if it still hears anything.
    """
    connection = await listener.first_connection()
    for _ in range(PLAIN_TIMES):
        if connection is None:
            return
        await connection.ended(by=listener.after(BRIEFLY * timing.heartbeat_interval))
        await connection.close(*CLOSE, by=listener.after(patience(timing)))
        connection = await returned(listener, timing)
    if connection is None:
        return
    await steady(listener, connection, timing, 2)
    await connection.say(*listener.steps)
    await watched(listener, connection, timing, 2)
    if not connection.over:
        await connection.close(*CLOSE, by=listener.after(patience(timing)))
        await returned(listener, timing)

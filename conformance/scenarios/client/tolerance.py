"""Messages that a client cannot use, said to it one and all.

Hypothesis is imported only where messages are drawn: the process in which the scenario is played
does nothing else.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import spec
from conformance.messages.dialect import PLAIN_PING, PLAIN_PONG
from conformance.messages.limits import SIZE
from conformance.scenarios.client.waits import first_ping, gaps, steady, watched
from conformance.scenarios.scenario import played
from conformance.scenarios.step import Step
from conformance.wire.client.listener import Listener

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


FILES = ("not-json", "near-pings", "values")
"""The vectors that are of no use to a client."""


MOST = 3
"""How many messages are drawn at a time."""


HUGE = '{"type":"news","text":"'


def _boundary() -> Sequence[Step]:
    """What everybody should have tried, the vectors of the contract included."""
    vectors = [vector.message for vector in spec.vectors() if vector.file in FILES]
    filler = SIZE - len(HUGE) - 2
    return [
        PLAIN_PONG,
        '{"type":"pong","id":1}',
        PLAIN_PING,
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
        PLAIN_PONG.encode(),
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
        max_size=MOST,
    )


@played(
    "C-TOLERATE",
    "C-PING-ALWAYS",
    lasts=lambda timing: first_ping(timing) + gaps(timing, 1) + gaps(timing, 2),
    steps=_steps,
    boundary=_boundary,
)
async def says_what_cannot_be_used(listener: Listener, timing: spec.Timing) -> None:
    """Sends messages that a client cannot use, after some pings, and then watches it ping."""
    connection = await listener.first_connection()
    if connection is None:
        return
    await steady(listener, connection, timing, 2)
    await connection.say(*listener.steps)
    await watched(listener, connection, timing, 2)

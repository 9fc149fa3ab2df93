"""Messages that a client cannot use, said to it one and all.

Hypothesis is imported only where messages are drawn: the process in which the scenario is played
does nothing else.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import spec
from conformance.scenarios.client.common.ends import end, passing
from conformance.scenarios.client.common.noise import bears_any, borne, everything
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    comeback,
    first_ping,
    gaps,
    returned,
    steady,
    watched,
)
from conformance.scenarios.scenario import Spoken, played
from conformance.scenarios.step import Step
from conformance.wire.client.listener import Listener
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
    await connection.say(*listener.steps)
    await watched(listener, connection, timing, 2)
    if not connection.over:
        await end(listener, connection, passing(listener.dialect), timing)
        await returned(listener, timing)

"""What had just been said where connections ended together, said again on many of them.

A process that is one of several may alone be the one that dies of a message. Whoever says that once
more reaches another process more often than not.
"""

from __future__ import annotations

from asyncio import Event
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import spec
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.server.neighbours.bystanders import ENDED_BY_THEN, stay
from conformance.scenarios.step import Step
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial

AT_A_TIME = 4
"""How many connections say the same at the same time."""

ROUNDS = 6
"""How often so many do: of five processes one is missed in half a percent of all cases."""


def said_again(texts: Sequence[Step]) -> ServerScenario:
    """The scenario that says these messages again."""
    return replace(WHEN_ASKED_FOR, act=partial(_says_again, texts))


async def _says_again(texts: Sequence[Step], dial: Dial, _: spec.Timing) -> None:
    """Say each until a connection ends. Others are open beside those: not all there are end."""
    for text in texts:
        ended = Event()
        async with AsyncExitStack() as stack:
            bystanders = [await stack.enter_async_context(dial()) for _ in range(AT_A_TIME)]
            await dial.side_by_side([_are_there(dial, each) for each in bystanders])
            for _round in range(ROUNDS):
                await dial.side_by_side([_says(dial, text, ended) for _ in range(AT_A_TIME)])
                if ended.is_set():
                    break
            await stay(dial, bystanders)


async def _are_there(dial: Dial, peer: Peer) -> None:
    if await _is_answered(dial, peer):
        await stay(dial, [peer])


async def _says(dial: Dial, text: Step, ended: Event) -> None:
    async with dial() as peer:
        if await _is_answered(dial, peer):
            await peer.say(text)
            if await peer.ended(dial.clock.now() + ENDED_BY_THEN):
                ended.set()


async def _is_answered(dial: Dial, peer: Peer) -> bool:
    await peer.ping()
    return await peer.hear_until(1, by=dial.after(dial.settling))


WHEN_ASKED_FOR = ServerScenario(
    name="says_again_what_connections_may_have_ended_for",
    doc="Says what was under way when connections ended together, on many of them, one message on "
    "each. It is done where a part of all connections ended.",
    exercises=("S-IGNORE-NOT-JSON", "S-BEYOND-IJSON", "S-DEPTH", "S-BINARY"),
    module=__name__,
    kind="prompt",
    act=partial(_says_again, ()),
    connections=2 * AT_A_TIME,
    suits=lambda _: False,
)

"""Servers that keep everybody waiting for seconds, now and then, and what comes of that."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from tests.mutants.behaviour import Behaviour, Conversation
from tests.mutants.mutant import mutant

LONG = 4.0
"""For how many seconds the lock is held; a connection is not watched for much longer at fast."""

OFTEN = 1.0
"""After how many seconds a transport looks after its peer, and gives it up."""

Turns = Callable[[Conversation], AbstractAsyncContextManager[object]]


@mutant("S-REPLY-SOON", manners=("queue",))
def holds_one_lock_for_seconds_now_and_then(server: Behaviour) -> Behaviour:
    """Whatever is said takes one lock, which every fiftieth time is held for four seconds."""
    return replace(server, speech=_one_lock(every=50))


@mutant("S-REPLY-SOON")
def gives_up_whom_it_keeps_waiting(server: Behaviour) -> Behaviour:
    """The same, and its transport closes with 1011 where it has not read for a while."""
    return replace(server, speech=_one_lock(every=25), keepalive=OFTEN, gives_up=OFTEN)


def _one_lock(every: int) -> Turns:
    said = [0]

    @asynccontextmanager
    async def held(talk: Conversation) -> AsyncIterator[None]:
        async with talk.house.limiter:
            said[0] += 1
            if said[0] % every == 0:
                await asyncio.sleep(LONG)
            yield

    return held

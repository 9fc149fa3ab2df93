"""Connections that are closed in order or reset, and what becomes of others without a clock."""

from __future__ import annotations

from contextlib import AsyncExitStack

import spec
from conformance.scenarios.scenario import prompt
from conformance.scenarios.server.neighbours.bystanders import stay
from conformance.scenarios.server.neighbours.resets import MOMENTS, is_served, reset_several
from conformance.scenarios.waits import is_answered
from conformance.wire.ends.peer import Peer
from conformance.wire.server.dial import Dial
from spec.dialect.dialect import Dialect

STAY = 6
"""How many connections stay, beside which others are closed: several of each third of them."""

CODES = (1000, 1001)
"""With which codes they are closed: as programs do, and as a browser does that leaves a page."""

RESET = 48
"""How many are reset at once beside those: where few share a process or a thread, one with each."""

NO_JSON = "hello, I am not JSON"
"""For what a server closes one, in a dialect that has it so."""

ROUNDS = 3
"""How often it is looked again with new ones where some ended: what ends others, does so again."""


def _ends_no_silence(dialect: Dialect) -> bool:
    """Whether no clock shows what connections are to each other."""
    return not dialect.is_protocol


def _has_no_clock(dialect: Dialect) -> bool:
    """Whether silence ends nothing, so that no close in time shows that a server goes on."""
    return not dialect.is_protocol and not dialect.has_timeout


def _closes_over_text(dialect: Dialect) -> bool:
    """Whether a Close has to follow text that is not JSON, and nothing else may."""
    allowed = dialect.not_json
    may_go_on = allowed.free or allowed.ignore or allowed.answer or allowed.ends.abort
    return allowed.ends.any and not may_go_on


@prompt("S-INDEPENDENT", connections=STAY + 1, suits=_ends_no_silence)
async def closes_some_beside_others(dial: Dial, _: spec.Timing) -> None:
    """Closes connections in order, one after the other, beside some that stay.

    Nothing is said on those before and after, for a moment; then they have to answer as before.
    Where some ended, others stand by, and it is looked whether they do so again. In a dialect in
    which a Close is due for text that is not JSON, the server closes one, too.
    """
    for _round in range(ROUNDS):
        if not await _lost_some(dial):
            return


async def _lost_some(dial: Dial) -> bool:
    """Whether some ended as others were closed."""
    async with AsyncExitStack() as stack:
        staying = await _some_that_stay(dial, stack, beside=1)
        codes = (*CODES, None) if _closes_over_text(dial.target.dialect) else CODES
        for code in codes:
            await stay(dial, staying)
            leaves = await dial.open()
            await is_answered(dial, leaves)
            if code is None:
                await leaves.say(NO_JSON)
                await leaves.ended(dial.after(dial.patience))
            await leaves.close(code, by=dial.after(dial.patience))
            await stay(dial, staying)
            if any(each.over for each in staying):
                return True
        for each in staying:
            await is_answered(dial, each)
    return False


@prompt("S-SURVIVE", connections=STAY + RESET, suits=_has_no_clock)
async def resets_some_beside_others(dial: Dial, _: spec.Timing) -> None:
    """Resets connections, all at once, beside some that stay, which have to answer as before.

    Nothing is said on those before and after, for a moment. Where some ended, others stand by, and
    it is looked whether they do so again. No Close comes before a reset: who ends others when one
    is closed is told by that. In the end one more connects.
    """
    for _round in range(ROUNDS):
        if not await _lost_some_to_resets(dial):
            break
    await is_served(dial)


async def _lost_some_to_resets(dial: Dial) -> bool:
    """Whether some ended as others were reset."""
    most = None if dial.permit is None else dial.permit.most
    async with AsyncExitStack() as stack:
        beside = RESET if most is None else max(1, min(RESET, most - STAY))
        staying = await _some_that_stay(dial, stack, beside)
        await stay(dial, staying)
        await reset_several(dial, beside, MOMENTS - 1)
        await stay(dial, staying)
        if any(each.over for each in staying):
            return True
        for each in staying:
            await is_answered(dial, each)
    return False


async def _some_that_stay(dial: Dial, stack: AsyncExitStack, beside: int) -> list[Peer]:
    """Connections that are open and answered, beside which there is room for so many."""
    most = None if dial.permit is None else dial.permit.most
    count = STAY if most is None else min(STAY, most - beside)
    staying = [await stack.enter_async_context(dial()) for _ in range(count)]
    for each in staying:
        await is_answered(dial, each)
    return staying

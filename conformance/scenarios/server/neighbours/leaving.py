"""Connections that are closed in order, and what becomes of others where no clock runs."""

from __future__ import annotations

from contextlib import AsyncExitStack

import spec
from conformance.scenarios.scenario import prompt
from conformance.scenarios.server.neighbours.bystanders import (
    ROUNDS,
    STAY,
    are_answered,
    lost_some,
    some_that_stay,
    stay,
)
from conformance.scenarios.waits import is_answered
from conformance.wire.server.dial import Dial
from spec.dialect.dialect import Dialect

CODES = (1000, 1001)
"""With which codes they are closed: as programs do, and as a browser does that leaves a page."""

NO_JSON = "hello, I am not JSON"
"""For what a server closes one, in a dialect that has it so."""


def _ends_no_silence(dialect: Dialect) -> bool:
    """Whether no clock shows what connections are to each other."""
    return not dialect.is_protocol


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
        staying = await some_that_stay(dial, stack, beside=1)
        codes = (*CODES, None) if _closes_over_text(dial.target.dialect) else CODES
        for code in codes:
            await stay(dial, staying)
            leaves = await dial.open()
            await is_answered(dial, leaves)
            if code is None:
                await leaves.say(NO_JSON)
                await leaves.ended(dial.after(dial.patience))
            await leaves.close(code, by=dial.after(dial.patience))
            if await lost_some(dial, staying):
                return True
        await are_answered(dial, staying)
    return False

"""How a server ends a connection of a client, in the dialect that is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from websockets.frames import EXTERNAL_CLOSE_CODES, CloseCode

import spec
from conformance.scenarios.client.common.waits import comeback, patience
from conformance.trace.event import Close
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Parting
from conformance.wire.client.listener import Listener
from spec.dialect.dialect import FIRST_OF_ITS_OWN, Dialect
from spec.dialect.ends import Ends

End: TypeAlias = Close | Parting

ABORT: Parting = "reset"

NORMALLY = Close(CloseCode.NORMAL_CLOSURE)

GOING_AWAY = Close(CloseCode.GOING_AWAY)

USUAL = (
    NORMALLY,
    GOING_AWAY,
    Close(CloseCode.INTERNAL_ERROR),
    Close(CloseCode.SERVICE_RESTART),
    Close(4000),
)
"""What may end any connection, the first that a client comes back from."""


UNUSUAL_REASONS = (
    Close(1001, "100 % \u00fcberlastet: sp\u00e4ter \U0001f493"),
    Close(1001, '{"reason":{"retry":[true,null]}}'),
    Close(1001, "\u00e9" * 61 + "!"),
    Close(1001, "first line\r\nsecond line\t\x00"),
)
"""Reasons that some clients cannot print, or take for something: not ASCII, JSON, 123 bytes, and
white space. A usual code stands with each."""


def for_silence(dialect: Dialect) -> End:
    """How a silent connection is ended: the first of the ends that its dialect has for that."""
    if dialect.ends.by_close:
        codes = codes_of(dialect.ends)
        return Close(codes[0] if codes else None, dialect.reason or "")
    return ABORT if dialect.has_timeout else NORMALLY


def passing(dialect: Dialect, wished: End | None = None) -> End:
    """An end that a client comes back from: the one that is wished, or that for silence, if so."""
    first = for_silence(dialect) if wished is None else wished
    return next((each for each in (first, *USUAL) if not is_final(each, dialect)), ABORT)


def is_final(end: End, dialect: Dialect) -> bool:
    """Whether a client is not to come back from an end, or need not."""
    return any(
        ends.has(end.code) if isinstance(end, Close) else ends.abort
        for ends in (dialect.client.stays_away, dialect.client.may_stay_away)
    )


def codes_of(ends: Ends) -> Sequence[int]:
    """The first code of each range that can stand in a Close."""
    firsts = (
        next((code for code in range(first, last + 1) if _can_be_sent(code)), None)
        for first, last in ends.codes
    )
    return [code for code in firsts if code is not None]


def _can_be_sent(code: int) -> bool:
    return code in EXTERNAL_CLOSE_CODES or code >= FIRST_OF_ITS_OWN


async def end(listener: Listener, connection: Accepted, how: End, timing: spec.Timing) -> None:
    """End a connection; a client may take a while to answer a Close."""
    if isinstance(how, Close):
        await connection.close(how.code, how.reason, by=listener.after(patience(timing)))
    else:
        connection.part(how)


async def goes_down(listener: Listener, connection: Accepted, timing: spec.Timing) -> None:
    """End a connection and refuse TCP, for as long as a client may wait to come back."""
    listener.close_door()
    connection.part("eof")
    await listener.until(listener.after(comeback(timing)))

"""Every way in which a client may lose its connection, or fail to get one, and what follows.

Each code and each failure has a client of its own, so that one that never returns from the first
is still seen to meet the others.
"""

from __future__ import annotations

from collections.abc import Callable

from websockets.frames import CloseCode

import spec
from conformance.scenarios.client.common.ends import (
    GOING_AWAY,
    End,
    codes_of,
    end,
    for_silence,
    goes_down,
    is_final,
    passing,
)
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    at_ease,
    briefly,
    comeback,
    first_ping,
    gaps,
    returned,
    seen_again,
    until_back,
    watched,
)
from conformance.scenarios.scenario import ClientScenario, Suits, played
from conformance.trace.event import Close
from conformance.wire.client.behaviour import NO_FRAME, NOT_UTF_8, Nonsense, Parting, Reception
from conformance.wire.client.listener import Listener
from spec.dialect.dialect import Dialect

ENDS = ("C-RECONNECT", "C-RECONNECT-FLOOR", "C-RECONNECT-CEILING", "C-RECONNECT-SINGLE")


CUT_CONNECTIONS = 3
"""How often a connection is cut in a row before the client's heart is watched again."""


def _ending(
    how: Callable[[Dialect], End], name: str, doc: str, suits: Suits, *exercises: str
) -> ClientScenario:
    """A scenario in which the server ends the connection, after a short while."""

    async def ends(listener: Listener, timing: spec.Timing) -> None:
        connection = await briefly(listener, timing)
        if connection is not None:
            await end(listener, connection, how(listener.dialect), timing)
            await seen_again(listener, timing)

    ends.__doc__ = doc
    return played(*exercises, lasts=until_back, name=name, suits=suits)(ends)


def _closing(close: Close, name: str) -> ClientScenario:
    """A scenario in which the server closes the connection with a code, after a short while."""

    def suits(dialect: Dialect) -> bool:
        return not is_final(close, dialect)

    return _ending(lambda _: close, name, f"Ends a connection with {close}.", suits, *ENDS)


def _parting(
    parting: Parting, name: str, doc: str, saying: Nonsense | None = None
) -> ClientScenario:
    """A scenario in which the TCP connection ends without a Close frame."""

    async def parts(listener: Listener, timing: spec.Timing) -> None:
        connection = await briefly(listener, timing)
        if connection is not None:
            connection.part(parting, saying)
            await seen_again(listener, timing)

    parts.__doc__ = doc
    return played(*ENDS, lasts=until_back, name=name)(parts)


closes_for_want_of_heartbeats = _ending(
    for_silence,
    "closes_for_want_of_heartbeats",
    "Ends a connection as one is ended for want of heartbeats.",
    lambda dialect: dialect.has_timeout,
    *ENDS,
)


closes_for_good = _ending(
    lambda dialect: Close(codes_of(dialect.client.stays_away)[0]),
    "closes_for_good",
    "Ends a connection with a code after which the client is to stay away.",
    lambda dialect: bool(codes_of(dialect.client.stays_away)),
    "C-RECONNECT",
)


closes_for_good_with_another_code = _ending(
    lambda dialect: Close(codes_of(dialect.client.stays_away)[-1]),
    "closes_for_good_with_another_code",
    "Ends a connection with another code after which the client is to stay away.",
    lambda dialect: len(codes_of(dialect.client.stays_away)) > 1,
    "C-RECONNECT",
)


closes_normally = _closing(Close(CloseCode.NORMAL_CLOSURE, "bye"), "closes_normally")


goes_away = _closing(Close(CloseCode.GOING_AWAY, ""), "goes_away")


closes_on_a_fault_of_its_own = _closing(
    Close(CloseCode.INTERNAL_ERROR, "oops"), "closes_on_a_fault_of_its_own"
)


closes_to_restart = _closing(Close(CloseCode.SERVICE_RESTART, "restart"), "closes_to_restart")


closes_with_a_private_code = _closing(Close(4000, "private"), "closes_with_a_private_code")


closes_without_a_code = _closing(Close(None), "closes_without_a_code")


closes_normally_without_a_reason = _closing(
    Close(CloseCode.NORMAL_CLOSURE), "closes_normally_without_a_reason"
)


resets_the_connection = _parting(
    "reset", "resets_the_connection", "Resets the TCP connection, without a Close frame."
)


ends_without_a_close = _parting(
    "eof", "ends_without_a_close", "Ends the TCP connection without a Close frame."
)


sends_text_that_is_not_utf_8 = _parting(
    "eof", "sends_text_that_is_not_utf_8", "Sends text that is not UTF-8, and ends TCP.", NOT_UTF_8
)


sends_what_is_no_frame = _parting(
    "eof", "sends_what_is_no_frame", "Sends a frame with reserved bits, and ends TCP.", NO_FRAME
)


@played(*ENDS, lasts=until_back)
async def closes_and_resets(listener: Listener, timing: spec.Timing) -> None:
    """Sends a Close and resets the TCP connection behind it: an answer leads nowhere."""
    connection = await briefly(listener, timing)
    goodbye = passing(listener.dialect, GOING_AWAY)
    if connection is None or not isinstance(goodbye, Close):
        return
    connection.say_goodbye(goodbye.code, goodbye.reason)
    connection.part("reset")
    await seen_again(listener, timing)


@played(
    "C-PING-SINGLE",
    "C-PING-FIRST",
    "C-PING-CADENCE",
    *ENDS,
    lasts=lambda timing: (
        first_ping(timing)
        + gaps(timing, 1)
        + CUT_CONNECTIONS * until_back(timing)
        + first_ping(timing)
        + gaps(timing, 2)
    ),
)
async def cuts_one_connection_after_another(listener: Listener, timing: spec.Timing) -> None:
    """Lets the client ping undisturbed, ends several connections in a row, then keeps the last."""
    connection = await at_ease(listener, timing)
    if connection is None:
        return
    for cut in range(CUT_CONNECTIONS):
        if cut == 0:
            await end(listener, connection, passing(listener.dialect), timing)
        else:
            connection.part("reset" if cut % 2 else "eof")
        back = await returned(listener, timing)
        if back is None:
            return
        connection = back
        if cut < CUT_CONNECTIONS - 1:
            await connection.ended(by=listener.after(BRIEFLY * timing.heartbeat_interval))
    await watched(listener, connection, timing, 3)


@played(
    "C-PING-SINGLE",
    *ENDS,
    lasts=lambda timing: (
        2 * first_ping(timing) + 2 * gaps(timing, 2) + comeback(timing) - gaps(timing, 1)
    ),
)
async def resets_a_connection_that_pinged(listener: Listener, timing: spec.Timing) -> None:
    """Lets the client ping undisturbed, resets its connection once, and keeps the next one."""
    connection = await at_ease(listener, timing)
    if connection is None:
        return
    connection.part("reset")
    back = await returned(listener, timing)
    if back is not None:
        await watched(listener, back, timing, 3)


def _turning_away(
    reception: Reception,
    name: str,
    doc: str,
    suits: Suits = lambda _: True,
    *,
    keeps: Callable[[spec.Timing], float] = lambda _: 0.0,
) -> ClientScenario:
    """A scenario in which the first attempt after a connection fails; it `keeps` the next."""

    async def turns_away(listener: Listener, timing: spec.Timing) -> None:
        connection = await briefly(listener, timing)
        if connection is None:
            return
        listener.reception = reception
        connection.part("eof")
        failed = await returned(listener, timing)
        listener.reception = Reception()
        again = await seen_again(listener, timing) if failed is not None else None
        if again is not None:
            await again.ended(by=listener.after(keeps(timing)))

    turns_away.__doc__ = doc
    return played(
        *ENDS,
        "C-BACKOFF",
        lasts=lambda timing: 3 * until_back(timing) + keeps(timing),
        name=name,
        suits=suits,
    )(turns_away)


answers_503 = _turning_away(
    Reception(503), "answers_503", "Refuses one attempt to reconnect with the HTTP status 503."
)


answers_404 = _turning_away(
    Reception(404),
    "answers_404",
    "Refuses one attempt to reconnect with the HTTP status 404.",
    lambda dialect: dialect.is_protocol,
)


answers_with_a_reset = _turning_away(
    Reception(None, "reset"),
    "answers_with_a_reset",
    "Resets the TCP connection of one attempt to reconnect, and keeps the next connection.",
    keeps=lambda timing: timing.reconnect_cap,  # So long may a limit on the failed one run on.
)


@played(
    "C-RECONNECT",
    "C-BACKOFF",
    "C-PING-FIRST",
    "C-PING-SINGLE",
    lasts=lambda timing: (
        first_ping(timing)
        + gaps(timing, 1)
        + 2 * comeback(timing)
        + first_ping(timing)
        + gaps(timing, 2)
    ),
)
async def stops_listening_for_a_while(listener: Listener, timing: spec.Timing) -> None:
    """Ends a connection that pinged, refuses TCP for a while, and keeps the next connection.

    So does a server that restarts, and many a client has a path of its own for that.
    """
    connection = await at_ease(listener, timing)
    if connection is None:
        return
    await goes_down(listener, connection, timing)
    listener.open_door()
    back = await returned(listener, timing)
    if back is not None:
        await watched(listener, back, timing, 3)

"""How long a client waits: where it fails again and again, and after each code.

It fails because it is refused, or soon cut off. A code decides nothing: what a client does after
one that says that the server is overloaded, it is seen to do after a connection that lasted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

import spec
from conformance.scenarios.client.common.ends import UNUSUAL_REASONS, end, is_final, passing
from conformance.scenarios.client.common.noise import borne
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    EVEN_ATTEMPTS,
    FAILED_ATTEMPTS,
    GROWING,
    GROWING_ATTEMPTS,
    MOST_FAILED,
    ROOM,
    briefly,
    comeback,
    first_ping,
    latest_comeback,
    patience,
    returned,
    seen_again,
)
from conformance.scenarios.client.reconnect import ENDS
from conformance.scenarios.scenario import ClientScenario, played
from conformance.trace.event import Close
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import NO_HTTP, OF_ANOTHER, Reception
from conformance.wire.client.listener import Listener
from conformance.wire.client.manner import OTHER_MANNERS

FAILURES = ("C-BACKOFF", "C-RECONNECT", "C-RECONNECT-FLOOR", "C-RECONNECT-SINGLE")


STATUSES = (503, 500, 429, 502, 200)
"""What attempts are refused with, one after the other; in another dialect, those from 500 on."""


WISHES = dict.fromkeys((429, 503), "Fri, 31 Dec 1999 23:59:59 GMT")
"""The `Retry-After` of a status: a date (RFC 9110, section 10.2.3), which is over."""


def _until_it_lasted(timing: spec.Timing) -> float:
    """How long it takes from the end of a connection until another has lasted, in seconds."""
    growing = sum(
        min(timing.reconnect_cap, 2.0**failures * timing.reconnect_delay + timing.reconnect_jitter)
        for failures in range(1, FAILED_ATTEMPTS + 1)
    )
    even = EVEN_ATTEMPTS * (timing.reconnect_delay + timing.reconnect_jitter / 2)
    failing = comeback(timing) + max(growing, even)
    return max(failing + first_ping(timing) + comeback(timing), ROOM * timing.heartbeat_interval)


def _lasting(timing: spec.Timing) -> float:
    """How long it takes to let a connection last and to see who comes back from it, in seconds."""
    alone = timing.reconnect_delay + timing.tolerance
    return first_ping(timing) + comeback(timing) + alone


@played(
    *FAILURES,
    lasts=lambda timing: BRIEFLY * timing.heartbeat_interval + _until_it_lasted(timing),
)
async def refuses_several_attempts_in_a_row(listener: Listener, timing: spec.Timing) -> None:
    """Refuses every attempt for a while, accepts one, lets that last, and ends it.

    Of a client that does not back off more than two dozen are refused in a row. A refusal may say
    when to come back, by a date.
    """
    connection = await briefly(listener, timing)
    if connection is None:
        return
    known = listener.dialect.is_protocol
    statuses = [each for each in STATUSES if known or each >= HTTPStatus.INTERNAL_SERVER_ERROR]
    listener.reception = Reception(statuses[0])
    connection.part("eof")

    def refuse_the_next(attempt: int, _: Accepted) -> None:
        status = statuses[attempt % len(statuses)]
        listener.reception = Reception(status, retry_after=WISHES.get(status))

    if await _fails(listener, timing, refuse_the_next):
        listener.reception = Reception()
        await _lasts(listener, timing)


@played(
    *FAILURES,
    "C-RECONNECT-CEILING",
    lasts=_until_it_lasted,
)
async def ends_several_connections_at_once(listener: Listener, timing: spec.Timing) -> None:
    """Ends every connection as soon as it is open for a while, lets one last, and ends it.

    Of a client that does not back off more than two dozen are ended in a row.
    """
    connection = await listener.first_connection()
    if connection is None:
        return
    connection.part("eof")
    if await _fails(listener, timing, lambda _, attempt: attempt.part("eof")):
        await _lasts(listener, timing)


NO_HANDSHAKES = (
    Reception(None, "eof"),
    Reception(None, "eof", nonsense=NO_HTTP),
    Reception(None, "eof", nonsense=OF_ANOTHER),
)
"""What is no answer to a handshake, each in its own way."""


@played(
    *FAILURES,
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + (2 * len(NO_HANDSHAKES) + 1) * comeback(timing)
        + first_ping(timing)
    ),
)
async def answers_with_no_handshake(listener: Listener, timing: spec.Timing) -> None:
    """Answers attempts with nothing, with no HTTP, with a 101 of another, and accepts the next."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    listener.planned = [(each, replace(listener.behaviour)) for each in NO_HANDSHAKES]
    connection.part("eof")
    for _ in NO_HANDSHAKES:
        if await returned(listener, timing) is None:
            return
    back = await returned(listener, timing)
    if back is not None:
        await back.ended(by=listener.after(first_ping(timing)))


TROUBLES = (Close(1001), Close(1011), Close(1012), Close(1013))
"""What a server closes with that is about to go, or cannot serve: some clients wait longer then."""


OTHER_CODES = (Close(1003), Close(1007), Close(1008), Close(1009), Close(3000))
"""What else a server may close with: the code decides nothing (C-RECONNECT)."""


UNUSUAL_CODES = (Close(1002), Close(1014), Close(4001), Close(4401), Close(4999))
"""Codes that are seldom seen, some of which clients take for a verdict."""


def _closing_again_and_again(closes: Sequence[Close], name: str, doc: str) -> ClientScenario:
    """A scenario in which the server closes each connection with another code, or reason.

    Each has lasted: a client may take its time to come back from a second short one.
    """

    async def goes_on(listener: Listener, timing: spec.Timing) -> None:
        connection = await listener.first_connection()
        for close in closes:
            if is_final(close, listener.dialect):
                continue
            if connection is None:
                return
            await connection.ended(by=listener.after(_at_length(timing)))
            await connection.close(close.code, close.reason, by=listener.after(patience(timing)))
            connection = await returned(listener, timing)
        if connection is not None:
            await connection.ended(by=listener.after(timing.tolerance))

    def lasts(timing: spec.Timing) -> float:
        return len(closes) * (_at_length(timing) + comeback(timing)) + timing.tolerance

    goes_on.__doc__ = doc
    return played(*ENDS, lasts=lasts, name=name)(goes_on)


closes_on_one_trouble_after_another = _closing_again_and_again(
    TROUBLES,
    "closes_on_one_trouble_after_another",
    "Ends each connection, when it has lasted, with another code of a server in trouble.",
)


closes_with_one_code_after_another = _closing_again_and_again(
    OTHER_CODES,
    "closes_with_one_code_after_another",
    "Ends each connection with another code, when it has lasted.",
)


closes_with_unusual_codes = _closing_again_and_again(
    UNUSUAL_CODES,
    "closes_with_unusual_codes",
    "Ends each connection, when it has lasted, with another code of those that are seldom seen.",
)


WELCOME = '{"type":"welcome"}'

AMID_ITS_HEADER = 1
"""Behind how many bytes a first message is cut that leaves with the 101: its length comes later."""


@played(
    *ENDS,
    "C-STAY",
    "C-TOLERATE",
    "B-CLIENT-PONG",
    lasts=lambda timing: (
        len(UNUSUAL_REASONS) * (_at_length(timing) + comeback(timing))
        + first_ping(timing)
        + timing.pong_timeout
        + timing.tolerance
    ),
)
async def accepts_in_other_manners(listener: Listener, timing: spec.Timing) -> None:
    """Accepts each attempt in another manner, which all say the same, and closes what has lasted.

    Each Close has another reason of those that are seldom seen. With the last 101 it says
    something, of which the rest comes a little later.
    """
    listener.planned = [(Reception(manner=e), replace(listener.behaviour)) for e in OTHER_MANNERS]
    connection = await listener.first_connection()
    for close in UNUSUAL_REASONS:
        if connection is None:
            return
        await connection.ended(by=listener.after(_at_length(timing)))
        await end(listener, connection, passing(listener.dialect, close), timing)
        connection = await returned(listener, timing)
    if connection is None:
        return
    pings = listener.dialect.is_protocol and listener.behaviour.pings_every is not None
    for message in borne([listener.dialect.say_ping(1) if pings else WELCOME], listener.dialect):
        await connection.say_in_segments(str(message), [AMID_ITS_HEADER])
    await connection.ended(
        by=listener.after(first_ping(timing) + timing.pong_timeout + timing.tolerance)
    )


def _at_length(timing: spec.Timing) -> float:
    """How long a connection lasts that is certainly not short, in seconds."""
    return timing.heartbeat_interval + timing.tolerance


async def _fails(
    listener: Listener, timing: spec.Timing, fail: Callable[[int, Accepted], None]
) -> bool:
    """Let one attempt after the other come to nothing, for as long as that shows something.

    `fail` is told how many there were, and the latest. Returns whether the client still came.
    """
    waits, since = [0.0], listener.now()
    for attempt in range(1, MOST_FAILED + 1):
        came = await _next_attempt(listener, timing)
        if came is None:
            return False
        fail(attempt, came)
        waits, since = [*waits, listener.now() - since], listener.now()
        if _is_enough(waits, timing):
            break
    return True


def _is_enough(waits: Sequence[float], timing: spec.Timing) -> bool:
    """Whether it was seen that waits are capped, and that few failures do not end them.

    One that backs off leaves time for few: it fails for as long as that lengthens no run.
    """
    failed, is_even = len(waits) - 1, max(waits) <= comeback(timing)
    if failed < FAILED_ATTEMPTS or (failed < GROWING_ATTEMPTS and _still_grow(waits, timing)):
        return False
    if failed < EVEN_ATTEMPTS and is_even:
        return False
    another = max(waits) if is_even else min(GROWING * max(waits), timing.reconnect_cap)
    return sum(waits) + 2 * another + _lasting(timing) > _until_it_lasted(timing)


async def _lasts(listener: Listener, timing: spec.Timing) -> None:
    """Let the next connection last, and see how soon the client comes back from its end."""
    back = await _next_attempt(listener, timing)
    if back is not None and not await back.ended(by=listener.after(first_ping(timing))):
        back.part("eof")
        await seen_again(listener, timing)


def _still_grow(waits: Sequence[float], timing: spec.Timing) -> bool:
    """Whether it is not yet to be seen if waits are capped."""
    return waits[-2] * GROWING < waits[-1] <= timing.reconnect_cap


async def _next_attempt(listener: Listener, timing: spec.Timing) -> Accepted | None:
    """The next attempt, also when it comes so late that the wait cannot be capped."""
    return await listener.connection_or_end(by=listener.after(2 * latest_comeback(timing)))

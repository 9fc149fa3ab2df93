"""The client's own end while it is at something else: two things at a time (`pairs`)."""

from __future__ import annotations

from dataclasses import replace

import spec
from conformance.scenarios.client.common.asking import (
    SHORTLY,
    ask_amid,
    end_while_it_waits,
    quiet_end,
    shortly,
    until_still,
)
from conformance.scenarios.client.common.ends import GOING_AWAY, passing
from conformance.scenarios.client.common.noise import bears_any, of_no_use
from conformance.scenarios.client.common.waits import (
    BRIEFLY,
    briefly,
    comeback,
    first_ping,
    given_up_by,
    gives_up,
    latest_comeback,
    returned,
    stillness,
)
from conformance.scenarios.scenario import ClientScenario, played
from conformance.trace.event import Close
from conformance.wire.client.accepted import Accepted
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener


def _after_failing(
    reception: Reception, name: str, doc: str, *, ever_connected: bool = True
) -> ClientScenario:
    """A scenario in which an attempt fails, and the client is asked to end while it waits."""

    async def fails(listener: Listener, timing: spec.Timing) -> None:
        if ever_connected:
            connection = await briefly(listener, timing)
            if connection is None:
                return
            listener.reception = reception
            connection.part("eof")
            failed = await returned(listener, timing)
        else:
            listener.reception = reception
            failed = await listener.first_connection()
        if failed is not None:
            await end_while_it_waits(listener, timing)

    fails.__doc__ = doc
    return played(
        "C-CLOSE-FINAL",
        lasts=lambda timing: (
            BRIEFLY * timing.heartbeat_interval + comeback(timing) + latest_comeback(timing)
        ),
        asks=True,
        name=name,
    )(fails)


is_told_to_end_after_a_refusal = _after_failing(
    Reception(503),
    "is_told_to_end_after_a_refusal",
    "Refuses an attempt to reconnect, and asks the client to end before it can have tried again.",
)


is_told_to_end_after_a_failed_attempt = _after_failing(
    Reception(None, "reset"),
    "is_told_to_end_after_a_failed_attempt",
    "Resets an attempt to reconnect, and asks the client to end before it can have tried again.",
)


is_told_to_end_after_its_first_attempt_failed = _after_failing(
    Reception(503),
    "is_told_to_end_after_its_first_attempt_failed",
    "Refuses the very first attempt, and asks the client to end before it can have tried again.",
    ever_connected=False,
)


def _once_connected_again(name: str, doc: str, *, ever_connected: bool) -> ClientScenario:
    """A scenario in which an attempt fails, the next comes to be a connection, and that is ended.

    By then it is another who holds the connection, in many a client.
    """

    async def fails(listener: Listener, timing: spec.Timing) -> None:
        if ever_connected:
            connection = await briefly(listener, timing)
            if connection is None:
                return
            connection.part("eof")
        listener.planned = [(Reception(503), replace(listener.behaviour))]
        failed = await (returned if ever_connected else _first)(listener, timing)
        back = await returned(listener, timing) if failed is not None else None
        if back is not None:
            await back.has_pinged(1, by=listener.after(first_ping(timing)))
            await quiet_end(listener, timing)

    fails.__doc__ = doc
    return played(
        "C-CLOSE-ON-EXIT",
        "C-CLOSE-FINAL",
        lasts=lambda timing: 2 * comeback(timing) + 2 * first_ping(timing) + stillness(timing),
        asks=True,
        name=name,
    )(fails)


async def _first(listener: Listener, _: spec.Timing) -> Accepted | None:
    return await listener.first_connection()


is_told_to_end_after_it_came_back_from_a_refusal = _once_connected_again(
    "is_told_to_end_after_it_came_back_from_a_refusal",
    "Refuses an attempt to reconnect, lets the client ping on the next one, and asks it to end.",
    ever_connected=True,
)


is_told_to_end_after_it_was_refused_at_first = _once_connected_again(
    "is_told_to_end_after_it_was_refused_at_first",
    "Refuses the very first attempt, lets the client ping on the next one, and asks it to end.",
    ever_connected=False,
)


def _after_giving_up(name: str, doc: str, *, mute: bool) -> ClientScenario:
    """A scenario in which the client gives up for want of a pong, and is asked to end then."""

    async def answers_nothing(listener: Listener, timing: spec.Timing) -> None:
        listener.behaviour = replace(listener.behaviour, pongs=0, mute=mute)
        connection = await listener.first_connection()
        if connection is None:
            return
        await connection.ended(by=listener.after(given_up_by(timing)))
        if connection.over:
            listener.behaviour = replace(listener.behaviour, pongs=1, mute=False)
            await end_while_it_waits(listener, timing, connection if mute else None)

    answers_nothing.__doc__ = doc
    return played(
        "C-CLOSE-FINAL",
        lasts=lambda timing: given_up_by(timing) + latest_comeback(timing),
        asks=True,
        name=name,
        suits=gives_up,
    )(answers_nothing)


is_told_to_end_after_it_gave_up = _after_giving_up(
    "is_told_to_end_after_it_gave_up",
    "Answers no ping, and asks the client to end when it has given up and waits.",
    mute=False,
)


is_told_to_end_after_it_gave_up_a_silent_server = _after_giving_up(
    "is_told_to_end_after_it_gave_up_a_silent_server",
    "Answers neither pings nor the Close that gives up, asks the client to end, and then ends TCP.",
    mute=True,
)


@played(
    "C-CLOSE-ON-EXIT",
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        given_up_by(timing) + comeback(timing) + first_ping(timing) + stillness(timing)
    ),
    asks=True,
    suits=gives_up,
)
async def is_told_to_end_after_it_came_back_from_giving_up(
    listener: Listener, timing: spec.Timing
) -> None:
    """Answers no ping until the client has given up, then every ping, and asks it to end."""
    listener.behaviour = replace(listener.behaviour, pongs=0)
    connection = await listener.first_connection()
    if connection is None:
        return
    await connection.ended(by=listener.after(given_up_by(timing)))
    listener.behaviour = replace(listener.behaviour, pongs=1)
    back = await returned(listener, timing) if connection.over else None
    if back is not None:
        await back.has_pinged(1, by=listener.after(first_ping(timing)))
        await quiet_end(listener, timing)


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: 2 * SHORTLY * timing.reconnect_delay + stillness(timing),
    asks=True,
)
async def is_told_to_end_while_it_first_connects(listener: Listener, timing: spec.Timing) -> None:
    """Does not answer the very first attempt, asks the client to end, and then accepts that."""
    listener.reception = Reception(None)
    attempt = await listener.attempt(by=listener.after(listener.patience))
    if attempt is None:
        return
    listener.reception = Reception()
    await ask_amid(listener, timing)
    attempt.admit()
    await listener.until_over(by=listener.after(stillness(timing)))


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + 2 * SHORTLY * timing.reconnect_delay
        + stillness(timing)
    ),
    asks=True,
)
async def is_told_to_end_while_the_server_closes(listener: Listener, timing: spec.Timing) -> None:
    """Sends a Close, asks the client to end before TCP has ended, and then ends that."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    connection.behaviour.mute = True
    goodbye = passing(listener.dialect, GOING_AWAY)
    if not isinstance(goodbye, Close):
        return
    connection.say_goodbye(goodbye.code, goodbye.reason)
    await ask_amid(listener, timing)
    connection.part("eof")
    await listener.until_over(by=listener.after(stillness(timing)))


@played(
    "C-CLOSE-FINAL",
    lasts=lambda timing: (
        BRIEFLY * timing.heartbeat_interval
        + 2 * SHORTLY * timing.reconnect_delay
        + stillness(timing)
    ),
    asks=True,
)
async def is_told_to_end_and_gets_no_answer(listener: Listener, timing: spec.Timing) -> None:
    """Asks the client to end, does not answer its Close, and resets the connection instead."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    connection.behaviour.mute = True
    await listener.ask()
    await connection.ended(by=listener.after(timing.heartbeat_interval + timing.tolerance))
    await shortly(listener, timing)
    connection.part("reset")
    await listener.until_over(by=listener.after(stillness(timing)))


@played("C-CLOSE-ON-EXIT", "C-CLOSE-FINAL", lasts=until_still, asks=True, suits=bears_any)
async def is_told_to_end_after_what_it_cannot_use(listener: Listener, timing: spec.Timing) -> None:
    """Says what a client cannot use, lets it ping once more, and asks it to end."""
    connection = await briefly(listener, timing)
    if connection is not None:
        await connection.say(*of_no_use(listener.dialect))
        await connection.has_pinged(connection.pings + 1, by=listener.after(first_ping(timing)))
        await quiet_end(listener, timing)

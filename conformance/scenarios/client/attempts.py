"""What attempts to connect meet with, the very first one too: refusals, silence, certificates."""

from __future__ import annotations

from dataclasses import replace

import spec
from conformance.scenarios.client.common.noise import (
    bears_any,
    bears_pongs,
    borne,
    of_no_use,
    pongs_unasked,
)
from conformance.scenarios.client.common.waits import (
    at_ease,
    briefly,
    comeback,
    first_ping,
    gaps,
    kept_waiting,
    latest_comeback,
    returned,
    seen_again,
    steady,
    watched,
)
from conformance.scenarios.scenario import ClientScenario, played
from conformance.scenarios.waits import certainly_late
from conformance.trace.event import Certificate
from conformance.wire.client.behaviour import Reception
from conformance.wire.client.listener import Listener

FIRST_STATUSES = (401, 403, 400)
"""What the first attempts of a client are refused with: no status is final (C-RECONNECT)."""


STATUSES_OF_FAULTS = (503, 500, 502)
"""The same in another dialect, which says nothing of statuses: those of a server that is unwell."""


RETRIES_AFTER = ("0", "120")
"""What two refusals tell a client to wait for, in seconds: too little, and far too long.

Neither moves the bounds between which it comes back; between them, its heart is watched.
"""


SLOWLY = 1.5
"""How long a handshake takes, in fractions of the longest first wait before an attempt."""


@played(
    "C-RECONNECT",
    "C-RECONNECT-FLOOR",
    "C-BACKOFF",
    "C-TOLERATE",
    lasts=lambda timing: (
        (len(FIRST_STATUSES) + 1) * 2 * comeback(timing) + first_ping(timing) + gaps(timing, 3)
    ),
)
async def refuses_the_first_attempts(listener: Listener, timing: spec.Timing) -> None:
    """Refuses a client that was never connected, each time with another status, then accepts it.

    On that connection it says what the client cannot use, once it has pinged undisturbed.
    """
    statuses = FIRST_STATUSES if listener.dialect.is_protocol else STATUSES_OF_FAULTS
    listener.reception = Reception(statuses[0])
    connection = await listener.first_connection()
    for status in (*statuses[1:], 101):
        if connection is None:
            return
        listener.reception = Reception(status)
        connection = await returned(listener, timing)
    if connection is not None:
        await steady(listener, connection, timing, 2)
        await connection.say(*of_no_use(listener.dialect))
        await watched(listener, connection, timing, 2)


STARTING = 2.0
"""How long (seconds) nobody listens to a client that starts meanwhile, besides what it may wait."""


@played(
    "C-RECONNECT",
    "C-PING-FIRST",
    lasts=lambda timing: STARTING + 2 * comeback(timing) + first_ping(timing),
)
async def does_not_listen_at_first(listener: Listener, timing: spec.Timing) -> None:
    """Refuses TCP connections when the client is started, as a server that is started after it.

    It listens after a while, and lets the client ping.
    """
    listener.close_door()
    listener.arrived.set()  # Whoever comes meanwhile is not seen to: others may start.
    await listener.until(listener.after(STARTING + comeback(timing)))
    listener.open_door()
    by = listener.after(max(listener.patience, latest_comeback(timing)))
    connection = await listener.connection_or_end(by)
    if connection is not None:
        await watched(listener, connection, timing, 1)


@played(
    "C-PING-SINGLE",
    "C-BACKOFF",
    lasts=lambda timing: (
        2 * first_ping(timing) + gaps(timing, 3) + 2 * (len(RETRIES_AFTER) + 1) * comeback(timing)
    ),
)
async def refuses_attempts_of_a_client_that_pinged(listener: Listener, timing: spec.Timing) -> None:
    """Lets the client ping undisturbed, refuses two attempts, and keeps the next connection.

    Each refusal says when to come back.
    """
    connection = await at_ease(listener, timing)
    if connection is None:
        return
    listener.planned = [
        (Reception(503, retry_after=each), replace(listener.behaviour)) for each in RETRIES_AFTER
    ]
    connection.part("eof")
    for _ in RETRIES_AFTER:
        if await returned(listener, timing) is None:
            return
    back = await returned(listener, timing)
    if back is not None:
        await watched(listener, back, timing, 3)


@played(
    "C-RECONNECT-SINGLE",
    "C-PING-FIRST",
    lasts=lambda timing: 3 * comeback(timing) + first_ping(timing),
)
async def answers_a_handshake_slowly(listener: Listener, timing: spec.Timing) -> None:
    """Accepts an attempt to reconnect only after longer than the client waits between two."""
    connection = await briefly(listener, timing)
    if connection is None:
        return
    late = await kept_waiting(listener, connection, timing)
    if late is not None:
        listener.reception = Reception()
        await listener.until(
            listener.after(SLOWLY * (timing.reconnect_delay + timing.reconnect_jitter))
        )
        late.admit()
        if not await late.ended(by=listener.after(timing.tolerance)):
            # A heartbeat that began with the attempt may have come to nothing before it was open.
            await late.has_pinged(1, by=listener.after(first_ping(timing)))


UNANSWERED = 2
"""How many attempts in a row get no answer: a limit on them may be good for one."""


@played(
    "C-ANSWER-MISSING",
    "C-RECONNECT",
    "C-BACKOFF",
    "C-PING-SINGLE",
    lasts=lambda timing: (
        2 * first_ping(timing)
        + 2 * gaps(timing, 1)
        + (UNANSWERED + 1) * comeback(timing)
        + UNANSWERED * certainly_late(timing.reconnect_cap, timing)
    ),
)
async def never_answers_an_attempt(listener: Listener, timing: spec.Timing) -> None:
    """Reads the requests of two attempts to reconnect, and says nothing, as a process that hangs.

    The connection that comes after them is kept, as was the one before them.
    """
    connection = await at_ease(listener, timing)
    if connection is None:
        return
    asked = await kept_waiting(listener, connection, timing)
    for left in reversed(range(UNANSWERED)):
        if asked is None:
            return
        listener.reception = Reception(None if left else 101)
        limit = listener.after(certainly_late(timing.reconnect_cap, timing))
        first = await listener.connection(by=limit)
        if first is not asked:
            # It did not drop the one that waits: whether it does now is seen.
            await asked.ended(by=listener.after(0.0 if first is None else timing.tolerance))
            return
        if left:
            asked = await listener.attempt(by=listener.after(latest_comeback(timing)))
    back = await returned(listener, timing)
    if back is not None:
        await watched(listener, back, timing, 2)


@played(
    "C-RECONNECT",
    "C-RECONNECT-FLOOR",
    "C-RECONNECT-CEILING",
    lasts=lambda timing: 2 * comeback(timing),
)
async def ends_a_connection_at_once(listener: Listener, timing: spec.Timing) -> None:
    """Accepts the client, and ends the connection before anything was said."""
    connection = await listener.first_connection()
    if connection is not None:
        connection.part("eof")
        await seen_again(listener, timing)


@played(
    "C-TOLERATE",
    lasts=lambda timing: 3 * first_ping(timing) + gaps(timing, 2) + 2 * comeback(timing),
    suits=lambda dialect: bears_any(dialect) or bears_pongs(dialect),
)
async def greets_the_client(listener: Listener, timing: spec.Timing) -> None:
    """Says something, and a pong besides, before the client has pinged on its third connection.

    On the first two it shows whether it pings where nobody speaks before, after a reconnect too.
    """
    connection = await listener.first_connection()
    for _ in range(2):
        if connection is None:
            return
        await connection.has_pinged(1, by=listener.after(first_ping(timing)))
        connection.part("eof")
        connection = await returned(listener, timing)
    if connection is not None:
        dialect = listener.dialect
        await connection.say(*borne(['{"type":"welcome"}', *pongs_unasked(dialect)], dialect))
        await watched(listener, connection, timing, 2)


def _presenting(certificate: Certificate, name: str, doc: str) -> ClientScenario:
    async def presents(listener: Listener, timing: spec.Timing) -> None:
        connection = await listener.first_connection()
        if connection is not None and certificate != "valid":
            # It may try again, and it may not.
            await listener.connection_or_end(by=listener.after(comeback(timing)))

    presents.__doc__ = doc
    return played("C-TLS-VERIFY", lasts=comeback, certificate=certificate, name=name)(presents)


presents_an_expired_certificate = _presenting(
    "expired",
    "presents_an_expired_certificate",
    "Presents a certificate of a trusted authority that was valid until yesterday.",
)


presents_a_self_signed_certificate = _presenting(
    "self-signed",
    "presents_a_self_signed_certificate",
    "Presents a certificate that nobody but itself vouches for.",
)


presents_a_certificate_of_another_host = _presenting(
    "wrong host",
    "presents_a_certificate_of_another_host",
    "Presents a certificate of a trusted authority for another host.",
)


presents_a_valid_certificate = _presenting(
    "valid",
    "presents_a_valid_certificate",
    "Presents a valid certificate, of an authority that the client was told of.",
)

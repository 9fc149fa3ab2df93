"""Rules on a server that keeps the beat itself (protocol.md: Plan B)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.cadence import Cadence, cadence_of
from conformance.evidence.server.connection import Connection, Evidence
from conformance.exchanges import Exchange
from conformance.messages import PLAIN_PING, Business, server_ping
from conformance.rules.liveness import the_heartbeat_close_has_its_code_and_reason
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quiet import is_coincidence
from conformance.rules.rule import rule
from conformance.rules.silence_wording import closed_early, closed_late, named_traffic, not_sure
from conformance.rules.silences import (
    Silence,
    outlived_the_limit,
    silences_of,
    talk_after,
    was_mistaken,
)
from conformance.rules.timing import at_most
from conformance.rules.wording import answered_with, quoted, shown_by
from conformance.trace.trace import Event


@rule("B-SERVER-PING")
def pings_come_at_the_interval(evidence: Evidence) -> Iterator[Observation]:
    """The first ping comes by `heartbeat_interval` after the handshake, then one in each interval.

    Each is the object `{"type":"ping"}`. The first is granted `tolerance`, each gap
    `interval_tolerance` either way. A gap is judged while wsbeat reads and asks little of the
    server. A ping that answers a pong is B-NO-LOOP's.
    """
    for connection in evidence.connections:
        for ping in connection.server_pings:
            found = server_ping(ping.said)
            if found is not None and found.surplus:
                yield violated(
                    f"A ping of the server has the further members {', '.join(found.surplus)}.",
                    ping,
                    expected=PLAIN_PING,
                    actual=quoted(ping.content),
                )
        cadence = cadence_of(connection)
        if cadence is not None:
            yield from _first_ping(cadence, evidence)
            yield from cadence.gaps()


def _first_ping(cadence: Cadence, evidence: Evidence) -> Iterator[Observation]:
    """Whether the first ping came in time, or can no longer do so."""
    first, came = cadence.first_or_end, bool(cadence.pings)
    if cadence.opened is None or not cadence.connection.was_read(
        cadence.opened.earliest, first.latest
    ):
        return
    observation = at_most(
        evidence.timing.heartbeat_interval,
        cadence.opened,
        first,
        trace=evidence.trace,
        since="the handshake",
        late="The first ping of the server came too late." if came else "The server did not ping.",
    )
    if came or observation.outcome == "violated":
        yield observation


@rule("B-NO-LOOP")
def a_pong_is_never_answered(evidence: Evidence) -> Iterator[Observation]:
    """A pong gets no pong, no echo and no ping: what comes next is what was due without it.

    A ping counts as an answer when it comes at once after a pong and before the next was due.
    """
    for connection in evidence.connections:
        cadence = cadence_of(connection)
        answered = {} if cadence is None else cadence.loops
        for exchange in connection.exchanges:
            if not _is_pong(exchange):
                continue
            ping = answered.get(exchange.stimulus.n)
            if _is_answered(exchange, evidence) or ping is not None:
                shown = shown_by(exchange, connection) if ping is None else ()
                yield violated(
                    "A pong of the client was answered.",
                    exchange.stimulus,
                    *shown,
                    *(() if ping is None else (ping,)),
                    expected="nothing",
                    actual=answered_with(exchange, connection)
                    if ping is None
                    else quoted(ping.content),
                )
            elif exchange.fate == "silent" or _was_waited_for(connection, exchange):
                yield satisfied(exchange.stimulus)


@rule("B-TIMEOUT")
def a_connection_without_pongs_is_closed_in_its_window(evidence: Evidence) -> Iterator[Observation]:
    """From `heartbeat_timeout` to `check_interval` later, counted from the last pong or handshake.

    With Close 1000 and the reason `heartbeat timeout`, which is used for nothing else. Pings,
    business messages and other traffic prolong nothing, unless the target declares
    `inbound_liveness`. A pong counts as dealt with once a later message was answered, or the time
    for an answer is over.
    """
    yield from the_heartbeat_close_has_its_code_and_reason.judge(evidence)
    for connection in evidence.connections:
        if connection.heartbeats and outlived_the_limit(connection):
            yield satisfied(connection.heartbeats[0], connection.heartbeats[-1])
    for silence in silences_of(evidence):
        if silence.unsure:
            yield not_sure(silence, evidence)
        elif silence.too_early:
            yield closed_early(silence, evidence, _told_early(silence))
        elif silence.too_late and not was_mistaken(silence):
            yield closed_late(silence, evidence, _told_late(silence))
        elif silence.departure is not None and silence.deviation is None:
            yield satisfied(silence.since, silence.end)


def _told_early(silence: Silence) -> str:
    if silence.connection.heartbeats:
        return "The server closed a connection in spite of its pongs."
    return "The server closed a connection too early."


def _told_late(silence: Silence) -> str:
    talk = talk_after(silence.connection, silence.since)
    if talk:
        return (
            "A connection without pongs was not closed in time; "
            f"it went on to send {named_traffic(talk[-1])}."
        )
    return "A connection without pongs was not closed in time."


def _is_pong(exchange: Exchange) -> bool:
    return isinstance(exchange.message, Business) and exchange.message.is_pong


def _is_answered(exchange: Exchange, evidence: Evidence) -> bool:
    """Whether what came after a pong answers it, and is no coincidence."""
    return bool(exchange.replies) and not is_coincidence(exchange, evidence)


def _was_waited_for(connection: Connection, exchange: Exchange) -> bool:
    """Whether an answer to a pong would have been seen by now."""
    stimulus: Event = exchange.stimulus
    until = stimulus.latest + connection.reply_patience
    return (
        not exchange.replies
        and connection.watched_until >= until
        and connection.was_read(stimulus.earliest, until)
    )

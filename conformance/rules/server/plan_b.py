"""Rules on a server that keeps the beat itself (protocol.md: Plan B)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.blame.suspicion import END_AT_ONCE, came_soon_after
from conformance.evidence.server.cadence import cadence_of
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.evidence.server.kept import was_mistaken
from conformance.evidence.server.silence import (
    Silence,
    silences_of,
)
from conformance.messages.from_client import Business
from conformance.messages.from_server import server_ping
from conformance.messages.limits import LOOP
from conformance.rules.circumstances import NO_CLIENT_PONGS, NO_SERVER_PINGS, NOT_BY_PONGS
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import answered_with, quoted, shown_by
from conformance.rules.rule import rule
from conformance.rules.server.ending.heartbeat_close import (
    the_heartbeat_close_has_its_code_and_reason,
)
from conformance.rules.server.findings.alike import may_be_unasked, or_one_more
from conformance.rules.server.findings.beats import first_ping, gaps
from conformance.rules.server.findings.loops import endless_loop
from conformance.rules.server.findings.silence import (
    closed_early,
    closed_late,
    named_traffic,
    not_sure,
)
from conformance.rules.server.ignored import is_coincidence


@rule("B-SERVER-PING", not_applicable_when=NO_SERVER_PINGS)
def pings_come_at_the_interval(evidence: Evidence) -> Iterator[Observation]:
    """The first ping comes by `heartbeat_interval` after the handshake, then one in each interval.

    Each is the object `{"type":"ping"}`. The first is granted `tolerance`, each gap
    `interval_tolerance` either way. A gap is judged while wsbeat reads and asks little of the
    server. A ping that answers a pong is B-NO-LOOP's.
    """
    for connection in evidence.connections:
        for ping in connection.server_pings:
            found = server_ping(ping.said, evidence.trace.dialect)
            if found is not None and found.fault:
                yield violated(
                    f"A ping of the server {found.fault.removeprefix('it ')}.",
                    ping,
                    expected=evidence.trace.dialect.ping.said.text,
                    actual=quoted(ping.content),
                )
        cadence = cadence_of(connection)
        if cadence is not None:
            yield from first_ping(cadence)
            yield from gaps(cadence)


@rule("B-NO-LOOP", not_applicable_when=NO_CLIENT_PONGS)
def a_pong_is_never_answered(evidence: Evidence) -> Iterator[Observation]:
    """A pong gets no pong, no echo and no ping: what comes next is what was due without it.

    A ping counts as an answer when it comes at once after a pong and before the next was due. So
    does an end, in a dialect in which none comes of silence.
    """
    for connection in evidence.connections:
        cadence = cadence_of(connection)
        answered = {} if cadence is None else cadence.loops
        if (loop := endless_loop(connection)) is not None:
            yield violated(
                f"The server answered each pong with a ping, {LOOP} times in a row.",
                *loop,
                expected="nothing",
                actual=quoted(loop[1].content),
            )
            continue
        for exchange in connection.exchanges:
            if not _is_pong(exchange):
                continue
            ping = answered.get(exchange.stimulus.n)
            if ping is None and may_be_unasked(exchange, connection):
                continue
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
                    among=or_one_more(exchange, connection) if ping is None else frozenset(),
                )
            elif (end := _ended_by(exchange, connection)) is not None:
                yield violated(
                    "A pong of the client ended the connection.",
                    exchange.stimulus,
                    end.event,
                    expected="nothing",
                    actual=str(end),
                    provisional=True,
                )
            elif exchange.fate == "silent" or (
                not exchange.replies and connection.has_outwaited(exchange.stimulus)
            ):
                yield satisfied(exchange.stimulus)


@rule("B-TIMEOUT", not_applicable_when=NOT_BY_PONGS)
def a_connection_without_pongs_is_closed_in_its_window(evidence: Evidence) -> Iterator[Observation]:
    """From `heartbeat_timeout` to `check_interval` later, counted from the last pong or handshake.

    With Close 1000 and the reason `heartbeat timeout`, which is used for nothing else. Pings,
    business messages and other traffic prolong nothing, unless the target declares
    `inbound_liveness`. A pong counts as dealt with once a later message was answered, or the time
    for an answer is over.
    """
    yield from the_heartbeat_close_has_its_code_and_reason.judge(evidence)
    for connection in evidence.connections:
        if connection.heartbeats and connection.outlived_the_limit:
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
    talk = silence.connection.talk_after(silence.since)
    if talk:
        return (
            "A connection without pongs was not closed in time; "
            f"it went on to send {named_traffic(talk[-1], silence.connection.trace.dialect)}."
        )
    return "A connection without pongs was not closed in time."


def _is_pong(exchange: Exchange) -> bool:
    return isinstance(exchange.message, Business) and exchange.message.is_pong


def _ended_by(exchange: Exchange, connection: Connection) -> Departure | None:
    """The end that came at once after a pong, and before anything else was said, if none else may.

    Where a clock runs, it is early by that (B-TIMEOUT, S-TIMEOUT-EARLIEST).
    """
    end = connection.departure
    if end is None or end.cause != "unexplained" or exchange.dialect.has_timeout:
        return None
    is_last = exchange.stimulus.n == connection.exchanges[-1].stimulus.n
    return (
        end if is_last and came_soon_after(exchange, end.event, connection, END_AT_ONCE) else None
    )


def _is_answered(exchange: Exchange, evidence: Evidence) -> bool:
    """Whether what came after a pong answers it, and is no coincidence."""
    return bool(exchange.replies) and not is_coincidence(exchange, evidence)

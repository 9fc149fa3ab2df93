"""What explains the end of a connection: a right of the server, silence, or the end of them all.

An end without an explanation is charged to a message, so all there are have to be looked for first.
What a Close says of itself is not enough: a heartbeat close for a message that is under way is no
heartbeat close, whatever its reason.
"""

from __future__ import annotations

from websockets.frames import CloseCode

from conformance.evidence.interval import is_early
from conformance.evidence.server.blame.stall import was_given_up
from conformance.evidence.server.blame.suspicion import (
    IMMEDIATE_END,
    is_owed,
    left_unanswered,
    may_be_why,
    perhaps_late,
    suspects_at,
)
from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.departure import Departure
from conformance.evidence.server.exchange import Exchange, may_end
from conformance.messages.from_client import Ping
from conformance.trace.event import GRAIN, RESOLUTION, TOO_LARGE, Close, Event
from conformance.trace.trace import Trace
from spec.dialect.dialect import Dialect

YOUNG_FRACTION = 0.45
"""Up to which fraction of `heartbeat_timeout` a connection is too young to be closed for silence,
where a message explains its end as well: a limit that is half of what it should be is no rarity."""


PRIVATE_CODES = range(4000, 5000)
"""The codes that applications have for their own (RFC 6455, section 7.4.2)."""


def explained(
    connection: ObservedConnection, event: Event, close: Close | None
) -> Departure | None:
    """The end of a connection, if it was a server's right, or comes of silence."""
    dialect = connection.trace.dialect
    named = close is not None and dialect.names_itself(close.code, close.reason)
    restart = connection.last_restart_before(event)
    silent_long_enough = (
        restart is not None
        and event.earliest - restart.latest + RESOLUTION >= connection.timing.heartbeat_timeout
    )
    # A heartbeat close comes of this connection's own clock if that may have run for long enough.
    opened, timeout = connection.opened, connection.timing.heartbeat_timeout
    by_its_clock = named and (
        opened is not None and is_early(timeout - GRAIN, opened, event) is not True
    )
    # Of another dialect it may be that no end says what it is for: then the silence does.
    by_its_clock = by_its_clock or (silent_long_enough and _is_unnamed(dialect, event, close))
    # Neither is it a collapse where the wall clock was set that all of them may go by.
    was_misled = any(jump.n < event.n for jump in connection.jumps)
    all_ended = was_collapse(event, connection.trace) and not (by_its_clock or was_misled)
    asked = connection.trace.asked_to_end
    is_ending = asked is not None and event.latest >= asked.earliest
    if close is not None and named and dialect.ends.has(close.code):
        # What is said to a server that ends may stay unanswered: no message is why it closes.
        interrupted = None if is_ending else _interrupted(connection, event)
        if interrupted is not None:
            return Departure(event, close, "message", interrupted)
        if not all_ended:
            return Departure(event, close, "heartbeat")
    if is_ending:
        return Departure(event, close, "shutdown")
    if not named and connection.ignored_control_pings(event):
        return Departure(event, close, "harness")  # Its transport may have given wsbeat up.
    if (
        close is not None
        and close.code == CloseCode.TRY_AGAIN_LATER
        and _is_at_once(connection, event)
    ):
        return Departure(event, close, "full")
    if close is not None and not silent_long_enough and _was_replaced(connection, close):
        return Departure(event, close, "replaced")
    if not named and was_given_up(connection, event, close):
        return Departure(event, close, "stalled")
    suspects = suspects_at(connection, event)
    unhurried = [each for each in left_unanswered(connection, event) if each.takes_its_time]
    for suspect in (*perhaps_late(connection, event), *unhurried, *_overtaken(connection, event)):
        if may_end(suspect.message, dialect, close, event):
            return Departure(event, close, "message", suspect)
    if all_ended:
        may_be = tuple(each for each in suspects if may_be_why(each, event, connection))
        if named or not any(map(is_owed, may_be)) or connection.trace.attempt == 1:
            left = () if named or connection.trace.attempt > 1 else may_be
            return Departure(event, close, "collapse", suspects=left)
    is_usual = all(_is_usual(connection, each) for each in suspects)
    if silent_long_enough and (
        named or (is_usual and not _is_for_one(suspects, event, connection))
    ):
        return Departure(event, close, "heartbeat")
    if not suspects and _came_amid_a_message(connection, event):
        return Departure(event, close, "harness")  # What it does about a whole message tells more.
    return None


def _overtaken(connection: ObservedConnection, event: Event) -> list[Exchange]:
    """Messages without an answer before one that has it, for which the end may still have come.

    Whoever leaves it to another task to close goes on answering meanwhile. And of other dialects
    the answer may be a pong that nothing asked for: an id alone tells it from one.
    """
    return [
        each
        for each in connection.matching.exchanges
        if not each.replies
        and not is_owed(each)
        and each.stimulus.earliest <= event.latest
        and event.earliest <= each.stimulus.latest + connection.reply_patience
    ]


def _is_unnamed(dialect: Dialect, event: Event, close: Close | None) -> bool:
    """Whether a silent connection of another dialect may end so, without a word on why."""
    if dialect.is_protocol:
        return False
    if close is None:
        return dialect.ends.abort and event.kind == "ended"
    return dialect.ends.has(close.code) and not dialect.names_itself(close.code, close.reason)


def _was_replaced(connection: ObservedConnection, close: Close) -> bool:
    """Whether a Close says that a newer connection of the same user came, where that is declared.

    The codes are those that applications have for their own.
    """
    declared = connection.trace.capabilities.one_per_user
    return declared and close.code is not None and close.code in PRIVATE_CODES


def _came_amid_a_message(connection: ObservedConnection, event: Event) -> bool:
    """Whether a connection ended as soon as a frame came with which no message ends."""
    return any(
        each.opcode == "fragment"
        and each.n < event.n
        and event.earliest - each.latest <= IMMEDIATE_END
        for each in connection.idle_talk
    )


def _interrupted(connection: ObservedConnection, event: Event) -> Exchange | None:
    """The message for which a connection was closed, though the Close says it was for silence.

    It is one that was under way, on a connection that is too young to be closed for silence or
    that had not seen its like before. One that is owed nothing was under way if another was sent
    behind it that is owed something, or if the end came at once.
    """
    opened, limit = connection.opened, connection.timing.heartbeat_timeout
    suspects = suspects_at(connection, event)
    first = next(iter(suspects), None)
    since = connection.last_restart_known_before(event)
    if opened is None or first is None or since is None:
        return None
    if is_early(limit, since, event) is not True:
        return None
    is_new = not _has_precedent(connection, first)
    if not is_new and event.latest - opened.earliest > YOUNG_FRACTION * limit:
        return None
    if first.owed != "nothing":
        return first
    later = (each for each in connection.matching.exchanges if each.stimulus.n > first.stimulus.n)
    followed = any(each.owed != "nothing" and not each.replies for each in later)
    if followed:
        return first
    # Of messages that are owed nothing, it is the one that the end came at once after.
    return next(
        (
            each
            for each in suspects
            if event.earliest - each.stimulus.latest <= IMMEDIATE_END
            and not _has_precedent(connection, each)
        ),
        None,
    )


def _has_precedent(connection: ObservedConnection, exchange: Exchange) -> bool:
    """Whether a message like this one was dealt with before on its connection."""
    if isinstance(exchange.message, Ping) and not exchange.message.plain:
        return False
    return any(
        type(earlier.message) is type(exchange.message)
        and bool(earlier.replies) == (exchange.owed != "nothing")
        for earlier in connection.matching.exchanges
        if earlier.stimulus.n < exchange.stimulus.n
    )


def was_collapse(event: Event, trace: Trace) -> bool:
    """Whether the end of a connection was that of all there were, on whatever account."""
    if event.kind == "broken" and str(event.content).startswith(TOO_LARGE):
        return False  # wsbeat left, on account of what it would have had to read.
    return any(
        note.earliest - GRAIN <= event.latest <= note.latest + GRAIN for note in trace.collapses
    )


def _is_at_once(connection: ObservedConnection, event: Event) -> bool:
    """Whether a connection ended as soon as it was open, before anything was answered on it."""
    opened = connection.opened
    return (
        opened is not None
        and not connection.received
        and event.earliest <= opened.latest + connection.reply_patience
    )


def _is_for_one(suspects: list[Exchange], event: Event, connection: ObservedConnection) -> bool:
    """Whether an unusual end of a silent connection is for a message, which it came at once after.

    Others are closed for silence as they have to be.
    """
    at_once = any(
        is_owed(each) and event.earliest - each.stimulus.latest <= IMMEDIATE_END
        for each in suspects
    )
    dialect = connection.trace.dialect
    return at_once and any(
        each.kind == "received"
        and isinstance(each.content, Close)
        and dialect.names_itself(each.content.code, each.content.reason)
        and dialect.ends.has(each.content.code)
        for each in connection.trace.events
    )


def _is_usual(connection: ObservedConnection, unanswered: Exchange) -> bool:
    """Whether a message was of a kind that, on this connection, had not ended it before."""
    return unanswered.owed == "nothing" or any(
        exchange.replies and exchange.owed == unanswered.owed == "echo"
        for exchange in connection.matching.exchanges
    )

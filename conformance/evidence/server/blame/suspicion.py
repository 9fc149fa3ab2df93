"""Which message ended a connection, where the end may have taken the answers to others along.

A server that answers from a queue ends a connection for one message while answers to earlier ones
wait to be written. So every message that was under way is a *suspect*, until it is seen elsewhere
in the trace that a connection goes on after it. Where several suspects are left, it cannot be told
which of them it was: scenarios then send each of them again, after all earlier answers were read.

An example: the server aborts over the second of `1`, `1e400`, `2`, and none was answered. Three
suspects. On another connection `1` is answered, and the end comes when `1e400` is sent next: it is
blamed there, and therefore here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from conformance.evidence.server.connection import ObservedConnection
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Business, Ping
from conformance.trace.event import Event

Said: TypeAlias = str | bytes
"""What a message said, as far as it may be why a connection ended."""


NUMBER = re.compile(r"\d{1,6}")
"""What tells numbered messages apart, which are alike to every server."""


SHORT = 100
"""How many characters a message has at the most in which numbers are overlooked."""


IMMEDIATE_END = 0.05
"""Within how many seconds after a message its connection ended at once."""


END_AT_ONCE = 0.15
"""Within how many seconds more than replies take an end may be due to what is owed none."""


TIMES_THE_SLOWEST = 10
"""How many times the slowest reply of a connection something may take that is done at once."""


def suspects_at(connection: ObservedConnection, end: Event) -> list[Exchange]:
    """The messages on whose account a connection may have ended.

    They are those after the last one that was answered, if they were sent so shortly before the
    end that their replies were still to come. What an application says may answer any message; a
    pong of the client is none that ends anything.
    """
    return [
        exchange
        for exchange in left_unanswered(connection, end)
        if end.earliest <= exchange.stimulus.latest + connection.reply_patience
    ]


def left_unanswered(connection: ObservedConnection, end: Event) -> list[Exchange]:
    """The messages after the last one that was answered, however long before an end they came.

    What has died of a message is not always seen to end at once: a machine may have been busy.
    """
    exchanges = connection.matching.exchanges
    return [
        exchange
        for exchange in exchanges[_answered(exchanges) :]
        if not exchange.replies
        and not _is_pong(exchange)
        and exchange.stimulus.earliest <= end.latest
    ]


def perhaps_late(connection: ObservedConnection, end: Event, more: float = 0.0) -> list[Exchange]:
    """The messages that an end may be for, if it is late by as much as a busy machine explains.

    It may come later than that by `more`, in seconds.
    """
    trace = connection.trace
    return [
        each
        for each in left_unanswered(connection, end)
        if end.earliest - each.stimulus.latest
        <= more + connection.reply_patience + trace.busy_between(each.stimulus, end)
    ]


def _is_pong(exchange: Exchange) -> bool:
    read = exchange.message
    return exchange.owed == "nothing" and isinstance(read, Business) and read.is_pong


def came_soon_after(
    suspect: Exchange,
    end: Event,
    connection: ObservedConnection,
    allowance: float,
    times: int = TIMES_THE_SLOWEST,
) -> bool:
    """Whether an end came no later after a message than so many times the slowest reply there.

    There is an allowance, in seconds.
    """
    waits = (
        exchange.replies[0].event.latest - exchange.stimulus.latest
        for exchange in connection.matching.exchanges
        if exchange.replies
    )
    return end.earliest - suspect.stimulus.latest <= allowance + times * max(waits, default=0.0)


def may_be_why(suspect: Exchange, event: Event, connection: ObservedConnection) -> bool:
    """Whether an end came while a reply was owed, or as soon as one would have come."""
    return is_owed(suspect) or came_soon_after(suspect, event, connection, END_AT_ONCE)


def is_owed(suspect: Exchange) -> bool:
    """Whether a reply of a certain kind is owed to a message."""
    return suspect.owed in ("pong", "echo")


def survived(connection: ObservedConnection) -> Iterator[Said]:
    """The messages after which a connection went on for certain.

    It does not go on after those where what is owed a reply gets none from then on.
    """
    exchanges = connection.matching.exchanges
    owed = [place for place, exchange in enumerate(exchanges) if is_owed(exchange)]
    answered, last = _answered(exchanges), max(owed, default=0)
    waited = (n for n in owed if n >= answered and _was_missed(exchanges[n], connection))
    missed = next(waited, len(exchanges))
    for place, exchange in enumerate(exchanges):
        if (
            place < answered
            or exchange.replies
            or (place >= last and _was_outlived(exchange, connection) and place <= missed)
        ):
            yield said_by(exchange)


def said_by(exchange: Exchange) -> Said:
    """What a message said; short ones that differ in numbers alone say the same.

    These are business messages, and the pings of a dialect that numbers them.
    """
    said, read = exchange.stimulus.said, exchange.message
    is_numbered = isinstance(read, Business) or (isinstance(read, Ping) and bool(read.holes))
    if is_numbered and isinstance(said, str) and len(said) <= SHORT:
        return NUMBER.sub("0", said)
    return said


def _was_outlived(exchange: Exchange, connection: ObservedConnection) -> bool:
    """Whether a connection went on for longer than any answer to a message may take.

    It is not seen to where a busy machine may be why it did not end sooner (`perhaps_late`).
    """
    lasted = connection.watched_until - exchange.stimulus.latest - connection.reply_patience
    return lasted >= connection.trace.lateness and connection.has_outwaited(exchange.stimulus)


def _was_missed(exchange: Exchange, connection: ObservedConnection) -> bool:
    """Whether a reply that is owed to a message was waited for in vain."""
    is_missing = is_owed(exchange) and not exchange.replies
    return is_missing and connection.has_outwaited(exchange.stimulus)


def _answered(exchanges: Sequence[Exchange]) -> int:
    """How many messages there are up to the last one that was answered in its turn."""
    found = 0
    for number, exchange in enumerate(exchanges, 1):
        if exchange.replies and not exchange.out_of_order and not exchange.is_applications:
            found = number
    return found

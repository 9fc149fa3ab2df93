"""Rules on what a server must not say (protocol.md: text that is not JSON, binary, quiet)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange, may_end
from conformance.messages.from_client import Binary, Business
from conformance.messages.from_server import Echo, Pong, answer
from conformance.messages.json_text import NotJson
from conformance.rules.circumstances import NO_ANSWERS
from conformance.rules.deafness import fell_deaf_over
from conformance.rules.ends import or_else, or_for_business, or_late, perhaps_ended_for
from conformance.rules.observation import Observation, satisfied, violated
from conformance.rules.quoting import answered_with, quoted, shown_by
from conformance.rules.rule import rule
from conformance.rules.server.findings.alike import or_answered_again
from conformance.trace.event import Event
from spec.dialect.dialect import Allowed

NO_OTHER: frozenset[str] = frozenset()
"""Nothing else explains it."""


@rule(
    "S-IGNORE-NOT-JSON",
    not_applicable_when={
        **NO_ANSWERS,
        "text left open": "The dialect leaves open what becomes of text that is not JSON.",
    },
)
def text_that_is_not_json_is_ignored(evidence: Evidence) -> Iterator[Observation]:
    """Text that is not JSON gets no reply and no close, or the end that another dialect has for it.

    wsbeat shows it with a witness: the next reply is that of the message sent after it. A reply to
    a text that is ignored at other times is attributed to S-QUIET.
    """
    yield from perhaps_ended_for("S-IGNORE-NOT-JSON", evidence)
    yield from fell_deaf_over("S-IGNORE-NOT-JSON", evidence)
    for connection, exchange in evidence.exchanges:
        if not isinstance(exchange.message, NotJson) or exchange.fate == "open":
            continue
        if exchange.waited_out:
            continue  # A server that answers nothing at all does so, too.
        allowed = exchange.dialect.not_json
        if _is_left_at_that(exchange, allowed) or _ended_by_right(connection, exchange):
            yield satisfied(*shown_by(exchange, connection))
        elif not is_coincidence(exchange, evidence) and not _may_have_ended(connection, exchange):
            yield violated(
                "Text that is not JSON was not ignored."
                if allowed.ignore
                else "Text that is not JSON did not end the connection as it has to.",
                *shown_by(exchange, connection),
                expected=str(allowed),
                actual=answered_with(exchange, connection),
                provisional=exchange.by_chance,
                among=or_else(exchange, connection) | or_for_business(exchange, connection),
            )


@rule(
    "S-BINARY",
    not_applicable_when={
        **NO_ANSWERS,
        "binary left open": "The dialect leaves open what becomes of a binary message.",
    },
)
def a_binary_message_gets_no_reply(evidence: Evidence) -> Iterator[Observation]:
    """A binary message is ignored, which a witness shows, or the connection closed with 1003."""
    yield from perhaps_ended_for("S-BINARY", evidence)
    yield from fell_deaf_over("S-BINARY", evidence)
    for connection, exchange in evidence.exchanges:
        if not isinstance(exchange.message, Binary) or exchange.fate == "open":
            continue
        if exchange.waited_out:
            continue
        allowed, own = exchange.dialect.binary, exchange.dialect.is_protocol
        if _is_left_at_that(exchange, allowed) or _ended_by_right(connection, exchange):
            yield satisfied(*shown_by(exchange, connection))
        elif not is_coincidence(exchange, evidence) and not _may_have_ended(connection, exchange):
            yield violated(
                "A binary message was neither ignored nor closed with 1003."
                if own
                else "A binary message got what it may not get.",
                *shown_by(exchange, connection),
                expected="nothing, or a Close 1003" if own else str(allowed),
                actual=answered_with(exchange, connection),
                provisional=exchange.by_chance,
                among=or_else(exchange, connection) | or_for_business(exchange, connection),
            )


def _is_left_at_that(exchange: Exchange, allowed: Allowed) -> bool:
    """Whether a message got no answer, and need not have ended the connection instead.

    Where it has to be answered, an answer that is no part of the heartbeat is not told from others.
    """
    return exchange.fate == "silent" and (allowed.ignore or allowed.answer)


def _may_have_ended(connection: Connection, exchange: Exchange) -> bool:
    """Whether a message that seems to be ignored may have ended the connection all the same.

    A further pong to an earlier ping may seem to be the answer to what was sent behind it.
    """
    if exchange.fate != "silent":
        return False
    end, dialect = connection.departure, exchange.dialect
    if end is not None and end.cause != "harness":
        return may_end(exchange.message, dialect, end.close, end.event)
    return not any(
        later.stimulus.n > exchange.stimulus.n and any(map(later.is_right, later.replies))
        for later in connection.exchanges
    )


def _ended_by_right(connection: Connection, exchange: Exchange) -> bool:
    """Whether the connection ended on account of a message as the dialect has it."""
    end = connection.departure
    return (
        end is not None
        and exchange.fate == "ended"
        and may_end(exchange.message, exchange.dialect, end.close, end.event)
    )


@rule(
    "S-QUIET",
    not_applicable_when={
        "talks freely": "In the dialect a server may say what it likes unasked, pongs too."
    },
)
def nothing_is_sent_that_no_message_asked_for(evidence: Evidence) -> Iterator[Observation]:
    """While no reply is owed the server sends no message; control frames are no messages.

    An occasion is a stretch without stimulus that outlasts `reply_deadline` and `tolerance`, and in
    which wsbeat reads. Where the target does not echo, what follows a message of its application is
    the application's affair.
    """
    for connection in evidence.connections:
        if any(exchange.is_applications for exchange in connection.exchanges):
            continue
        departure = connection.departure
        unasked = [(event, NO_OTHER) for event in _unasked(connection)]
        if departure is not None and departure.was_too_large and departure.blamed is None:
            unasked.append((departure.event, NO_OTHER))
        for exchange in connection.exchanges:
            if is_coincidence(exchange, evidence):
                replies = [reply.event for reply in exchange.replies]
                unasked += [(event, or_late(event, connection)) for event in replies]
        for event, among in unasked:
            is_late = _may_be_late(event, connection)
            yield violated(
                "The server sent a message that nothing asked for.",
                event,
                expected="no message",
                actual=quoted(event.content),
                provisional=is_late,
                among=among
                | or_for_business(event, connection)
                | _or_answered_again(event, connection)
                | frozenset({"S-REPLY-SOON"} if is_late else ()),
            )
        if unasked or connection.opened is None:
            continue
        before = connection.opened
        for event in connection.sent:
            if _is_a_while(connection, before.latest, event.earliest):
                yield satisfied(before, event)
            before = event
        if _is_a_while(connection, before.latest, connection.watched_until):
            yield satisfied(before)


def _or_answered_again(event: Event, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if a pong answers a ping that has its pong already.

    That may be taken for another reply, and leave that over.
    """
    is_reply = isinstance(answer(event.said, connection.trace.dialect), Pong | Echo)
    pinged = any(each.n < event.n for each in connection.pings)
    return or_answered_again(connection) if is_reply and pinged else frozenset()


def _is_a_while(connection: Connection, since: float, until: float) -> bool:
    """Whether something would have come by then, and been read, if it came unasked."""
    return until - since > connection.reply_patience and connection.was_read(since, until)


def _unasked(connection: Connection) -> Iterator[Event]:
    """What came unasked: of pongs, where they may not, and of all else where nothing may."""
    dialect = connection.trace.dialect
    if not dialect.pong_unasked:
        yield from connection.unasked
    if dialect.quiet:
        yield from connection.talk


def _may_be_late(event: Event, connection: Connection) -> bool:
    """Whether an echo may be that of a message that need not be answered, and comes very late."""
    return isinstance(answer(event.said, connection.trace.dialect), Echo) and any(
        exchange.owed == "anything" and not exchange.replies and exchange.stimulus.n < event.n
        for exchange in connection.exchanges
    )


def is_coincidence(exchange: Exchange, evidence: Evidence) -> bool:
    """Whether a message that is to be ignored only seems to be answered: it was ignored before.

    A pong of the client is always the same text, so there what answers it is told by its kind.
    """
    if exchange.owed != "nothing" or exchange.stimulus.content not in evidence.ignored:
        return False
    if isinstance(exchange.message, Business):
        in_kind = any(isinstance(reply.answer, Pong | Echo) for reply in exchange.replies)
        return bool(exchange.replies) and not in_kind
    return bool(exchange.replies)

"""Pongs that carry nothing of their pings: one that comes late may be for whatever went before."""

from __future__ import annotations

from conformance.evidence.server.alignment import APART
from conformance.evidence.server.evidence import Connection
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Binary, Business, Ping
from conformance.messages.from_server import Pong

PONGS = frozenset({"S-PONG"})
"""What is broken where pings are answered twice, however late the second time."""


def may_be_a_further_pong(exchange: Exchange, connection: Connection) -> bool:
    """Whether what answers a message may be one pong more to a ping that was answered before it.

    The protocol's own server echoes what is no ping, which tells.
    """
    if exchange.dialect.is_protocol or exchange.dialect.copied:
        return False
    return any(isinstance(reply.answer, Pong) for reply in exchange.replies) and any(
        isinstance(each.message, Ping)
        and bool(each.replies)
        and each.stimulus.n < exchange.stimulus.n
        for each in connection.exchanges
    )


def may_be_unasked(exchange: Exchange, connection: Connection) -> bool:
    """Whether that is allowed: a server may say pongs unasked."""
    return exchange.dialect.pong_unasked and may_be_a_further_pong(exchange, connection)


def or_answered_again(connection: Connection) -> frozenset[str]:
    """What was broken, rather, if there are more pongs on a connection than it had pings."""
    return PONGS if connection.has_more_pongs_than_pings else frozenset()


def or_one_more(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if it was that: such pongs come where nothing is asked, too.

    Of several pongs to a ping some may have come so.
    """
    many = len(exchange.replies) > 1 and not exchange.dialect.is_protocol
    is_one = (many and not exchange.dialect.copied) or may_be_a_further_pong(exchange, connection)
    is_again = not isinstance(exchange.message, Ping) and connection.has_more_pongs_than_pings
    again = PONGS if is_again else frozenset()
    return again | frozenset({"S-QUIET"} if is_one else ())


ONE_TOO_MANY = 2
"""How many pongs a ping has that got one of another message."""


def may_answer_binary(exchange: Exchange, connection: Connection) -> bool:
    """Whether one pong too many may be that to a binary message, which its dialect leaves open.

    Pongs that carry nothing of their pings are not told apart, however late they come.
    """
    if exchange.dialect.copied or len(exchange.replies) != ONE_TOO_MANY:
        return False
    return any(
        isinstance(each.message, Binary)
        and each.is_applications
        and not each.replies
        and each.stimulus.n < exchange.replies[-1].event.n
        and exchange.replies[-1].event.earliest
        <= each.stimulus.latest + 2 * connection.reply_patience
        for each in connection.exchanges
    )


def came_with_business(exchange: Exchange, connection: Connection) -> bool:
    """Whether a further pong to a ping may be for business like it, sent in one go with it.

    Not where echoes tell them apart. What is said by itself shows which of them it is.
    """
    if not exchange.dialect.is_protocol or connection.trace.capabilities.echo:
        return False
    return any(
        isinstance(each.message, Business)
        and (each.is_object or "ping" in str(each.stimulus.said).lower())
        and abs(each.stimulus.latest - exchange.stimulus.latest) <= APART
        and each.stimulus.n < exchange.replies[-1].event.n
        for each in connection.exchanges
    )


def or_another_spelling(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if it was an earlier ping, in another spelling, that got no pong.

    Where pongs carry nothing of their pings, nothing shows which of several went without one. Where
    the protocol's echo is on, what was taken for no ping was echoed.
    """
    echoes = exchange.dialect.is_protocol and connection.trace.capabilities.echo
    if echoes or exchange.dialect.copied:
        return frozenset()
    spelled = any(
        isinstance(each.message, Ping)
        and not each.message.plain
        and each.stimulus.n < exchange.stimulus.n
        for each in connection.exchanges
    )
    return frozenset({"S-PING-FORM"}) if spelled else frozenset()

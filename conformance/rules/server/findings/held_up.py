"""Servers that are stuck over a message: what comes behind it on its connection waits in vain."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.blame.suspicion import is_owed
from conformance.evidence.server.evidence import Connection
from conformance.evidence.server.exchange import Exchange
from conformance.messages.json_text import Deep


def behind(deep: Exchange, connection: Connection) -> Iterator[Exchange]:
    """What is owed a reply, came behind a message, and was waited for in vain."""
    for each in connection.exchanges:
        if each.stimulus.n > deep.stimulus.n and is_owed(each) and each.waited_out:
            yield each


def or_held_up(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """What was broken, rather, if a server is stuck over a message that came before this one."""
    is_stuck = exchange.waited_out and any(
        isinstance(each.message, Deep) and each.takes_its_time and each.waited_out
        for each in connection.exchanges
        if each.stimulus.n < exchange.stimulus.n
    )
    return frozenset({"S-DEPTH"} if is_stuck else ())

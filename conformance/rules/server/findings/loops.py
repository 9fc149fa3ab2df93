"""Two peers that answer each other: pings that come at once after pongs, again and again."""

from __future__ import annotations

from conformance.evidence.server.evidence import Connection
from conformance.messages.from_client import is_pong
from conformance.messages.from_server import server_ping
from conformance.messages.limits import AT_ONCE, LOOP
from conformance.trace.event import Event


def endless_loop(connection: Connection) -> tuple[Event, Event] | None:
    """The pong, and the ping behind it, with which it is plain that pongs are answered.

    A server that pings as it likes may do so right behind a pong, but not behind each of many.
    """
    dialect = connection.trace.dialect
    if not dialect.answers_beats:
        return None
    in_a_row, pong = 0, None
    for event in connection.events:
        if event.opcode != "text":
            continue
        if event.kind == "sent" and is_pong(event.said, dialect):
            pong = event
        elif event.kind == "received" and server_ping(event.said, dialect) is not None:
            is_answer = pong is not None and event.latest - pong.earliest <= AT_ONCE
            in_a_row = in_a_row + 1 if is_answer else 0
            if pong is not None and in_a_row >= LOOP:
                return pong, event
            pong = None
    return None

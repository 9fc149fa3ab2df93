"""What rules have in common: how they speak of messages, and whose affair an extreme one is."""

from __future__ import annotations

from conformance.evidence.server.evidence import Connection
from conformance.evidence.server.exchange import Exchange
from conformance.trace.event import Event

LONGEST = 72


def quoted(content: object) -> str:
    """A message as it is shown in a sentence, cut to what the eye takes in."""
    if isinstance(content, bytes):
        return f"a binary message of {len(content)} bytes"
    text = str(content)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}... ({len(text)} characters)"


def answered_with(exchange: Exchange, connection: Connection) -> str:
    """What came instead of the answer that was owed."""
    if exchange.replies:
        return ", then ".join(quoted(reply.event.content) for reply in exchange.replies)
    if exchange.fate == "ended" and connection.departure is not None:
        return str(connection.departure)
    return "nothing"


def in_frames(exchange: Exchange, connection: Connection) -> str:
    """How a message came, where that may be why it was lost: words to put behind its name."""
    return " that came in several frames" if _frames_of(exchange, connection) else ""


def shown_by(exchange: Exchange, connection: Connection) -> tuple[Event, ...]:
    """The shortest exchange that shows what became of a message: it, its replies, the witness."""
    shown = [*_deaf_since(exchange, connection), *_frames_of(exchange, connection)]
    shown.append(exchange.stimulus)
    shown += [*(reply.event for reply in exchange.replies)]
    if exchange.fate == "ended" and connection.departure is not None:
        shown.append(connection.departure.event)
    elif exchange.fate == "silent":
        shown += _witness_after(exchange, connection)
    return tuple(shown)


def _deaf_since(exchange: Exchange, connection: Connection) -> list[Event]:
    """The first of the messages in a row before one that got no reply, if none got any after it.

    Whatever put a server off answering, it came there: after the last message that was answered.
    """
    if exchange.replies or exchange.fate != "silent":
        return []
    before = [each for each in connection.exchanges if each.stimulus.n < exchange.stimulus.n]
    after = [each for each in connection.exchanges if each.stimulus.n > exchange.stimulus.n]
    heard = [n for n, each in enumerate(before) if each.replies]
    if not heard or any(each.replies for each in after):
        return []
    return [each.stimulus for each in before[heard[-1] + 1 :][:1]]


def _witness_after(exchange: Exchange, connection: Connection) -> tuple[Event, ...]:
    for later in connection.exchanges:
        if later.stimulus.n > exchange.stimulus.n and later.fate == "answered":
            return later.stimulus, later.replies[0].event
    silent = next((e for e in connection.events if e.kind == "silent"), None)
    return () if silent is None else (silent,)


def _frames_of(exchange: Exchange, connection: Connection) -> tuple[Event, ...]:
    """The frames in which a message began, where it came in several."""
    fragments = [event for event in connection.idle_talk if event.opcode == "fragment"]
    if not fragments:
        return ()
    before = max((e.n for e in connection.sent if e.n < exchange.stimulus.n), default=-1)
    return tuple(event for event in fragments if before < event.n < exchange.stimulus.n)

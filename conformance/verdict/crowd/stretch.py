"""Stretches: what of a trace has to be kept once it was judged, when it goes on for hours.

How it works
------------

A crowd lives for as long as it is told to, and what was judged is forgotten. What is kept of a
connection that is open is how it began, its first sign of life, its last and what came after it,
what is still owed a reply, however late, and all that is so recent that something may still answer
it: with that, what comes is judged as if nothing had been forgotten. Of those that are over, what
others are compared with is kept: the last plain silence, the last reset, the first dead peer; and,
while there was no plain silence, those that deviate and wait for one.

Example: a connection has pinged 40 times, and the last pong came a minute ago. Kept are its
handshake, the first ping and the 40th with their pongs. When it is closed too early it is seen to
have pinged again; had only the last ping been kept, it would have been a plain silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.evidence.server.blame.suspicion import is_owed
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.silence import Silence, silences_of

OF_A_LIFE = ("opening", "opened", "paused", "resumed", "broken", "ended", "refused", "silent")
"""The kinds of events that say how a connection began, was read and ended."""


MOST_OWED = 20
"""How many messages without a reply are kept of a connection at the most."""


MARGIN = 0.1
"""How long (seconds) beyond a reply's time something is taken to be recent."""


def carried(evidence: Evidence, until: float) -> frozenset[int]:
    """The positions of the events that the stretch after a moment (seconds) begins with."""
    recent = until - evidence.timing.reply_deadline - evidence.timing.tolerance - MARGIN
    numbers = frozenset(_for_comparison(evidence))
    return frozenset(
        n
        for connection in evidence.connections
        if connection.number in numbers or not is_over(connection, recent)
        for n in _of_connection(connection, recent)
    )


def is_over(connection: Connection, by: float) -> bool:
    """Whether a connection was over, or had not come about, at a moment (seconds)."""
    return any(
        event.kind in ("ended", "refused") and event.latest < by for event in connection.events
    )


def _for_comparison(evidence: Evidence) -> Iterator[int]:
    """The numbers of the connections that are kept though they are over."""
    silences = silences_of(evidence)
    plain = [silence for silence in silences if silence.manner == "plain"]
    if plain:
        yield max(plain, key=lambda each: each.end.latest).connection.number
    else:
        yield from (each.connection.number for each in silences if _waits(each))
    cut = [each for each in evidence.connections if each.was_cut is not None]
    dead = [each for each in evidence.connections if each.died is not None]
    yield from (each.number for each in (*cut[-1:], *dead[:1]))


def _waits(silence: Silence) -> bool:
    return silence.deviation is not None


def _of_connection(connection: Connection, recent: float) -> Iterator[int]:
    """The positions of what is kept of one connection: of one that is over, all that is left."""
    signs = connection.signs_of_life
    for exchange in connection.exchanges:
        if exchange.replies and exchange.stimulus in signs[:1]:
            yield exchange.stimulus.n
            yield from (reply.event.n for reply in exchange.replies)
    owed = [each for each in connection.exchanges if not each.replies and is_owed(each)]
    yield from (exchange.stimulus.n for exchange in owed[-MOST_OWED:])
    has_ended = any(event.kind == "ended" for event in connection.events)
    cut = -1 if has_ended else _cut(connection, recent)
    for event in connection.events:
        if event.n >= cut or event.kind in OF_A_LIFE or event.opcode == "close":
            yield event.n


def _cut(connection: Connection, recent: float) -> int:
    """The position from which on all is kept: no message before it has a reply behind it.

    It lies no later than the last sign of life and what is recent.
    """
    events = connection.events
    cut = next((event.n for event in events if event.latest >= recent), events[-1].n + 1)
    cut = min([cut, *(sign.n for sign in connection.signs_of_life[-1:])])
    for exchange in reversed(connection.exchanges):
        if exchange.stimulus.n < cut and any(each.event.n >= cut for each in exchange.replies):
            cut = exchange.stimulus.n
    for before, event in pairwise(events):
        if event.n == cut and (event.kind, event.opcode) == ("sent", "pong"):
            return before.n  # An answer is told from other Pongs by the Ping before it.
    return cut

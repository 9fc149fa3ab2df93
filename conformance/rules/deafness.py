"""Connections that fall deaf over a message: nothing is answered any more, and nothing closed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.blame.suspicion import is_owed, said_by
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.json_text import BeyondIJson, Deep
from conformance.rules.ends import judged_by
from conformance.rules.observation import Observation, undecidable, violated
from conformance.trace.event import Event


def fell_deaf_over(requirement: str, evidence: Evidence) -> Iterator[Observation]:
    """What connections fell deaf over, where that breaks a requirement (protocol.md, section 2.4).

    A machine that is busy for long looks the same, so it has to be seen twice: on two connections,
    of which the second answered before it was told the same, or in two measurements. Where several
    messages come into question, one of their requirements may settle it elsewhere.
    """
    for connection in evidence.connections:
        charged = {judged_by(each): each for each in reversed(connection.deafened_by)}
        if (suspect := charged.get(requirement)) is None:
            continue
        shown = (suspect.stimulus, *_in_vain(connection))
        if len(charged) > 1:
            yield undecidable(
                f"Nothing was answered any more after {len(connection.deafened_by)} messages, and "
                "over which of them the connection fell deaf cannot be told.",
                *shown,
                among=frozenset(charged),
            )
        else:
            yield violated(
                "The connection fell deaf over a message: nothing behind it was answered.",
                *shown,
                expected="answers to what came after it",
                actual="nothing",
                provisional=not _was_seen_again(suspect, evidence),
                among=_or_of_any_kind(suspect),
            )


def _was_seen_again(suspect: Exchange, evidence: Evidence) -> bool:
    """Whether two connections fell deaf over the same, one when the other was known to be.

    The later one had answered until then: a machine that was busy meanwhile was so twice.
    """
    over = [
        (connection, each)
        for connection in evidence.connections
        for each in connection.deafened_by
        if said_by(each) == said_by(suspect)
    ]
    known_by = min(_missed_first(connection).stimulus.latest for connection, _ in over)
    known_by += over[0][0].reply_patience
    return any(
        each.stimulus.earliest >= known_by
        and any(e.replies for e in connection.exchanges if e.stimulus.n < each.stimulus.n)
        for connection, each in over
    )


def _or_of_any_kind(suspect: Exchange) -> frozenset[str]:
    """What was broken, rather, if it is so with messages of the same form that are owed an echo."""
    is_json = isinstance(suspect.message, BeyondIJson | Deep) and not suspect.is_applications
    return frozenset({"S-ECHO"} if is_json else ())


def _in_vain(connection: Connection) -> list[Event]:
    """The messages that were owed a reply and got none, and until when that was waited for."""
    first = _missed_first(connection)
    later = [each for each in connection.exchanges if each.stimulus.n > first.stimulus.n]
    missed = [each.stimulus for each in (first, *later) if is_owed(each)]
    silent = [event for event in connection.events if event.kind == "silent"]
    return [*missed, *silent[-1:]]


def _missed_first(connection: Connection) -> Exchange:
    """The first message on a deaf connection that was owed a reply and got none."""
    return next(each for each in connection.exchanges if each.waited_out and is_owed(each))

"""Connections that fall deaf over a message: nothing is answered any more, and nothing closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.evidence.server.blame.suspicion import is_owed, said_by
from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.json_text import BeyondIJson, Deep
from conformance.rules.ends import judged_by
from conformance.rules.observation import Observation, undecidable, violated
from conformance.trace.event import Event

TWICE = 2
"""How often it has to be seen."""


def fell_deaf_over(requirement: str, evidence: Evidence) -> Iterator[Observation]:
    """What connections fell deaf over, where that breaks a requirement (protocol.md, section 2.4).

    A machine that is busy for long looks the same, so it has to be seen twice: on two connections,
    of which the second answered before it was told the same, or in two measurements. Where several
    messages come into question, one of their requirements may settle it elsewhere.
    """
    times = Counter(said_by(each) for other in evidence.connections for each in other.deafened_by)
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
                provisional=times[said_by(suspect)] < TWICE,
                among=_or_of_any_kind(suspect),
            )


def _or_of_any_kind(suspect: Exchange) -> frozenset[str]:
    """What was broken, rather, if it is so with messages of the same form that are owed an echo."""
    is_json = isinstance(suspect.message, BeyondIJson | Deep) and not suspect.is_applications
    return frozenset({"S-ECHO"} if is_json else ())


def _in_vain(connection: Connection) -> list[Event]:
    """The messages that were owed a reply and got none, and until when that was waited for."""
    first = next(each for each in connection.exchanges if each.waited_out and is_owed(each))
    later = [each for each in connection.exchanges if each.stimulus.n > first.stimulus.n]
    missed = [each.stimulus for each in (first, *later) if is_owed(each)]
    silent = [event for event in connection.events if event.kind == "silent"]
    return [*missed, *silent[-1:]]

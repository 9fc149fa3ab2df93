"""Ends of connections for which one of several messages is to blame (protocol.md, section 3.8)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.evidence.server.evidence import Connection, Evidence
from conformance.evidence.server.exchange import Exchange
from conformance.messages.from_client import Binary, Business, Large, Ping
from conformance.messages.json_text import BeyondIJson, Deep, NotJson
from conformance.rules.observation import Observation, undecidable
from conformance.trace.event import Event


def perhaps_ended_for(requirement: str, evidence: Evidence) -> Iterator[Observation]:
    """The ends that a breach of a requirement may be behind, or one of others.

    A server that ends a connection for one message may take answers to others along. As soon as
    one of the requirements that come into question is seen to be violated, nothing is open.
    """
    for _, departure in evidence.departures():
        charged = {_judged_by(suspect): suspect for suspect in reversed(departure.suspects)}
        if requirement in charged:
            yield undecidable(
                f"{departure} came while {len(departure.suspects)} messages had no answer, and "
                "which of them ended the connection cannot be told.",
                charged[requirement].stimulus,
                departure.event,
                among=frozenset(charged),
            )


def or_else(exchange: Exchange) -> frozenset[str]:
    """What explains it as well that a message got an end in place of an answer, as others did not.

    The end may have come just then, from a server that ends all connections too early.
    """
    return frozenset({"S-TIMEOUT-EARLIEST"}) if exchange.by_chance else frozenset()


def or_for_another(exchange: Exchange, connection: Connection) -> frozenset[str]:
    """The requirements that were broken, rather, if one of two pongs was for what came before.

    Where business is not echoed, nothing shows which message it was that was taken for a ping.
    """
    earlier = (
        each
        for each in connection.exchanges
        if each.stimulus.n < exchange.stimulus.n
        and not each.replies
        and not isinstance(each.message, Ping)
        and each.owed != "echo"
    )
    return frozenset(_judged_by(each) or "S-PING-FORM" for each in earlier)


def or_late(reply: Event, connection: Connection) -> frozenset[str]:
    """The requirements that were broken, rather, if a reply came late for what is to be ignored.

    What is answered by mistake is so in its turn. On a busy machine that may be after the next
    message of its kind: then it seems to be ignored, and the next one to be answered.
    """
    return frozenset(
        _judged_by(each)
        for each in connection.exchanges
        if isinstance(each.message, NotJson | Binary)
        and each.stimulus.n < reply.n
        and reply.earliest <= each.stimulus.latest + connection.reply_patience
    )


def _judged_by(suspect: Exchange) -> str:
    """The requirement that an end breaks if it came for this message; none for an application's."""
    match suspect.message:
        case NotJson():
            return "S-IGNORE-NOT-JSON"
        case Binary():
            return "S-BINARY"
        case BeyondIJson():
            return "S-BEYOND-IJSON"
        case Deep():
            return "S-DEPTH"
        case Large():
            return "S-SIZE"
        case Ping() | Business() if suspect.strain is not None:
            return "S-DEPTH" if suspect.strain == "depth" else "S-SIZE"
        case Ping(_, plain):
            return "S-PONG" if plain else "S-PING-FORM"
    return "" if suspect.is_applications else "S-ECHO"

"""What is to be known first of all that was seen in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from conformance.evidence.server.evidence import Evidence
from conformance.trace.note import EndedTogether
from conformance.trace.trace import Trace


def notes_on(ended: Mapping[str, EndedTogether], unread: Set[str]) -> Iterator[str]:
    """That connections ended at once, and where a target sent more than wsbeat reads."""
    if ended:
        most = max(ended.values())
        if most.are_all and most.count == 1:
            which, time, them = "The only other connection that there was", "as wsbeat's own", "it"
        else:
            those = f"All connections that there were ({most.count})"
            which = those if most.are_all else f"Connections ({most})"
            time, them = "time", "them"
        yield (
            f"{which} ended at the same {time}. "
            f"What only broke off with {them} is held against nothing: look there first."
        )
    for name in sorted(unread):
        yield (
            f"In {name} the server sent more than wsbeat reads on one connection: "
            "what it said there beyond that counts for nothing."
        )


def broke_off(trace: Trace) -> bool:
    """Whether a connection of a trace ended because all did: neither by right nor as it was due.

    One that was never open was not among them.
    """
    return any(
        departure.cause == "collapse" and connection.opened is not None
        for connection, departure in Evidence(trace).departures()
    )

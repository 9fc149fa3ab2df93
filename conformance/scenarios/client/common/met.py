"""What a client met with once, as a trace has it: with its attempts, and with its fetches."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.trace.event import Ended, Event, Refusal
from conformance.trace.note import KEPT_WAITING, PLAIN_HTTP
from conformance.trace.trace import Trace
from conformance.wire.client.behaviour import NONSENSE, Parting, Reception, refusing
from conformance.wire.client.desk import ASKED_BEFORE
from conformance.wire.client.manner import MANNERS, PLAINLY

AT_ONCE = 0.02
"""Within how many seconds after the request an attempt that is accepted is not kept waiting."""


def receptions(trace: Trace) -> dict[int, Reception]:
    """What each attempt met with, by the number of its connection, in their order."""
    return {
        number: _reception(events)
        for number, events in trace.by_connection.items()
        if any(event.kind in ("requested", "refused") for event in events)
    }


def _reception(events: Sequence[Event]) -> Reception:
    kinds = {event.kind for event in events}
    asked = next((event for event in events if event.kind == "requested"), events[0])
    opened = [event for event in events if event.kind == "opened"]
    if opened and opened[0].earliest <= asked.latest + AT_ONCE:
        return Reception(manner=MANNERS.get(opened[0].manner, PLAINLY))
    refusals = [event.content for event in events if isinstance(event.content, Refusal)]
    if "requested" in kinds and refusals and not opened:
        status = refusals[0].status
        ends = [event.content for event in events if isinstance(event.content, Ended)]
        if status is not None:
            return refusing(status, refusals[0].detail)
        if ends and ends[0].how == "local" and ends[0].detail in ("eof", "reset"):
            parting: Parting = "eof" if ends[0].detail == "eof" else "reset"
            return Reception(None, parting, nonsense=NONSENSE.get(refusals[0].detail))
    return Reception(None)


def keeps_waiting(trace: Trace) -> list[bool]:
    """Whether each request by plain HTTP waited for its answer, but for those of a browser."""
    found: list[bool] = []
    for events in trace.by_connection.values():
        notes = [str(event.content) for event in events if event.kind == "note"]
        plain = [note.removeprefix(PLAIN_HTTP) for note in notes if note.startswith(PLAIN_HTTP)]
        if plain and not plain[0].startswith(ASKED_BEFORE):
            found.append(KEPT_WAITING in notes)
    return found

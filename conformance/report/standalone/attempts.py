"""What a trace of a client tells, as a script knows it: attempts by their number, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from conformance.trace.event import WHOLE_TRACE, Ended, Event
from conformance.trace.trace import Trace

DATA = ("text", "binary")


@dataclass(frozen=True)
class Told:
    """A trace of a client, and where in the notes of a script its events would stand."""

    trace: Trace

    @cached_property
    def numbers(self) -> Mapping[int, int]:
        """Which attempt each connection was, from 1; what nothing was asked on, was none."""
        asked = [
            number
            for number, events in self.trace.by_connection.items()
            if any(event.kind in ("requested", "refused") for event in events)
        ]
        return {number: place for place, number in enumerate(asked, 1)}

    def number(self, event: Event) -> int:
        """The number of the attempt that an event belongs to; 0 where it belongs to none."""
        return self.numbers.get(event.connection, 0)

    def is_of_the_client(self, event: Event) -> bool:
        """Whether the client did it, in a way that a script sees."""
        if event.connection not in self.numbers:
            return event.kind == "exited"
        if event.kind == "ended":
            return isinstance(event.content, Ended) and event.content.how != "local"
        return event.kind == "requested" or (
            event.kind == "received" and event.opcode in (*DATA, "close")
        )

    def is_ours(self, event: Event) -> bool:
        """Whether wsbeat did it, and not of itself, as the answer to a Close."""
        before = self.trace.events[: event.n]
        own = [each for each in before if each.connection == event.connection]
        is_closed = any(each.opcode == "close" for each in own)
        if event.connection not in self.numbers:
            return event.kind == "asked"
        if event.kind == "ended":
            was_open = any(each.kind == "opened" for each in own)
            is_local = isinstance(event.content, Ended) and event.content.how == "local"
            return is_local and was_open and not is_closed
        is_amid = event.opcode == "ping" and bool(own) and own[-1].opcode == "fragment"
        return (
            event.kind == "sent"
            and event.opcode not in ("pong", "fragment")
            and not is_amid
            and not (event.opcode == "close" and is_closed)
        )

    def place(self, event: Event) -> tuple[int, str, int]:
        """On which attempt an event stands in the notes, as what, and after how many of these."""
        number, own = self.number(event), self.trace.by_connection.get(event.connection, ())
        if event.connection == WHOLE_TRACE:
            return 0, "exit" if event.kind == "exited" else "deed", 0
        if event.kind == "received" and event.opcode in DATA:
            before = [each for each in own if each.kind == "received" and each.opcode in DATA]
            return number, "message", sum(each.n < event.n for each in before)
        if event.kind == "sent" and self.is_ours(event):
            before = [each for each in own if self.is_ours(each)]
            return number, "deed", sum(each.n < event.n for each in before)
        was_open = any(each.kind == "opened" and each.n < event.n for each in own)
        if event.kind in ("received", "sent", "ended") and was_open:
            return number, "close", 0
        return number, "came", 0

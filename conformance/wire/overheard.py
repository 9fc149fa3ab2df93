"""What a server says although nobody asked for it, on whatever connection of a process.

What is said to all, or from time to time, looks like an answer where something was asked just then.
A trace is told of such texts in a note, if they occur in it: there it may be seen on silent
connections only of other traces that nothing asked for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from conformance.messages.from_server import server_ping
from conformance.trace.event import Content, Event, Kind, Opcode
from conformance.trace.note import in_short
from conformance.trace.trace import Capabilities
from spec.dialect.dialect import Dialect

MOST = 200
"""How many different texts are remembered."""


class Told(Protocol):
    """What is known of the server that is overheard."""

    @property
    def capabilities(self) -> Capabilities:
        """What it declares."""

    @property
    def dialect(self) -> Dialect:
        """How it beats."""


@dataclass(slots=True)
class Talk:
    """What was said on a connection; `busy` is when wsbeat last asked for anything, or may have."""

    busy: float | None = None
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class Overheard:
    """The texts that came unasked, with certainty, on any connection of a process, in short.

    That is what came when everything had been answered, and longer after the last message than any
    answer may take.
    """

    talks: dict[tuple[int, int], Talk] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)

    def hear(
        self,
        key: tuple[int, int],
        when: tuple[float, float],
        what: tuple[Kind, Opcode | None, Content],
        told: Told,
        patience: float,
    ) -> None:
        """Take note of what was recorded of a connection, and between which times of the clock."""
        kind, opcode, content = what
        if kind == "opening":
            self.talks[key] = Talk()
        talk = self.talks.setdefault(key, Talk())
        if kind in ("paused", "resumed") or (kind == "sent" and opcode == "fragment"):
            talk.busy = when[1]
        elif kind == "sent" and opcode in ("text", "binary"):
            talk.busy, talk.sent = when[1], talk.sent + 1
        elif kind == "received" and opcode == "text" and isinstance(content, str):
            pings = told.capabilities.server_ping or told.dialect.server_pings
            if pings and server_ping(content, told.dialect) is not None:
                return
            talk.received += 1
            if (
                (talk.busy is None or when[0] > talk.busy + patience)
                and talk.received > talk.sent
                and (told.capabilities.echo or not talk.sent)
                and len(self.texts) < MOST
            ):
                self.texts[in_short(content)] = None

    def among(self, events: Iterable[Event]) -> Iterator[str]:
        """Those of the texts, in short, that a server said in a trace."""
        said = {
            in_short(str(each.content))
            for each in events
            if each.kind == "received" and each.opcode == "text"
        }
        return (text for text in self.texts if text in said)

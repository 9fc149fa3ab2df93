"""Notes of a trace: how those begin, or what they say, that somebody looks for again."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass

from conformance.trace.event import Event

MORE_THAN_IS_READ = "wsbeat leaves: the {} sends more than wsbeat takes in on one connection"
"""What is noted where the other end, which the braces name, does nothing wrong with that."""

ANSWERS_NO_MORE = "wsbeat answers for now no more: the client sends hundreds of messages a second"
"""What is noted where a client answers answers, which would go on without end."""

ALL_ENDED = "all connections ended at the same time: "
"""How the note begins that tells when the server ended all that there were, in all traces."""

CEASED = "the server had ceased to close silent connections, for which no reset can be why"
"""The note that tells that of all connections there were, those of other traces included."""

PART_ENDED = "connections ended at the same time, for nothing of their own: "
"""How the note begins that tells when the server ended several of all that there were."""

ENDED_BESIDE = "other connections ended without a Close in the same moment: "
"""How the note begins that tells how many did, whatever traces they are of, as one of these did."""

PRINTED = "the client printed:\n"
"""How the note begins that holds the last lines of a client's output."""

FULL_BESIDE = "the server says that it is full, with so many connections of wsbeat's open: "
"""How the note begins that tells beside how many others, in all traces, and how it says so."""

UNASKED = "what comes unasked on other connections: "
"""How a note begins that has a text which this server also sends where nothing asked for it."""

STARVED = "the server waited for a processor, in seconds: "
"""How a note begins that tells for how long this machine kept a server waiting, within its time."""

CLIENT_STARVED = "the client waited for a processor, in seconds: "
"""The same of a client that wsbeat started."""

LAUNCHED = "the process that is asked to end has started another: "
"""How a note begins that names what a launcher may keep from hearing that (a shell, `go run`)."""

SHORT = 500
"""How many characters of a text are kept in such a note."""

BROWSER = "the browser told the page that it is "
"""How a note begins that tells what a page under examination was told of its network or its tab."""

PLAIN_HTTP = "no attempt: "
"""How a note of a connection begins on which something else was asked for than an upgrade."""

KEPT_WAITING = "wsbeat keeps the client waiting for the answer"
ANSWERED_LATE = "wsbeat answers that only now"
"""The notes of such a connection whose client was kept waiting, and then got its answer."""

OFFERED = "subprotocols that the client offers, and of which wsbeat selects none: "
"""How the note of a connection begins that tells how many; their names may hold a secret."""

NO_WEBSOCKET = "wsbeat sends what is no WebSocket: "
"""How the note of a connection begins that a client has to fail for it; wsbeat then ends TCP."""

RETRY_AFTER = ", Retry-After: "
"""How the words of a refusal go on that tells a client when to come back."""

HEARD_BEFORE = "messages that were heard on it before: "
"""How the note of a connection begins that other traces have the first part of."""

OFFERING_COMPRESSION = "offering permessage-deflate"
"""The manner of asking for a connection that every browser has (RFC 7692)."""

THROUGH_PROXIES = "through the proxies"
"""The note of a connection to a server that did not lead straight to it (D-PROXY)."""


def in_short(text: str) -> str:
    """A text as a note keeps it: of a long one the beginning, and how long it is."""
    return text if len(text) <= SHORT else f"{text[:SHORT]}... ({len(text)} characters)"


@dataclass(frozen=True, slots=True, order=True)
class EndedTogether:
    """How many connections ended together, of how many; the others stayed."""

    are_all: bool
    count: int
    most: int

    def __str__(self) -> str:
        all_of_them = f"all there were ({self.count})"
        return all_of_them if self.are_all else f"{self.count} of {self.most} that there were"

    def were_beside(self, connections: Sized) -> bool:
        """Whether only a part ended, and there were others than these connections of a trace."""
        return not self.are_all and self.most > len(connections)


def told_to_have_ended(note: Event) -> EndedTogether:
    """What a note says of connections that ended together."""
    text = str(note.content)
    if text.startswith(ALL_ENDED):
        count = int(text.removeprefix(ALL_ENDED))
        return EndedTogether(are_all=True, count=count, most=count)
    count, most = map(int, text.removeprefix(PART_ENDED).split(" of "))
    return EndedTogether(are_all=False, count=count, most=most)

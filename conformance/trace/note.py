"""Notes of a trace: how those begin, or what they say, that somebody looks for again."""

from __future__ import annotations

MORE_THAN_IS_READ = "wsbeat leaves: the {} sends more than wsbeat takes in on one connection"
"""What is noted where the other end, which the braces name, does nothing wrong with that."""

ALL_ENDED = "all connections ended at the same time: "
"""How the note begins that tells when the server ended all that there were, in all traces."""

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

THROUGH_PROXIES = "through the proxies"
"""The note of a connection to a server that did not lead straight to it (D-PROXY)."""


def in_short(text: str) -> str:
    """A text as a note keeps it: of a long one the beginning, and how long it is."""
    return text if len(text) <= SHORT else f"{text[:SHORT]}... ({len(text)} characters)"

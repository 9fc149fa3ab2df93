"""Quota: how much a peer may send, which is what its answers can need and some more.

A peer may be hostile or broken and send without end. What it sends on a connection is counted
in bytes, and each message as so many more, because recording it costs memory too. A peer that has
business of its own gets more, but not without end either.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.wire.recorder import Heading

KIBIBYTE = 1024


UNASKED = 512 * KIBIBYTE
"""What may come unasked on one connection, in bytes: some five hundred short messages."""


MESSAGE = KIBIBYTE
"""What a message or a control frame counts for beside its payload, in bytes."""


FRAGMENT = 128
"""What a fragment counts for beside its payload, in bytes."""


GENEROSITY = 4
"""How many times its size the answer to a message may have: escapes make it longer."""


LONG_MESSAGE = 64 * KIBIBYTE
"""How many bytes of a message are answered that generously: what is longer is plain, or refused."""


PLAIN_TIMES = 2
"""How many times its size the answer to a plain message may have."""


FREELY = 8 * 1024 * KIBIBYTE
"""What may come on one connection from a peer that has business of its own, in bytes."""


APPLICATION_ANSWER = 64 * KIBIBYTE
"""What the answer of an application to a message may have besides, in bytes, on average."""


INDENT = 8
"""How many bytes of white space an answer may have in each line for each level of its nesting."""


TOO_MUCH = "wsbeat leaves: the {} sends far more than its answers can need"
"""What is noted where the other end, which the braces name, floods a connection."""


READABLE = 16 * 1024 * KIBIBYTE
"""How many bytes of white space wsbeat takes in for one answer: there may be any number."""


@dataclass(slots=True)
class Quota:
    """What one peer may still send on one connection, in bytes; it grows with what is said to it.

    `largest` is the size of the largest message that it has any reason to send, `answer` what
    every message is granted besides. Where `is_free`, the peer has business of its own, or answers
    that are longer than wsbeat cares to read. What is more is no fault: wsbeat takes no more in.
    """

    left: int = UNASKED
    largest: int = UNASKED
    answer: int = 0
    is_free: bool = False

    def asked(self, size: int) -> None:
        """A message or a control frame of so many bytes was sent to the peer."""
        self.left += GENEROSITY * (min(size, LONG_MESSAGE) + MESSAGE) + PLAIN_TIMES * max(
            0, size - LONG_MESSAGE
        )
        self.left += self.answer
        self.largest = max(self.largest, UNASKED + PLAIN_TIMES * size)

    def asked_nested(self, brackets: int, commas: int) -> None:
        """That message had brackets and commas: an answer may begin a line at each of them."""
        spaces = (2 * brackets + commas) * INDENT * brackets
        self.is_free |= spaces > READABLE
        self.left += min(spaces, READABLE)
        self.largest = max(self.largest, UNASKED + min(spaces, READABLE))

    def spend(self, size: int, besides: int = MESSAGE) -> bool:
        """The peer sent so many bytes; False when that is more than it may send."""
        self.left -= size + besides
        return self.left >= 0


def quota_of(heading: Heading) -> Quota:
    """What a peer gets on a connection of a trace with this heading."""
    if heading.role == "server" and heading.capabilities.echo:
        return Quota()
    return Quota(FREELY, FREELY, APPLICATION_ANSWER, is_free=True)

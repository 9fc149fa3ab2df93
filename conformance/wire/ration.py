"""How much a server may send: what its answers can need, and something besides.

A server may be hostile or broken and send without end. What it sends on a connection is counted
in bytes, and each message as so many more, because recording it costs memory too.
"""

from __future__ import annotations

from dataclasses import dataclass

KIBIBYTE = 1024

UNASKED = 512 * KIBIBYTE
"""What may come unasked on one connection, in bytes: some five hundred short messages."""

MESSAGE = KIBIBYTE
"""What a message or a control frame counts for beside its payload, in bytes."""

FRAGMENT = 128
"""What a fragment counts for beside its payload, in bytes."""

GENEROSITY = 4
"""How many times its size the answer to a message may have: escapes make it longer."""

LONG = 64 * KIBIBYTE
"""How many bytes of a message are answered that generously: what is longer is plain, or refused."""

PLAINLY = 2
"""How many times its size the answer to a plain message may have."""


@dataclass(slots=True)
class Ration:
    """What one server may still send on one connection, in bytes; it grows with what is said to it.

    `largest` is the size of the largest message that it has any reason to send.
    """

    left: int = UNASKED
    largest: int = UNASKED

    def asked(self, size: int) -> None:
        """A message or a control frame of so many bytes was sent to the server."""
        self.left += GENEROSITY * (min(size, LONG) + MESSAGE) + PLAINLY * max(0, size - LONG)
        self.largest = max(self.largest, UNASKED + PLAINLY * size)

    def spend(self, size: int, besides: int = MESSAGE) -> bool:
        """The server sent so many bytes; False when that is more than it may send."""
        self.left -= size + besides
        return self.left >= 0

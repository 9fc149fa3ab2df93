"""Messages in several frames: what was in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.trace.event import Event


def in_frames(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    """What a fragment held, frame by frame; without sizes it left in one."""
    parts = []
    for size in sizes or (len(content),):
        parts.append(content[:size])
        content = content[size:]
    return parts


@dataclass(slots=True)
class Begun:
    """What had left of a message in several frames, and a control Ping amid it."""

    parts: list[bytes] = field(default_factory=list)
    between: bytes | None = None

    def takes(self, event: Event) -> bool:
        """Whether an event tells of no more than that."""
        if event.opcode == "fragment" and isinstance(event.content, bytes):
            self.parts += in_frames(event.content, event.frames)
            return True
        if self.parts and event.opcode == "ping" and isinstance(event.content, bytes):
            self.between = event.content
            return True
        return False

    def of(self, said: str | bytes) -> Sequence[bytes]:
        """A whole message, in as many frames, each as long as it was."""
        rest = said.encode() if isinstance(said, str) else said
        return [*self.parts, rest[sum(map(len, self.parts)) :]]

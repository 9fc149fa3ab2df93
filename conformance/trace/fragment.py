"""Messages in several frames: what was in each."""

from __future__ import annotations

from collections.abc import Sequence


def in_frames(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    """What a fragment held, frame by frame; without sizes it left in one."""
    parts = []
    for size in sizes or (len(content),):
        parts.append(content[:size])
        content = content[size:]
    return parts

"""How a message is cut into frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

Cut: TypeAlias = Callable[[bytes], Sequence[bytes]]
"""How a message is cut into frames."""


def halves(data: bytes) -> Sequence[bytes]:
    """Two frames."""
    return data[: len(data) // 2], data[len(data) // 2 :]


def hollow(data: bytes) -> Sequence[bytes]:
    """A frame with everything between two empty ones."""
    return b"", data, b""


def thirds(data: bytes) -> Sequence[bytes]:
    """Three frames."""
    third = len(data) // 3
    return data[:third], data[third : 2 * third], data[2 * third :]


def single_bytes(data: bytes) -> Sequence[bytes]:
    """One byte a frame, in the middle of a character too."""
    return [data[n : n + 1] for n in range(len(data))]

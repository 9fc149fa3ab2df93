"""A set of ends of a connection: Close codes, an empty Close, an abort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EMPTY = "empty"
ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Ends:
    """Ways in which a connection may end: ranges of codes, without a code, without a Close."""

    codes: tuple[tuple[int, int], ...] = ()
    empty: bool = False
    abort: bool = False

    @classmethod
    def of(cls, written: Iterable[int | str]) -> Ends:
        """The set that a list of codes, ranges such as "4000-4999", and words describes."""
        words = [str(each) for each in written]
        ranges = [each.split("-") for each in words if each not in (EMPTY, ABORT)]
        return cls(
            tuple((int(parts[0]), int(parts[-1])) for parts in ranges),
            EMPTY in words,
            ABORT in words,
        )

    @property
    def any(self) -> bool:
        """Whether there is one at all."""
        return bool(self.codes) or self.empty or self.abort

    @property
    def by_close(self) -> bool:
        """Whether one of them is a Close."""
        return bool(self.codes) or self.empty

    def has(self, code: int | None) -> bool:
        """Whether a Close with this code, or an empty one, is among them."""
        if code is None:
            return self.empty
        return any(first <= code <= last for first, last in self.codes)

    def or_those(self, others: Ends) -> Ends:
        """All ends that are in this set or another."""
        return Ends(
            self.codes + others.codes, self.empty or others.empty, self.abort or others.abort
        )

    def __str__(self) -> str:
        told = [str(first) if first == last else f"{first}-{last}" for first, last in self.codes]
        closes = [f"Close {' or '.join(told)}"] if told else []
        closes += ["an empty Close"] if self.empty else []
        closes += ["an end of the TCP connection without a Close"] if self.abort else []
        return " or ".join(closes) or "none"

"""All connections that a process has to a target at the same time, whatever traces they are of.

A trace tells of one scenario alone. Whether a server ended one connection, or all that there were,
is seen only from here: each trace is told of it in a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.trace.event import Content, Ended, Kind, Opcode

TOGETHER = 0.1
"""How long (seconds) after the end of one connection the next comes that has the same cause."""


FEWEST = 2
"""How many connections have to end together, on whichever side it began: one is not all."""


@dataclass(slots=True)
class Life:
    """When a connection was open, by the clock, and whether the server ended it."""

    opened: float
    ended: float | None = None
    by_server: bool = False


@dataclass(slots=True)
class Company:
    """The lives of all connections of a process, by their recorder and number."""

    lives: dict[tuple[int, int], Life] = field(default_factory=dict)

    def hear(
        self,
        key: tuple[int, int],
        moment: float,
        kind: Kind,
        opcode: Opcode | None,
        content: Content,
    ) -> None:
        """Take note of what was recorded of a connection."""
        life = self.lives.get(key)
        if kind == "opened":
            self.lives[key] = Life(moment)
        elif (
            life is not None
            and life.ended is None
            and (opcode == "close" or kind in ("ended", "broken"))
        ):
            local = isinstance(content, Ended) and content.how == "local"
            life.ended, life.by_server = moment, kind != "sent" and not local

    def is_moving(self, now: float) -> bool:
        """Whether a server ended a connection so lately that others may be about to end."""
        return any(each.by_server and now - (each.ended or 0.0) < TOGETHER for each in self._ended)

    def collapses(self, recorder: int) -> Iterator[tuple[float, float, int]]:
        """When all connections ended together, and how many, where some of a recorder did."""
        ends = sorted(
            (each.ended, of)
            for (of, _), each in self.lives.items()
            if each.by_server and each.ended is not None
        )
        together: list[tuple[float, int]] = []
        for end in ends:
            if together and end[0] - together[-1][0] > TOGETHER:
                yield from self._collapse(together, recorder)
                together = []
            together.append(end)
        if together:
            yield from self._collapse(together, recorder)

    def _collapse(
        self, ends: list[tuple[float, int]], recorder: int
    ) -> Iterator[tuple[float, float, int]]:
        """Ends that came together, if they were those of all connections that there were."""
        first, last = ends[0][0], ends[-1][0]
        there = [
            each
            for each in self.lives.values()
            if each.opened < first and (each.ended is None or each.ended >= first)
        ]
        before = [
            each
            for each in self.lives.values()
            if each.ended is not None
            and not each.by_server
            and first - TOGETHER <= each.ended <= first
        ]
        if (
            len(ends) + len(before) >= FEWEST
            and any(of == recorder for _, of in ends)
            and all(each.ended is not None and each.ended <= last + TOGETHER for each in there)
        ):
            yield first, last, len(ends)

    @property
    def _ended(self) -> Iterator[Life]:
        return (each for each in self.lives.values() if each.ended is not None)

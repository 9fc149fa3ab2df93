"""All connections that a process has to a target at the same time, whatever traces they are of.

A trace tells of one scenario alone. Whether a server ended one connection, or all that there were,
is seen only from here: each trace is told of it in a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.trace.event import TOO_LARGE, Content, Ended, Kind, Opcode

TOGETHER = 0.1
"""How long (seconds) after the end of one connection the next comes that has the same cause."""


JUST_OPENED = 0.1
"""How long (seconds) after its handshake a server may not yet count a connection among its own."""


FEWEST_ENDS = 2
"""How many connections have to end together, on whichever side it began: one is not all."""


@dataclass(slots=True)
class Life:
    """When a connection was open, by the clock, and whether the server ended it.

    It was open for certain until `lasted`, and is known to be over since `ended`.
    """

    opened: float
    lasted: float | None = None
    ended: float | None = None
    by_server: bool = False


@dataclass(slots=True)
class Company:
    """The lives of all connections of a process, by their recorder and number."""

    lives: dict[tuple[int, int], Life] = field(default_factory=dict)

    def hear(
        self,
        key: tuple[int, int],
        when: tuple[float, float],
        kind: Kind,
        opcode: Opcode | None,
        content: Content,
    ) -> None:
        """Take note of what was recorded of a connection, and between which times of the clock."""
        life = self.lives.get(key)
        if kind == "opened":
            self.lives[key] = Life(when[1])
        elif (
            life is not None
            and life.ended is None
            and (opcode == "close" or kind in ("ended", "broken"))
        ):
            life.lasted, life.ended = when
            life.by_server = kind != "sent" and not _was_left(content)

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
        """Ends that came together, if they were those of all connections that there were.

        One that was just opened, or perhaps only after the first of them, may not have been there;
        but then there have to have been others.
        """
        first, last = ends[0][0], ends[-1][0]
        lasted = [
            each.lasted
            for each in self.lives.values()
            if each.by_server and each.ended == first and each.lasted is not None
        ]
        before = [
            each
            for each in self.lives.values()
            if each.ended is not None
            and not each.by_server
            and first - TOGETHER <= each.ended <= first
        ]
        if any(of == recorder for _, of in ends) and (
            self._all_ended(first, first, last, FEWEST_ENDS - len(before))
            or self._all_ended(
                min(first, *lasted) - JUST_OPENED, first, last, FEWEST_ENDS - len(before)
            )
        ):
            yield first, last, len(ends)

    def _all_ended(self, opened: float, first: float, last: float, fewest: int) -> bool:
        """Whether all that were opened before one time, and open at the first end, ended then."""
        there = [
            each
            for each in self.lives.values()
            if each.opened < opened and (each.ended is None or each.ended >= first)
        ]
        ended = [each for each in there if each.ended is not None and each.ended <= last + TOGETHER]
        return len(ended) == len(there) and sum(each.by_server for each in ended) >= fewest

    @property
    def _ended(self) -> Iterator[Life]:
        return (each for each in self.lives.values() if each.ended is not None)


def _was_left(content: Content) -> bool:
    """Whether wsbeat ended a connection itself: because it was done, or had to read too much."""
    if isinstance(content, Ended):
        return content.how == "local"
    return isinstance(content, str) and content.startswith(TOO_LARGE)

"""All connections that a process has to a target at the same time, whatever traces they are of.

A trace tells of one scenario alone. Whether a server ended one connection, or all that there were,
is seen only from here: each trace is told of it in a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from conformance.trace.event import CUT, TOO_LARGE, Content, Ended, Kind, Opcode
from spec import Timing

TOGETHER = 0.1
"""How long (seconds) after the end of one connection the next comes that has the same cause."""


JUST_OPENED = 0.1
"""How long (seconds) after its handshake a server may not yet count a connection among its own."""


FEWEST_ENDS = 2
"""How many connections have to end together, on whichever side it began: one is not all."""


FEWEST_PART = 2
"""How many have to end so where others stay: one may have ended for a reason of its own."""


AT_ONCE = 0.05
"""How far apart (seconds) what a server does at one look at its connections may be seen."""


MESSAGES = ("text", "binary", "fragment")
"""What may restart the clock of a connection."""


@dataclass(frozen=True, slots=True)
class Parting:
    """How many of all connections of a process ended together, and between which times."""

    first: float
    last: float
    count: int
    most: int


@dataclass(slots=True)
class Life:
    """When a connection was open, by the clock, and whether the server ended it.

    It was open for certain until `lasted`, and is known to be over since `ended`.
    """

    opened: float
    lasted: float | None = None
    ended: float | None = None
    by_server: bool = False
    cut: float | None = None
    """When wsbeat reset it, if it did."""
    is_abrupt: bool = False
    """Whether the server ended it without a Close."""
    reads: bool = True
    """Whether wsbeat would have seen it closed."""
    said: int = 0
    """How many messages wsbeat sent on it; the last of them within `spoke`."""
    spoke: tuple[float, float] = (0.0, 0.0)


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
            self.lives[key] = Life(when[1], spoke=when)
            return
        if life is None:
            return
        if life.ended is None and (opcode == "close" or kind in ("ended", "broken")):
            life.lasted, life.ended = when
            life.by_server = kind != "sent" and not _was_left(content)
            life.is_abrupt = life.by_server and kind == "ended"
        elif kind == "sent" and opcode in MESSAGES:
            life.said, life.spoke = life.said + 1, when
        elif kind in ("paused", "resumed"):
            life.reads = kind == "resumed"
        if kind == "ended" and content == Ended("local", CUT):
            life.cut = when[0]

    def broken_near(self, earliest: float, latest: float) -> list[float]:
        """When connections ended without a Close that may have ended with what did in between."""
        return [
            each.ended
            for each in self.lives.values()
            if each.is_abrupt
            and each.lasted is not None
            and each.ended is not None
            and each.lasted - TOGETHER <= latest
            and earliest <= each.ended + TOGETHER
        ]

    @property
    def open(self) -> int:
        """How many connections there are now."""
        return sum(each.ended is None for each in self.lives.values())

    def is_moving(self, now: float) -> bool:
        """Whether a server ended a connection so lately that others may be about to end."""
        return any(each.by_server and now - (each.ended or 0.0) < TOGETHER for each in self._ended)

    def collapses(self, recorder: int | None = None) -> Iterator[Parting]:
        """When all connections ended together, and how many: some of the `recorder`, if named."""
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

    def _collapse(self, ends: list[tuple[float, int]], recorder: int | None) -> Iterator[Parting]:
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
        if (recorder is None or any(of == recorder for _, of in ends)) and (
            self._all_ended(first, first, last, FEWEST_ENDS - len(before))
            or self._all_ended(
                min(first, *lasted) - JUST_OPENED, first, last, FEWEST_ENDS - len(before)
            )
        ):
            yield Parting(first, last, len(ends), len(ends))

    def _all_ended(self, opened: float, first: float, last: float, fewest: int) -> bool:
        """Whether all that were opened before one time, and open at the first end, ended then.

        Of one that wsbeat does not read it cannot be seen that it did.
        """
        there = [
            each
            for each in self.lives.values()
            if each.opened < opened
            and (each.ended is None or each.ended >= first)
            and (each.reads or (each.ended is not None and each.ended <= last + TOGETHER))
        ]
        ended = [each for each in there if each.ended is not None and each.ended <= last + TOGETHER]
        return len(ended) == len(there) and sum(each.by_server for each in ended) >= fewest

    def partings(self, timing: Timing, recorder: int | None = None) -> Iterator[Parting]:
        """When a part of all connections ended together without a Close, and how many of how many.

        As those of one process of several do. Their own time was not over, nothing had just been
        said on them, and others stay that have been silent for longer. Some of them are those of
        the `recorder`, where it matters.
        """
        ends = sorted(
            ((each.ended, of, each) for (of, _), each in self.lives.items()
             if each.is_abrupt and each.ended is not None),
            key=lambda end: end[:2],
        )  # fmt: skip
        while ends:
            first = ends[0][0]
            together = [end for end in ends if end[0] <= first + TOGETHER]
            ends = ends[len(together) :]
            last = together[-1][0]
            idle = [
                each.spoke[1]
                for ended, _, each in together
                if TOGETHER < ended - each.spoke[1] < timing.heartbeat_timeout - AT_ONCE
            ]
            stay = [
                each
                for each in self.lives.values()
                if each.opened < first and (each.ended is None or each.ended > last + TOGETHER)
            ]
            longest = min((each.spoke[1] for each in stay), default=inf)
            if (recorder is None or any(of == recorder for _, of, _ in together)) and (
                sum(spoke > longest for spoke in idle) >= FEWEST_PART
            ):
                yield Parting(first, last, len(together), len(together) + len(stay))

    def torn_along(self, recorder: int) -> Iterator[Parting]:
        """When a connection of the recorder ended without a Close, as others did, and how many."""
        ends = [(each.ended, key) for key, each in self.lives.items() if each.is_abrupt]
        told = -inf
        for ended, key in sorted(ends, key=lambda end: end[0] or 0.0):
            if key[0] != recorder or ended is None or ended - told <= AT_ONCE:
                continue
            others = sum(abs((other or 0.0) - ended) <= AT_ONCE for other, of in ends if of != key)
            if others:
                told = ended
                yield Parting(ended, ended + AT_ONCE, others, others)

    def ceased_by_itself(self, recorder: int, timing: Timing) -> bool:
        """Whether a server closes silent connections no more, for which no reset can be why.

        Told of those who reset connections. It has missed one that had to be closed by the time at
        which it closed one that fell silent later, or as long after its last message as any other
        was. A reset can be why if the server closed nobody after it; or if a connection that was
        opened before the one that was missed, and was reset, had to be closed as well: a server may
        come upon it first.
        """
        if not any(of == recorder and each.cut is not None for (of, _), each in self.lives.items()):
            return False
        closed = [
            (each, each.ended)
            for each in self.lives.values()
            if each.by_server
            and each.said <= 1
            and each.ended is not None
            and each.ended - each.spoke[0] >= timing.heartbeat_timeout
        ]
        if len(closed) < FEWEST_ENDS:
            return False
        last = max(ended for _, ended in closed)
        longest = max(ended - each.spoke[0] for each, ended in closed)
        resets = [(each, each.cut) for each in self.lives.values() if each.cut is not None]

        def may_be_why(reset: tuple[Life, float], missed: Life, by: float) -> bool:
            life, cut = reset
            is_due = not life.by_server and life.opened + timing.heartbeat_timeout <= by
            is_first = is_due and life.opened <= missed.opened
            return cut <= by and (is_first or cut >= last - AT_ONCE)

        for missed in self.lives.values():
            if (
                missed.by_server
                or missed.ended is None
                or missed.cut is not None
                or not missed.reads
            ):
                continue
            overtaken = [e for each, e in closed if each.spoke[0] >= missed.spoke[1]]
            by = min([missed.spoke[1] + longest, *overtaken]) + AT_ONCE
            due = max(by, missed.spoke[1] + timing.latest_close)
            if missed.ended > max(due + timing.tolerance, last) and not any(
                may_be_why(reset, missed, by) for reset in resets
            ):
                return True
        return False

    @property
    def _ended(self) -> Iterator[Life]:
        return (each for each in self.lives.values() if each.ended is not None)


def _was_left(content: Content) -> bool:
    """Whether wsbeat ended a connection itself: because it was done, or had to read too much."""
    if isinstance(content, Ended):
        return content.how == "local"
    return isinstance(content, str) and content.startswith(TOO_LARGE)

"""What the harness notes of a client, with the moments between which it knows that it happened."""

from __future__ import annotations

from random import Random

from conformance.trace.event import WHOLE_TRACE, Content, Kind, Opcode
from tests.traces.client_story import ClientStory
from tests.traces.story import Draft

DELAY = 0.018
"""The longest that the network takes one way, in seconds."""
SOON = 0.0002


class Record:
    """The notes of one trace; those of a connection go to the present one, the `number`th.

    Unless it is `calm`, the harness may stall: what is due meanwhile is done later, and what
    arrives is read later.
    """

    def __init__(self, random: Random, made: ClientStory, calm: bool) -> None:
        self.random, self.made = random, made
        self.number = 0
        self.tick = random.choice([0.0005, 0.002, 0.006])
        self.stalls: list[tuple[float, float]] = []
        if not calm and random.random() < 0.3:
            start = random.random() * 4
            end = start + random.choice([0.03, 0.2, 1.0, 3.0]) * (0.5 + random.random())
            self.stalls.append((start, end))
            self.tell(end, "late", end - start, since=start)

    def forget_after(self, ended: float) -> None:
        """Nothing is recorded of a connection once TCP is over."""
        self.made.drafts = [
            d for d in self.made.drafts if d.connection != self.number or d.stamp <= ended + SOON
        ]

    def net(self) -> float:
        """How long the network takes one way."""
        return self.random.choice([0.0001, 0.001, DELAY]) * (0.1 + 0.9 * self.random.random())

    def awake(self, at: float) -> float:
        """When the harness gets to do what is due then."""
        return next((end + SOON for start, end in self.stalls if start <= at < end), at)

    def read(self, arrived: float) -> tuple[float, float]:
        """Between which moments the harness knows that something arrived."""
        earliest = arrived // self.tick * self.tick
        latest = max(arrived, earliest + self.tick)
        for start, end in self.stalls:
            if start <= latest <= end:
                return min(earliest, start), end + SOON
        return earliest, latest

    def tell(
        self, at: float, kind: Kind, content: Content = None, since: float | None = None
    ) -> None:
        """Note something of the client as a whole."""
        start = at if since is None else since
        self.made.drafts.append(Draft(at, WHOLE_TRACE, start, at, kind, content=content))

    def say(self, at: float, content: str | bytes, answers: Draft | None = None) -> None:
        """Note a message of the harness, which may be a pong for a ping."""
        opcode: Opcode = "text" if isinstance(content, str) else "binary"
        self.add(at, at, "sent", opcode, content, answers=answers)

    def add(
        self,
        stamp: float,
        earliest: float,
        kind: Kind,
        opcode: Opcode | None = None,
        content: Content = None,
        *,
        latest: float | None = None,
        answers: Draft | None = None,
    ) -> Draft:
        """Note something of the present connection."""
        end = earliest + SOON / 4 if latest is None else latest
        draft = Draft(stamp, self.number, max(0.0, earliest), end, kind, opcode, content, answers)
        self.made.drafts.append(draft)
        return draft

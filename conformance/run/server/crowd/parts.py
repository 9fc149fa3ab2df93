"""The parts of a crowd as the run sees them: what each worker told, and what is known together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from conformance.run.server.crowd.hands import Hand, News
from conformance.targets.printable import printable
from conformance.verdict.crowd.census import Census
from conformance.verdict.crowd.figures import Harness


@dataclass(slots=True)
class Part:
    """One worker, and what it told last; `opened` is how many connections it had in each second.

    Seconds are those of its own clock, since it began: the clocks of machines are never compared.
    """

    hand: Hand
    number: int
    census: Census = field(default_factory=Census)
    opened: list[int] = field(default_factory=list)
    progress: dict[str, float] = field(default_factory=dict)
    is_over: bool = False
    lost: str = ""

    def listen(self) -> None:
        """Take in what the worker says, or that it is lost."""
        if self.is_done:
            return
        for news in self.hand.news():
            self._take(news)
        if not self.is_over and (lost := self.hand.lost):
            self.lost = lost

    @property
    def is_done(self) -> bool:
        """Whether nothing more comes of it."""
        return self.is_over or bool(self.lost)

    def open_at(self, second: float) -> int:
        """How many connections it had at a moment since it began, or at the next it told of."""
        at = ceil(second)
        return self.opened[at] if at < len(self.opened) else (self.opened or [0])[-1]

    @property
    def sentence(self) -> str:
        """That it is lost, and what with it."""
        at = self.progress.get("at", 0.0)
        return (
            f"Worker {self.number} was lost after {at:.0f} s ({printable(self.lost, 300)}): "
            f"{self.hand.job.places} connections, and what they showed since then."
        )

    def _take(self, news: News) -> None:
        if "progress" in news:
            self.progress = news["progress"]
            at = int(self.progress["at"])
            last = (self.opened or [0])[-1]
            self.opened += [last] * (at - len(self.opened))
            self.opened[at:] = [int(self.progress["open"])]
        if "census" in news:
            self.census = Census.from_json(news["census"])
        self.is_over |= "is_over" in news


def open_at(parts: Sequence[Part], second: float) -> int:
    """How many connections all had together at a moment."""
    return sum(part.open_at(second) for part in parts)


def most_open(parts: Sequence[Part]) -> int:
    """The most connections that there were at a time."""
    seconds = max((len(part.opened) for part in parts), default=0)
    return max(
        (
            sum(part.opened[at] for part in parts if at < len(part.opened))
            for at in range(seconds)
        ),
        default=0,
    )  # fmt: skip


def harness_of(parts: Sequence[Part], census: Census) -> Harness:
    """What wsbeat took for a crowd; the memory is what workers had more than at their start."""
    replies = max(1, census.counts["replies"])
    places = max(1, sum(part.hand.job.places for part in parts))
    memory = sum(part.progress.get("peak", 0.0) - part.progress.get("idle", 0.0) for part in parts)
    lateness = census.measures["lateness"]
    return Harness(
        workers=len(parts),
        processor=sum(part.progress.get("cpu", 0.0) for part in parts) / replies,
        memory=int(memory / places),
        lateness_99=lateness.quantile(0.99) if lateness.count else 0.0,
        lateness_worst=max((part.progress.get("worst", 0.0) for part in parts), default=0.0),
        starved=max((part.progress.get("starved", 0.0) for part in parts), default=0.0),
    )

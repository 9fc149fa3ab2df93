"""What the reader of a result has to know of the time in which it was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.targets.printable import printable

WORTH_TELLING = 0.1
"""What took less real time (seconds) is not told."""

MOST = 5
"""How many causes are told."""


@dataclass(slots=True)
class Notes:
    """What became of time, as far as it is not what virtual time is."""

    never_yielded: str = ""
    """Where a peer stood that never yielded."""
    _slept: dict[str, float] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)

    def slept(self, where: str, seconds: float) -> None:
        """The peer put the whole loop to sleep."""
        self._slept[where] = self._slept.get(where, 0.0) + seconds
        self._times[where] += 1

    def lines(self, waited: Mapping[str, float]) -> Iterator[str]:
        """All of it, in words; `waited` is for what time went with the real clock, and how long."""
        if self.never_yielded:
            stood = "\n".join(
                f"  {printable(line, 300)}" for line in self.never_yielded.splitlines()
            )
            yield f"What is checked did not yield to the event loop any more. It stood at:\n{stood}"
        told = [(what, spent) for what, spent in waited.items() if spent >= WORTH_TELLING]
        if told:
            yield (
                f"Time went with the real clock for {sum(waited.values()):.1f} s, for what it "
                f"cannot leap over: {_most(told)}."
            )
        if self._slept:
            told = [(f"{where}, {self._times[where]} times", s) for where, s in self._slept.items()]
            yield f"time.sleep put the event loop to sleep, and all connections: {_most(told)}."


def _most(told: list[tuple[str, float]]) -> str:
    told = sorted(told, key=lambda each: -each[1])
    left = f", and {len(told) - MOST} more" if len(told) > MOST else ""
    return (
        ", ".join(f"{printable(what, 200)} ({spent:.1f} s)" for what, spent in told[:MOST]) + left
    )

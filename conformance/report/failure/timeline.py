"""A window in time and the moment that was seen, on one axis that is to scale.

Where one empty stretch is so long that the window would shrink to a dot, that stretch is broken
out of the axis, and the break is drawn: a picture must not lie about what it leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.rules.observation import Window
from conformance.trace.event import RESOLUTION

SMALLEST = 0.12
"""The fraction of the axis that the allowed window should have at least."""


BREAK = 0.08
"""The fraction of the axis that a break takes."""


MARGIN = 0.15
"""How much of a broken stretch stays at either side, as a fraction of the unbroken rest."""


ROOM = 0.06
"""How far the axis goes on after the last mark, as a fraction of what is drawn before it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A window on an axis from 0 to `end` seconds, counted from `since`.

    `gap` is the stretch that was broken out, in seconds. `still_open` says that what was awaited
    had not come when wsbeat stopped waiting, at `seen`.
    """

    since: str
    earliest: float | None
    latest: float | None
    seen: tuple[float, float]
    end: float
    gap: tuple[float, float] | None
    still_open: bool

    def fraction(self, value: float) -> float:
        """Where on the axis a moment lies, from 0 to 1."""
        if self.gap is None:
            return value / self.end
        start, stop = self.gap
        rest = (1 - BREAK) / (self.end - (stop - start))
        if value <= start:
            return value * rest
        if value < stop:
            return start * rest + BREAK * (value - start) / (stop - start)
        return start * rest + BREAK + (value - stop) * rest

    @property
    def allowed(self) -> tuple[float, float]:
        """The window in seconds, its missing bounds replaced by the ends of the axis."""
        return (
            0.0 if self.earliest is None else self.earliest,
            self.end if self.latest is None else self.latest,
        )

    @property
    def figures(self) -> dict[float, str]:
        """The moments that matter as digits, just as many as it takes to tell them apart."""
        moments = {moment for moment in (self.earliest, self.latest, self.shown) if moment}
        for places in (2, 3, 4):
            figures = {moment: f"{moment:.{places}f}" for moment in sorted(moments)}
            if len(set(figures.values())) == len(moments):
                break
        return figures | {0.0: "0"}

    @property
    def shown(self) -> float:
        """The moment that stands for what was seen: the end of its interval nearer to the window.

        That is the one that proves the least, so what it says is true in any case.
        """
        least, most = self.seen
        return most if self.earliest is not None and most < self.earliest else least

    def __str__(self) -> str:
        """The same in a sentence, for those who cannot see the picture."""
        return f"{self._allowed()} after {self.since}; {self._seen()}"

    def _allowed(self) -> str:
        figures = self.figures
        if self.earliest is None:
            return f"allowed up to {figures[self.latest or 0.0]} s"
        if self.latest is None:
            return f"allowed from {figures[self.earliest]} s"
        return f"allowed from {figures[self.earliest]} s to {figures[self.latest]} s"

    def _seen(self) -> str:
        at = f"{self.figures[self.shown]} s"
        if self.still_open:
            return f"still open after {at}"
        least, most = self.seen
        if self.earliest is not None and most < self.earliest:
            return f"seen at {at}, {_distance(self.earliest - most)} too early"
        if self.latest is not None and least > self.latest:
            return f"seen at {at}, {_distance(least - self.latest)} too late"
        if most - least <= RESOLUTION:
            return f"seen at {at}"
        return f"seen between {least:.3f} s and {most:.3f} s"


def timeline(window: Window, *, still_open: bool) -> Timeline:
    """The axis on which a window and what was seen are best looked at."""
    earliest, latest = window.earliest, window.latest
    least, most = window.observed
    start = 0.0 if earliest is None else earliest
    stop = max(start, most) * 1.25 if latest is None else latest
    last = max(stop, most, RESOLUTION)
    gap = _gap((start, stop), (least, most), last)
    drawn = last if gap is None else last - (gap[1] - gap[0])
    end = last if latest is None else last + ROOM * drawn
    return Timeline(window.since, earliest, latest, window.observed, end, gap, still_open)


def _gap(
    allowed: tuple[float, float], seen: tuple[float, float], last: float
) -> tuple[float, float] | None:
    """The empty stretch to break out of the axis, if the window is too small to be seen."""
    if (allowed[1] - allowed[0]) / last >= SMALLEST:
        return None
    first, second = sorted((allowed, seen))
    empty = [(0.0, first[0]), (first[1], second[0])]
    start, stop = max(empty, key=lambda stretch: stretch[1] - stretch[0])
    kept = MARGIN * (last - (stop - start))
    if stop - start < last / 2 or stop - start <= 2 * kept:
        return None
    return start + kept, stop - kept


def _distance(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"

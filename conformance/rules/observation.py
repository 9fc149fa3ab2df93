"""What a rule says of one occasion: satisfied, violated, or undecidable, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from conformance.trace.event import Event

Outcome: TypeAlias = Literal["satisfied", "violated", "undecidable"]


@dataclass(frozen=True, slots=True)
class Window:
    """The time that was allowed and the time that was seen, in seconds after `since`.

    `earliest` or `latest` is None where the requirement sets no such bound.
    """

    since: str
    earliest: float | None
    latest: float | None
    observed: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Observation:
    """One occasion on which a requirement could be seen at work; `events` are positions."""

    outcome: Outcome
    events: tuple[int, ...]
    message: str = ""
    expected: str = ""
    actual: str = ""
    window: Window | None = None
    provisional: bool = False
    """Whether a busy machine may have brought it about: then it has to show itself twice."""
    among: frozenset[str] = frozenset()
    """The requirements of which one was broken, if it cannot be told which.

    One that is seen to be broken elsewhere explains it, and nothing is to be said of the others.
    """
    by_chance: bool = False
    """Whether a connection ended in place of an answer, though not for what was to be answered.

    Once, that may have been an end that came just then; no busy machine is why it comes again.
    """


def satisfied(*shown_by: Event) -> Observation:
    """The requirement was kept, as these events show."""
    return _satisfied(*[event.n for event in shown_by])


@lru_cache(maxsize=4096)
def _satisfied(*positions: int) -> Observation:
    """Nearly all observations are of this kind, and they differ in little."""
    return Observation("satisfied", positions)


def violated(
    message: str,
    *shown_by: Event,
    expected: str,
    actual: str,
    window: Window | None = None,
    provisional: bool = False,
    among: frozenset[str] = frozenset(),
    by_chance: bool = False,
) -> Observation:
    """The requirement was broken: what happened, what was expected, what was seen instead.

    Where it was broken only unless one `among` others was, that is open until all was seen.
    """
    positions = _positions(shown_by)
    return Observation(
        "violated", positions, message, expected, actual, window, provisional, among, by_chance
    )


def undecidable(
    message: str,
    *shown_by: Event,
    window: Window | None = None,
    among: frozenset[str] = frozenset(),
) -> Observation:
    """It cannot be said whether the requirement was kept, for the reason in `message`.

    Once one of the requirements `among` which one was broken is seen to be so, nothing is open.
    """
    return Observation("undecidable", _positions(shown_by), message, window=window, among=among)


def _positions(events: tuple[Event, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(event.n for event in events))

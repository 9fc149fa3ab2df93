"""Upper bounds on time, as rules judge them.

Who is under test decides how lateness is told: what a server is late by may be the machine's doing
whatever it is, while a client's is slight or beyond doubt. A `Lateness` says which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.evidence.interval import elapsed, is_late, seconds, why_undecided
from conformance.rules.observation import Observation, Window, satisfied, undecidable, violated
from conformance.trace.event import Event
from conformance.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Lateness:
    """How it is told whether something came late, and how sure that is.

    `is_late` is None where the intervals do not decide, and `why_undecided` says why. What
    `is_provisional` has to show itself once more, measured alone.
    """

    is_late: Callable[[float, Event, Event, Trace], bool | None]
    why_undecided: Callable[[Trace, Event, Event], str]
    is_provisional: Callable[[float, Event, Event, Trace], bool]


def _always(*_: object) -> bool:
    return True


OF_A_SERVER = Lateness(is_late, why_undecided, is_provisional=_always)


def at_most(
    bound: float,
    start: Event,
    end: Event,
    *,
    trace: Trace,
    since: str,
    late: str,
    lateness: Lateness = OF_A_SERVER,
) -> Observation:
    """Judge an upper bound: `end` at most `bound` seconds after `start`; `late` is the failure."""
    verdict = lateness.is_late(bound, start, end, trace)
    if verdict is False:
        return satisfied(start, end)
    least, most = elapsed(start, end)
    window = Window(since, None, bound + trace.timing.tolerance, (least, most))
    if verdict is None:
        why = lateness.why_undecided(trace, start, end)
        return undecidable(why, start, end, window=window)
    return violated(
        late,
        start,
        end,
        expected=f"within {seconds(bound)} (and {seconds(trace.timing.tolerance)} of tolerance)",
        actual=f"after {seconds(least)}",
        window=window,
        provisional=lateness.is_provisional(bound, start, end, trace),
    )

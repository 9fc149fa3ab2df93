"""A schedule: what one connection says, and when.

Schedules are drawn where Hypothesis may run, carried out where nothing but the clock counts, and
kept in the trace, so that a trace tells which of them it is of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

from conformance.trace.trace import Trace
from spec import Timing

Said: TypeAlias = Literal["ping", "business", "not JSON", "binary", "control Ping", "reconnect"]


SAID: tuple[Said, ...] = get_args(Said)


MARK = "schedule "


@dataclass(frozen=True, slots=True)
class Move:
    """Something done at `moment`, in seconds after the scenario's start."""

    moment: float
    said: Said


@dataclass(frozen=True, slots=True)
class Schedule:
    """The moves of one connection, in order of time; then it is silent, or is closed at `until`.

    `until` (seconds) is None for a connection that waits for the server to close it.
    """

    moves: tuple[Move, ...]
    until: float | None = None

    @property
    def pings(self) -> tuple[float, ...]:
        """When it pings, in seconds."""
        return tuple(move.moment for move in self.moves if move.said == "ping")

    @property
    def weight(self) -> int:
        """How much there is to read: fewer moves are simpler, and pings are the simplest."""
        return sum(2 if move.said == "ping" else 3 for move in self.moves)

    def to_text(self) -> str:
        """The schedule as JSON, for jobs and for the note in its trace."""
        moves = [[round(move.moment, 3), move.said] for move in self.moves]
        return json.dumps({"moves": moves, "until": self.until})

    @classmethod
    def from_text(cls, text: str) -> Schedule:
        """The schedule that `to_text` wrote."""
        told = json.loads(text)
        return cls(tuple(Move(moment, said) for moment, said in told["moves"]), told["until"])


def schedule_of(trace: Trace) -> Schedule | None:
    """The schedule that a trace is of, if it is of one."""
    for event in trace.events:
        if event.kind == "note" and str(event.content).startswith(MARK):
            return Schedule.from_text(str(event.content).removeprefix(MARK))
    return None


def simpler(schedule: Schedule, longest_gap: float) -> Iterator[Schedule]:
    """The schedules that have a little less in them, the much simpler ones first.

    One that keeps its connection open goes on doing so: its pings lie at most `longest_gap`
    (seconds) apart.
    """
    moves = schedule.moves
    half = len(moves) // 2
    fewer = [moves[:half], moves[half:], tuple(move for move in moves if move.said == "ping")]
    fewer += [moves[:place] + moves[place + 1 :] for place in range(len(moves))]
    seen = {moves}
    for rest in fewer:
        found = replace(schedule, moves=rest)
        if rest not in seen and stays_open(found, longest_gap):
            seen.add(rest)
            yield found


def stays_open(schedule: Schedule, longest_gap: float) -> bool:
    """Whether pings come often enough until `until`; a schedule without an end need not ping."""
    if schedule.until is None:
        return True
    moments = (0.0, *schedule.pings, schedule.until)
    return all(later - earlier <= longest_gap for earlier, later in pairwise(moments))


SCHEDULES_AT_ONCE = 16
"""How many schedules are followed side by side."""


NEAR_THE_TIMEOUT = 0.95
"""The longest gap between two pings, as a fraction of `heartbeat_timeout`."""


DrawSchedules: TypeAlias = Callable[[Timing, int, int], Sequence[Schedule]]
"""Draws so many schedules for a timing and a seed."""

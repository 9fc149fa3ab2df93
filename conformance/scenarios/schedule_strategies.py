"""Schedules that Hypothesis draws: for a connection that falls silent, and for one that goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import spec
from conformance.scenarios.schedule import NEAR_THE_TIMEOUT, SAID, Move, Said, Schedule

MOVES = 6
"""The most moves of a connection besides those that keep it open."""


GAPS = (0.2, 0.5, 0.75, 0.9, NEAR_THE_TIMEOUT)


PLACES = 12
"""At how many moments of its time a connection may do something."""


MOVES_APART = 0.04
"""How far apart (seconds) moves are at least, so that it is seen to which of them a reply is."""


def drawn(timing: spec.Timing, count: int, seed: int) -> list[Schedule]:
    """So many schedules, the same for the same seed; the first is the simplest there is."""
    found: list[Schedule] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(schedules(timing))
    def draw(schedule: Schedule) -> None:
        found.append(schedule)

    draw()
    return found[:count]


def schedules(timing: spec.Timing) -> SearchStrategy[Schedule]:
    """What one connection says, and when, so that all is over in one window."""
    return st.one_of(_falling_silent(timing), _going_on(timing))


def _falling_silent(timing: spec.Timing) -> SearchStrategy[Schedule]:
    """All moves lie in the first `heartbeat_interval`; then the server has to close."""
    moves = _moves(timing.heartbeat_interval, SAID)
    return moves.map(lambda found: Schedule(_in_order(found)))


def _going_on(timing: spec.Timing) -> SearchStrategy[Schedule]:
    """Pings often enough for longer than a silent connection could live, and talks besides."""
    until = timing.longest_wait
    gaps = st.lists(st.sampled_from(GAPS), max_size=2 * MOVES)
    others = _moves(until, tuple(said for said in SAID if said not in ("ping", "reconnect")))
    return st.builds(
        lambda gaps, others: Schedule(
            _in_order([*_pings(gaps, timing.heartbeat_timeout, until), *others]), until
        ),
        gaps,
        others,
    )


def _moves(until: float, kinds: Sequence[Said]) -> SearchStrategy[list[Move]]:
    moment = st.integers(1, PLACES).map(lambda place: round(until * place / PLACES, 3))
    return st.lists(st.builds(Move, moment, st.sampled_from(kinds)), max_size=MOVES)


def _pings(gaps: Sequence[float], limit: float, until: float) -> Iterator[Move]:
    moment = 0.0
    for gap in chain(gaps, repeat(NEAR_THE_TIMEOUT)):
        moment += gap * limit
        if moment >= until:
            return
        yield Move(round(moment, 3), "ping")


def _in_order(moves: Sequence[Move]) -> tuple[Move, ...]:
    """Moves by their moments, without those that come too close to another; pings are kept."""
    kept: list[Move] = []
    for move in sorted(moves, key=lambda move: (move.said != "ping", move.moment)):
        if all(abs(move.moment - other.moment) >= MOVES_APART for other in kept):
            kept.append(move)
    return tuple(sorted(kept, key=lambda move: move.moment))

"""Servers whose heartbeat clock is the wall clock."""

from dataclasses import replace
from time import time

from tests.mutants.behaviour import Behaviour, Conversation, now
from tests.mutants.compliant import deadline
from tests.mutants.mutant import mutant


@mutant("S-MONOTONIC")
def reads_the_wall_clock(server: Behaviour) -> Behaviour:
    """When the wall clock is set back, silent connections stay open for longer."""

    def by_the_wall(talk: Conversation) -> float | None:
        due = deadline(talk)
        return None if due is None else due - _set_forward(talk)

    return replace(server, deadline=by_the_wall)


@mutant("S-MONOTONIC")
def looks_at_the_wall_clock_often(server: Behaviour) -> Behaviour:
    """When the wall clock is set forward, all connections are closed at once."""

    def by_the_wall(talk: Conversation) -> float | None:
        due, look = deadline(talk), now() + talk.timing.check_interval / 10
        return None if due is None else min(due - max(0.0, _set_forward(talk)), look)

    return replace(server, deadline=by_the_wall)


def _set_forward(talk: Conversation) -> float:
    """By how many seconds the wall clock was set forward since the server began."""
    return time() - now() - talk.house.wall_clock_ahead

"""The attacks on the rules, at full strength: compliant traces, and how fast they are judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from time import perf_counter

from conformance.rules import judge
from conformance.trace.trace import Trace
from tests.traces import client_model, model

Make = Callable[[Random], Trace]


@dataclass(frozen=True)
class Attack:
    """What became of traces of a compliant peer; `blamed` are the seeds of those found fault with.

    `judged_per_second` is how many of them all rules judged in a second.
    """

    traces: int
    observations: int
    blamed: tuple[int, ...]
    judged_per_second: float


def on_servers(traces: int) -> Attack:
    """Judge so many traces of the model of a compliant server."""
    return _attack(lambda random: model.story(random).trace(), traces)


def on_clients(traces: int) -> Attack:
    """The same for the model of a compliant client."""
    return _attack(lambda random: client_model.story(random).trace(), traces)


def _attack(make: Make, traces: int) -> Attack:
    observations, blamed, spent = 0, [], 0.0
    for seed in range(traces):
        trace = make(Random(seed))
        begun = perf_counter()
        seen = [observation.outcome for _, observation in judge(trace)]
        spent += perf_counter() - begun
        observations += len(seen)
        if "violated" in seen:
            blamed.append(seed)
    return Attack(traces, observations, tuple(blamed), traces / spent)

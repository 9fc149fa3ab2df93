"""Plans of crowds: how long they last, what they show in that time, and who lives which share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import cast

import spec
from conformance.run.server.crowd.job import CrowdJob
from conformance.run.server.crowd.resources import sources
from conformance.scenarios.life import USUAL, Manner
from conformance.scenarios.scenario import CrowdScenario
from conformance.scenarios.waits import certainly_late
from conformance.targets.crowd import Crowd
from conformance.targets.server import Target
from conformance.verdict.selection import WhyNot

COMING = 500.0
"""How many connections come in a second, if nothing else is asked for."""


STAGES = 3
"""How many stages a crowd has: nobody does harm, some are reset, some read nothing."""


def ramp_of(crowd: Crowd, size: int, target: Target) -> float:
    """During how many seconds a crowd comes."""
    asked = size / COMING if crowd.ramp is None else crowd.ramp
    return max(asked, 0.0 if target.rate is None else size / target.rate)


def stage_of(timing: spec.Timing) -> float:
    """How long a stage lasts, in seconds: a ping, then as long as a silence may be watched."""
    return timing.heartbeat_interval + certainly_late(timing.latest_close, timing)


def lasting_of(crowd: Crowd, size: int, target: Target) -> float:
    """How many seconds a crowd lasts, its ramp included."""
    if crowd.lasting is not None:
        return crowd.lasting
    return ramp_of(crowd, size, target) + STAGES * stage_of(target.timing)


def mix_of(crowd: Crowd) -> dict[Manner, float]:
    """How many live in which manner."""
    return cast("dict[Manner, float]", dict(crowd.mix)) or dict(USUAL)


def why_not(crowd: Crowd, size: int, target: Target) -> WhyNot:
    """Says of what a crowd does why it cannot be done: nobody lives so, or there is no time."""
    mix = mix_of(crowd)

    def why(scenario: CrowdScenario) -> str | None:
        if not any(mix.get(cast(Manner, life), 0) > 0 for life in scenario.lives):
            return f"In this crowd none {' or '.join(scenario.lives)}: see --mix."
        needed = ramp_of(crowd, size, target) + (scenario.stage + 1) * stage_of(target.timing)
        if scenario.stage and lasting_of(crowd, size, target) < needed:
            return f"A crowd of {size} shows it if it lasts {needed:.0f} s: see --for."
        return None

    return why


def jobs_for(crowd: Crowd, size: int, target: Target, seed: int, workers: int) -> list[CrowdJob]:
    """The share of each worker: every so many-th place, so that all come at the same pace."""
    ramp, stage = ramp_of(crowd, size, target), stage_of(target.timing)
    addresses = sources(size, target.address) if crowd.scheduler is None else ()
    workers = min(workers, size)
    return [
        CrowdJob(
            target=target,
            places=len(range(first, size, workers)),
            first=first,
            step=workers,
            seed=seed,
            ramp=ramp,
            lasting=lasting_of(crowd, size, target),
            mix=mix_of(crowd),
            stages=dict(_stages(ramp, stage)),
            sources=addresses,
            rate=None if target.rate is None else target.rate / workers,
        )
        for first in range(workers)
    ]


def workers_of(crowd: Crowd) -> int:
    """How many processes live a crowd on this machine."""
    return crowd.workers or max(1, os.cpu_count() or 1)


def _stages(ramp: float, stage: float) -> Mapping[str, float]:
    return {"resets": ramp + stage, "reads_nothing": ramp + 2 * stage}

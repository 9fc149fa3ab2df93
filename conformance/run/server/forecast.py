"""How long a run on a server will take, as it is said before it begins."""

from __future__ import annotations

from collections.abc import Sequence

import spec
from conformance.run.plan import Plan
from conformance.scenarios.scenario import ServerScenario
from conformance.targets.load_limits import LoadLimits
from conformance.targets.options import Options
from conformance.verdict.selection import Selection

START_UP = 1.0
"""What starting up and finishing takes beside the longest wait, in seconds."""

EXAMPLE_LASTS = 0.004
"""What drawing, sending and judging an example takes, roughly, in seconds."""


def forecast(
    selection: Selection,
    scenarios: Sequence[ServerScenario],
    options: Options,
    timing: spec.Timing,
    load_limits: LoadLimits,
    *,
    side_by_side: bool,
) -> Plan:
    """The plan of a run; `side_by_side` says whether messages are explored during the waits."""
    kinds = [scenario.kind for scenario in scenarios]
    needed = [scenario.connections for scenario in scenarios if scenario.kind == "clocked"]
    explored = kinds.count("explored") * options.examples * EXAMPLE_LASTS
    waits = timing.longest_wait * load_limits.windows(needed)
    connections = sum(needed) + max(kinds.count("prompt"), 1)
    return Plan(
        requirements=len(selection.examined),
        scenarios=len(scenarios),
        connections=min(connections, load_limits.connections or connections),
        seconds=START_UP + (max(explored, waits) if side_by_side else explored + waits),
        load_limits=str(load_limits),
    )

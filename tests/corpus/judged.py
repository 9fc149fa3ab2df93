"""What the rules say of traces, in lines that can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.rules import judge
from conformance.rules.observation import Observation
from conformance.trace.trace import Trace


def lines(traces: Iterable[Trace]) -> Iterator[str]:
    """What all rules say of some traces, one after the other."""
    for trace in traces:
        yield json.dumps({"scenario": trace.scenario, "attempt": trace.attempt})
        yield from map(json.dumps, _said(trace))


def _said(trace: Trace) -> Iterator[dict[str, Any]]:
    """Each doubt and fault by itself; where a requirement was kept, all that shows it together."""
    kept: dict[str, list[tuple[int, ...]]] = {}
    for requirement, observation in judge(trace):
        if observation.outcome == "satisfied":
            kept.setdefault(requirement, []).append(observation.events)
        else:
            yield _in_full(requirement, observation)
    for requirement, shown_by in kept.items():
        yield {"requirement": requirement, "satisfied": shown_by}


def _in_full(requirement: str, observation: Observation) -> dict[str, Any]:
    window = observation.window
    said: dict[str, Any] = {
        "requirement": requirement,
        observation.outcome: observation.events,
        "message": observation.message,
        "expected": observation.expected,
        "actual": observation.actual,
        "provisional": observation.provisional,
    }
    if window is not None:
        said["window"] = {
            "since": window.since,
            "earliest": _rounded(window.earliest),
            "latest": _rounded(window.latest),
            "observed": [_rounded(seconds) for seconds in window.observed],
        }
    return {name: value for name, value in said.items() if value not in ("", False)}


def _rounded(seconds: float | None) -> float | None:
    """To the microsecond: what lies below it is arithmetic."""
    return None if seconds is None else round(seconds, 6)

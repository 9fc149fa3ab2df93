"""Small traces, and the tallies that they are added up in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.rules import rules
from conformance.run.server.instances import cannot_perform, lacking
from conformance.scenarios import server_scenarios
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities, Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import Selection, select
from conformance.verdict.tallies import Tallies
from conformance.verdict.verdict import Assessment
from tests.traces.notation import FAST, trace_of

GOOD = trace_of("0.0 opening\n 0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.4 ended local")
TWICE = trace_of("0.01 opened\n 0.1 > ping\n 0.11 < pong\n 0.12 < pong\n 0.4 ended local")
SLIGHTLY_LATE = trace_of("0.01 opened\n 0.1 > ping\n 0.75 < pong\n 0.8 ended local")
VAGUE = trace_of("0.01 opened\n 0.1 > ping\n 0.11..0.9 < pong\n 0.95 ended local")
LATE_HARNESS = trace_of("0.01 opened\n 0.2 late 0.125\n 0.3 late 0.0625")

SOON = "S-REPLY-SOON"
URL = "ws://127.0.0.1:8765/ws"


def tallies_on(target: Target | None = None, folder: Path | None = None, **options: Any) -> Tallies:
    return Tallies(rules("server"), folder, target, Options(**options))


def selection_of(tallies: Tallies) -> Selection:
    """What a run on a server by its URL alone is about."""
    return select(
        "server", tallies.options, Capabilities(), tallies.rules,
        scenarios=server_scenarios(), why_not=cannot_perform(lacking(Target(URL, FAST))),
    )  # fmt: skip


def about(name: str, seen: Result | tuple[Assessment, ...]) -> Assessment:
    every = seen.assessments if isinstance(seen, Result) else seen
    [found] = [each for each in every if each.requirement.id == name]
    return found


def seen_of(*traces: Trace) -> set[str]:
    """The IDs of the requirements that some traces show to be broken, all in all."""
    tallies = tallies_on()
    for trace in traces:
        tallies.add(trace)
    seen = tallies.assessments(selection_of(tallies))
    return {each.requirement.id for each in seen if each.violated}


def again(trace: Trace) -> Trace:
    """The same as it is seen in a second measurement."""
    return replace(trace, attempt=2)

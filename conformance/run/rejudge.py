"""Judges saved traces again, without a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.messages.limits import UNKNOWN_SUBPROTOCOLS
from conformance.rules import rules
from conformance.rules.circumstances import left_out_by
from conformance.rules.rule import Circumstance
from conformance.run.server.instances import cannot_perform
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import Need
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.event import Kind
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from conformance.verdict.selection import UsageError, left_to_choice, select
from conformance.verdict.tallies import Tallies


def files_of(path: str) -> list[str]:
    """The files with traces that a path stands for: a file, or all those in a folder of traces.

    Raises UsageError where a folder has none.
    """
    if not Path(path).is_dir():
        return [path]
    files = sorted(str(each) for each in Path(path).glob("*.jsonl") if each.is_file())
    if not files:
        raise UsageError(
            f"{path} holds no traces. Expected files that end in .jsonl, as --traces makes them."
        )
    return files


def attempt_of(trace: Trace) -> int:
    """Which measurement of its scenario a trace is of: the first or the second."""
    return trace.attempt


def _unseen(traces: Sequence[Trace]) -> dict[Need, str]:
    """What no trace can tell of, because its server was not started for it."""
    seen = {event.kind for trace in traces for event in trace.events}
    shown_by: dict[Need, Kind] = {"process": "asked", "wall clock": "jumped"}
    unseen: dict[Need, str] = {
        need: "None of these traces is of a server that wsbeat started itself."
        for need, kind in shown_by.items()
        if kind not in seen
    }
    if not any(trace.proxied for trace in traces):
        unseen["proxy"] = "None of these traces is of a server that was reached through proxies."
    return unseen


def _circumstances(traces: Sequence[Trace]) -> frozenset[Circumstance]:
    """Whether the user had wsbeat offer subprotocols of a server's own."""
    openings = (e.content for trace in traces for e in trace.events if e.kind == "opening")
    offered = {content for content in openings if isinstance(content, str)}
    own = any(set(each.split(", ")) - UNKNOWN_SUBPROTOCOLS for each in offered)
    offers: set[Circumstance] = {"offers subprotocols"} if own else set()
    return left_out_by(traces[0].dialect, traces[0].timing) | offers


def judge_traces(traces: Sequence[Trace], options: Options) -> Result:
    """Judge saved traces again; all of them must be of one role, target and timing.

    Raises UsageError when they are not, or when nothing is selected.
    """
    first = traces[0]
    for trace in traces:
        if (trace.role, trace.target, trace.timing, trace.capabilities, trace.dialect) != (
            first.role,
            first.target,
            first.timing,
            first.capabilities,
            first.dialect,
        ):
            raise UsageError(
                f"{trace.source} is of another target, timing or role than {first.source}. "
                "Judge them in runs of their own."
            )
    known_rules = rules(first.role)
    selection = select(
        first.role, options, first.capabilities, known_rules,
        scenarios=server_scenarios(first.dialect, echoes=first.capabilities.echo)
        if first.role == "server"
        else (),
        why_not=cannot_perform(_unseen(traces)),
        circumstances=_circumstances(traces), dialect=first.dialect,
    )  # fmt: skip
    tallies = Tallies(known_rules, None, None, options)
    measured_again: set[str] = set()
    for trace in sorted(traces, key=attempt_of):
        if trace.attempt > 1 and trace.scenario not in measured_again:
            measured_again.add(trace.scenario)
            tallies.forget_doubts(trace.scenario)
        tallies.add(trace)
    selection = left_to_choice(selection, known_rules, first.capabilities, tallies.seen)
    return Result(
        target=Target(
            first.target, first.timing, capabilities=first.capabilities, dialect=first.dialect
        ),
        options=options,
        role=first.role,
        started=first.started,
        duration=max((event.latest for trace in traces for event in trace.events), default=0.0),
        harness_lateness=tallies.lateness,
        interrupted=any(trace.end == "interrupted" for trace in traces),
        assessments=tallies.assessments(selection, lambda _: "No event of these traces shows it."),
    )

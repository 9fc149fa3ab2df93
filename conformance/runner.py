"""Runs: check a target against the contract, or judge again what an earlier run saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from ssl import SSLError

from .client_run import ClientRun, NoClient
from .client_target import ClientTarget
from .clients.reach import playable, within_reach
from .clock import watchful_loop
from .docket import Docket
from .plan import Plan, Progress, Watch
from .probe import Unreachable
from .rules import rules
from .scenarios import scenarios
from .selection import UsageError, scenarios_for, select
from .server_run import ServerRun
from .target import Options, Target
from .trace import Trace
from .verdict import Result
from .wire.dial import tls_for

__all__ = [
    "NoClient",
    "Plan",
    "Progress",
    "Unreachable",
    "UsageError",
    "Watch",
    "check_client",
    "check_server",
    "judge_traces",
]


def check_server(target: Target, options: Options, watch: Watch) -> Result:
    """Check a server against every selected requirement.

    Raises UsageError when nothing is selected, Unreachable when no connection comes about. After
    Ctrl-C it returns what it has, as an interrupted result.
    """
    known_rules = rules("server")
    selection = select("server", options, target.capabilities, known_rules)
    chosen = scenarios_for(selection, scenarios(), "server")
    try:
        tls = tls_for(target)
    except (OSError, SSLError) as error:
        raise UsageError(f"The certificates in {target.cafile} cannot be read: {error}.") from None
    folder = None if options.traces is None else Path(options.traces)
    docket = Docket(known_rules, folder, target, options)
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        run = ServerRun(target, options, watch, selection, chosen, docket, runner, clock, tls)
        run.go()
    return run.result()


def check_client(target: ClientTarget, options: Options, watch: Watch) -> Result:
    """Check a client against every selected requirement.

    Raises UsageError when nothing is selected, NoClient when none connects. After Ctrl-C it
    returns what it has, as an interrupted result.
    """
    known_rules = rules("client")
    selection = select("client", options, target.capabilities, known_rules)
    selection = within_reach(selection, target)
    chosen = playable(scenarios_for(selection, scenarios(), "client"), target.way)
    folder = None if options.traces is None else Path(options.traces)
    docket = Docket(known_rules, folder, target, options)
    run = ClientRun(target, options, watch, selection, chosen, docket, time.monotonic)
    run.go()
    return run.result()


def attempt_of(trace: Trace) -> int:
    """Which measurement of its scenario a trace is of: the first or the second."""
    return trace.attempt


def judge_traces(traces: Sequence[Trace], options: Options) -> Result:
    """Judge saved traces again; all of them must be of one role, target and timing.

    Raises UsageError when they are not, or when nothing is selected.
    """
    first = traces[0]
    for trace in traces:
        if (trace.role, trace.target, trace.timing, trace.capabilities) != (
            first.role,
            first.target,
            first.timing,
            first.capabilities,
        ):
            raise UsageError(
                f"{trace.source} is of another target, timing or role than {first.source}. "
                "Judge them in runs of their own."
            )
    known_rules = rules(first.role)
    selection = select(first.role, options, first.capabilities, known_rules)
    docket = Docket(known_rules, None, None, options)
    measured_again: set[str] = set()
    for trace in sorted(traces, key=attempt_of):
        if trace.attempt > 1 and trace.scenario not in measured_again:
            measured_again.add(trace.scenario)
            docket.forget_doubts(trace.scenario)
        docket.hear(trace)
    return Result(
        target=Target(first.target, first.timing, capabilities=first.capabilities),
        options=options,
        role=first.role,
        started=first.started,
        duration=max((event.latest for trace in traces for event in trace.events), default=0.0),
        harness_lateness=docket.lateness,
        interrupted=any(trace.end == "interrupted" for trace in traces),
        assessments=docket.assessments(selection, "No event of these traces shows it."),
    )

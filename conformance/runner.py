"""Runs: check a target against the contract, or judge again what an earlier run saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLError

from conformance.client_run import ClientRun, NoClient
from conformance.client_target import ClientTarget
from conformance.clients.reach import playable, within_reach
from conformance.clock import LoopClock, watchful_loop
from conformance.docket import Docket
from conformance.evidence.server.connection import UNKNOWN_SUBPROTOCOLS
from conformance.instance import Need
from conformance.instances import Instances, lacking
from conformance.launch import CannotStart, LaunchError
from conformance.plan import Plan, Progress, Watch
from conformance.probe import Unreachable
from conformance.rules import rules
from conformance.scenarios import scenarios
from conformance.scenarios.scenario import Scenario
from conformance.selection import Selection, UsageError, left_to_choice, scenarios_for, select
from conformance.server_run import ServerRun
from conformance.target import Options, Target
from conformance.trace.trace import Kind, Trace
from conformance.verdict.verdict import Result
from conformance.wire.dial import tls_for

__all__ = [
    "CannotStart",
    "LaunchError",
    "NoClient",
    "Plan",
    "Progress",
    "Unreachable",
    "UsageError",
    "Watch",
    "check_client",
    "check_server",
    "judge_traces",
    "selected",
]


def selected(target: Target, options: Options) -> Selection:
    """What a run on a server would be about, as far as it can be told before it begins.

    Raises UsageError when nothing is selected.
    """
    return select(
        "server",
        options,
        target.capabilities,
        rules(),
        scenarios=scenarios(),
        lacking=lacking(target),
        offers_subprotocols=bool(target.subprotocols),
    )


def check_server(target: Target, options: Options, watch: Watch) -> Result:
    """Check a server against every selected requirement.

    Raises UsageError when nothing is selected, Unreachable when no connection comes about, and
    LaunchError when wsbeat is to start the server and it does not come up. After Ctrl-C it returns
    what it has, as an interrupted result.
    """
    try:
        tls = tls_for(target)
    except (OSError, SSLError) as error:
        files = " or ".join(filter(None, (target.cafile, target.client_cert)))
        raise UsageError(f"The certificates in {files} cannot be read: {error}.") from None
    lack = lacking(target)
    _, wanted = _chosen(target, options, lack)
    loop, clock = watchful_loop()
    # What is left of connections goes with the loop, before the server is asked to end.
    with ExitStack() as stack, asyncio.Runner(loop_factory=lambda: loop) as runner:
        instances = None
        if target.command is not None:
            instances = stack.enter_context(Instances(target, clock, tls, runner))
            target = instances.open(wanted)
            lack |= instances.lacking
        run = server_run(target, options, watch, runner, clock, lack)
        run.tls, run.instances = tls, instances
        run.go()
        return run.result()


def server_run(
    target: Target,
    options: Options,
    watch: Watch,
    runner: asyncio.Runner,
    clock: LoopClock,
    lack: Mapping[Need, str] | None = None,
) -> ServerRun:
    """A run on a server, before its first handshake; `lack` is what it cannot show, and why.

    Raises UsageError when nothing is selected.
    """
    selection, wanted = _chosen(target, options, lacking(target) if lack is None else lack)
    docket = Docket(rules("server"), _folder(options), target, options)
    return ServerRun(target, options, watch, selection, wanted, docket, runner, clock)


def _chosen(
    target: Target, options: Options, lack: Mapping[Need, str]
) -> tuple[Selection, tuple[Scenario, ...]]:
    selection = select(
        "server",
        options,
        target.capabilities,
        rules("server"),
        scenarios=scenarios(),
        lacking=lack,
        offers_subprotocols=bool(target.subprotocols),
    )
    return selection, scenarios_for(selection, scenarios(), "server", lack)


def _folder(options: Options) -> Path | None:
    return None if options.traces is None else Path(options.traces)


def check_client(target: ClientTarget, options: Options, watch: Watch) -> Result:
    """Check a client against every selected requirement.

    Raises UsageError when nothing is selected, NoClient when none connects. After Ctrl-C it
    returns what it has, as an interrupted result.
    """
    run = client_run(target, options, watch, time.monotonic)
    run.go()
    return run.result()


def client_run(
    target: ClientTarget, options: Options, watch: Watch, now: Callable[[], float]
) -> ClientRun:
    """A run on a client, before its first start; raises UsageError when nothing is selected."""
    known_rules = rules("client")
    selection = select("client", options, target.capabilities, known_rules)
    selection = within_reach(selection, target)
    chosen = playable(scenarios_for(selection, scenarios(), "client"), target.way)
    docket = Docket(known_rules, _folder(options), target, options)
    return ClientRun(target, options, watch, selection, chosen, docket, now)


def attempt_of(trace: Trace) -> int:
    """Which measurement of its scenario a trace is of: the first or the second."""
    return trace.attempt


def _unseen(traces: Sequence[Trace]) -> dict[Need, str]:
    """What no trace can tell of, because its server was not started for it."""
    seen = {event.kind for trace in traces for event in trace.events}
    shown_by: dict[Need, Kind] = {"process": "asked", "wall clock": "jumped"}
    return {
        need: "None of these traces is of a server that wsbeat started itself."
        for need, kind in shown_by.items()
        if kind not in seen
    }


def _offer_subprotocols(traces: Sequence[Trace]) -> bool:
    """Whether the user had wsbeat offer subprotocols of a server's own."""
    openings = (e.content for trace in traces for e in trace.events if e.kind == "opening")
    offered = {content for content in openings if isinstance(content, str)}
    return any(set(each.split(", ")) - UNKNOWN_SUBPROTOCOLS for each in offered)


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
    selection = select(
        first.role, options, first.capabilities, known_rules,
        scenarios=scenarios(), lacking=_unseen(traces),
        offers_subprotocols=_offer_subprotocols(traces),
    )  # fmt: skip
    docket = Docket(known_rules, None, None, options)
    measured_again: set[str] = set()
    for trace in sorted(traces, key=attempt_of):
        if trace.attempt > 1 and trace.scenario not in measured_again:
            measured_again.add(trace.scenario)
            docket.forget_doubts(trace.scenario)
        docket.hear(trace)
    selection = left_to_choice(selection, first.capabilities, docket.seen)
    return Result(
        target=Target(first.target, first.timing, capabilities=first.capabilities),
        options=options,
        role=first.role,
        started=first.started,
        duration=max((event.latest for trace in traces for event in trace.events), default=0.0),
        harness_lateness=docket.lateness,
        interrupted=any(trace.end == "interrupted" for trace in traces),
        assessments=docket.assessments(selection, lambda _: "No event of these traces shows it."),
    )

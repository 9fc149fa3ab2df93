"""Runs: check a target against the contract, or judge again what an earlier run saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLError

from conformance.rules import rules
from conformance.rules.circumstances import left_out_by
from conformance.rules.rule import Circumstance
from conformance.run.client.drivers import driver_named
from conformance.run.client.run import ClientRun, NoClient
from conformance.run.plan import Plan, Progress, Watch
from conformance.run.rejudge import judge_traces
from conformance.run.replay import seen_again
from conformance.run.server.exploring.example_source import drawn_for
from conformance.run.server.instances import Instances, cannot_perform, lacking
from conformance.run.server.probe import Unreachable
from conformance.run.server.run import ServerRun
from conformance.run.server.worker import ServerJob
from conformance.run.worker import started_ahead
from conformance.scenarios import client_scenarios, server_scenarios
from conformance.scenarios.client.replayed import replayed as replayed_on_a_client
from conformance.scenarios.scenario import ClientScenario, Need, ServerScenario
from conformance.scenarios.server.replayed import replayed as replayed_on_a_server
from conformance.targets.client import ClientTarget
from conformance.targets.load_limits import load_limits_towards
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.targets.started.process import CannotStart, LaunchError
from conformance.verdict.result import Result
from conformance.verdict.selection import (
    Selection,
    UsageError,
    scenarios_for,
    select,
)
from conformance.verdict.tallies import Tallies
from conformance.wire.clock import LoopClock, watchful_loop
from conformance.wire.server.dial import tls_for
from conformance.wire.sockets import too_few_for

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
    return _selected(target, options, _scenarios_for(target), lacking(target))


def _selected(
    target: Target, options: Options, scenarios: Sequence[ServerScenario], lack: Mapping[Need, str]
) -> Selection:
    return select(
        "server",
        options,
        target.capabilities,
        rules("server"),
        scenarios=scenarios,
        why_not=cannot_perform(lack),
        circumstances=circumstances(target),
        dialect=target.dialect,
    )


def _scenarios_for(target: Target) -> tuple[ServerScenario, ...]:
    return server_scenarios(target.dialect, echoes=target.capabilities.echo)


def check_server(target: Target, options: Options, watch: Watch) -> Result:
    """Check a server against every selected requirement.

    Raises UsageError when nothing is selected, Unreachable when no connection comes about, and
    LaunchError when wsbeat is to start the server and it does not come up. After Ctrl-C it returns
    what it has, as an interrupted result.
    """
    try:
        tls = tls_for(target)
        if target.through_proxies is not None:
            tls_for(target.through_proxies)
    except (OSError, SSLError) as error:
        files = " or ".join(filter(None, (target.cafile, target.client_cert)))
        raise UsageError(f"The certificates in {files} cannot be read: {error}.") from None
    lack = lacking(target)
    _, wanted = _chosen(target, options, lack)
    if (too_few := too_few_for(_most_at_a_time(wanted, target))) is not None:
        raise UsageError(too_few)
    loop, clock = watchful_loop()
    # What is left of connections goes with the loop, before the server is asked to end.
    with (
        drawn_for(target, options) as ahead,
        ExitStack() as stack,
        asyncio.Runner(loop_factory=lambda: loop) as runner,
    ):
        instances = None
        if target.command is not None:
            instances = stack.enter_context(Instances(target, clock, tls, runner))
            target = instances.open(wanted)
            lack |= instances.lacking
        run = server_run(target, options, watch, runner, clock, lack)
        run.tls, run.instances = tls, instances
        run.draw, run.draw_schedules = ahead.draws, ahead.schedules
        if any(each.follow for each in wanted):
            ahead.begin()
        if any(each.kind == "clocked" for each in wanted):
            run.start_worker = stack.enter_context(started_ahead(ServerJob.MODULE))
        try:
            run.go()
        except KeyboardInterrupt:
            run.coverage.is_interrupted = True  # It came while the run was about to end.
        return run.result()


def _most_at_a_time(wanted: Sequence[ServerScenario], target: Target) -> int:
    """How many connections the process opens at a time in which scenarios wait side by side."""
    opened = sum(each.connections for each in wanted if each.kind == "clocked")
    allowed = load_limits_towards(target).connections
    return opened if allowed is None else min(opened, allowed)


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
    tallies = Tallies(rules("server"), _folder(options), target, options)
    return ServerRun(target, options, watch, selection, wanted, tallies, runner, clock)


def _chosen(
    target: Target, options: Options, lack: Mapping[Need, str]
) -> tuple[Selection, tuple[ServerScenario, ...]]:
    scenarios = _scenarios_for(target)
    selection = _selected(target, options, scenarios, lack)
    if options.replay is not None:
        seen = seen_again(options.replay, selection)
        return seen, (replayed_on_a_server(options.replay, seen.names),)
    return selection, scenarios_for(selection, scenarios, cannot_perform(lack))


def circumstances(target: Target) -> frozenset[Circumstance]:
    """What the user asked of a run on a server that may make requirements not applicable."""
    offers: set[Circumstance] = {"offers subprotocols"} if target.subprotocols else set()
    return left_out_by(target.dialect, target.timing) | offers


def _folder(options: Options) -> Path | None:
    return None if options.traces is None else Path(options.traces)


def check_client(target: ClientTarget, options: Options, watch: Watch) -> Result:
    """Check a client against every selected requirement.

    Raises UsageError when nothing is selected, NoClient when none connects. After Ctrl-C it
    returns what it has, as an interrupted result.
    """
    run = client_run(target, options, watch, time.monotonic)
    try:
        run.go()
    except KeyboardInterrupt:
        run.interrupted = True  # It came while the run was about to end.
    return run.result()


def client_run(
    target: ClientTarget, options: Options, watch: Watch, now: Callable[[], float]
) -> ClientRun:
    """A run on a client, before its first start; raises UsageError when nothing is selected."""
    known_rules, known_scenarios = rules("client"), client_scenarios(target.dialect)
    cannot_perform = driver_named(target.driver).cannot_perform
    selection = select(
        "client",
        options,
        target.capabilities,
        known_rules,
        scenarios=known_scenarios,
        why_not=cannot_perform,
        circumstances=left_out_by(target.dialect, target.timing),
        dialect=target.dialect,
    )
    chosen: Sequence[ClientScenario] = scenarios_for(selection, known_scenarios, cannot_perform)
    if options.replay is not None:
        selection = seen_again(options.replay, selection)
        chosen = (replayed_on_a_client(options.replay, selection.names),)
    tallies = Tallies(known_rules, _folder(options), target, options)
    return ClientRun(target, options, watch, selection, chosen, tallies, now)

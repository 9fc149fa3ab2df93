"""Checking a server with a crowd: what is needed for one, and its run."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, closing

from conformance.run.plan import Watch
from conformance.run.server.crowd.hands import Hands, LocalHands
from conformance.run.server.crowd.plans import workers_of
from conformance.run.server.crowd.resources import lacking, sources
from conformance.run.server.crowd.run import CrowdRun
from conformance.run.server.instances import Instances
from conformance.run.server.probe import probe
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from conformance.verdict.selection import UsageError
from conformance.wire.clock import watchful_loop
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial, tls_for
from conformance.wire.sockets import raise_descriptors


def check_crowd(target: Target, options: Options, watch: Watch) -> Result:
    """Let a crowd loose on a server, and judge each of its connections.

    Raises UsageError where this machine cannot have it, Unreachable when no connection comes about,
    and LaunchError when wsbeat is to start the server and it does not come up.
    """
    crowd = options.crowd
    assert crowd is not None
    raise_descriptors()
    tls = tls_for(target)
    with ExitStack() as stack:
        loop, clock = watchful_loop()
        runner = stack.enter_context(asyncio.Runner(loop_factory=lambda: loop))
        if target.command is not None:
            instances = stack.enter_context(Instances(target, clock, tls, runner))
            target = instances.open(())
        hands: Hands
        if crowd.scheduler is None:
            hands = LocalHands(workers_of(crowd))
            refuse_what_is_lacking(crowd, target)
        else:
            from conformance.run.server.crowd.on_dask import DaskHands  # noqa: PLC0415 - an extra

            hands = stack.enter_context(closing(DaskHands(crowd.scheduler, crowd.workers)))
        recorder = Recorder(Heading.of(target, "probe"), clock.now())
        dial = Dial(target, recorder, clock, clock.now(), tls)
        target = runner.run(probe(dial)).target
        return CrowdRun(target, options, watch, hands).go()


def refuse_what_is_lacking(crowd: Crowd, target: Target) -> None:
    """Raise UsageError where this machine cannot have a crowd."""
    size, workers = max(crowd.sizes), workers_of(crowd)
    addresses = max(1, len(sources(size, target.address)))
    found = list(lacking(size, workers, target.address, addresses))
    if found:
        raise UsageError(" ".join(["--crowd:", *found]))

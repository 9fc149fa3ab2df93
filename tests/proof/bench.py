"""`make bench`: how fast wsbeat is, as ratios to what limits it, from one run on one machine.

A ratio says the same on a fast machine and on a slow one; both of its sides are measured here,
one right after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase
from websockets.asyncio.client import connect

import spec
from conformance.rules import rules
from conformance.run.check import check_client, check_server
from conformance.run.server.exploring.example_source import Drawing, drawn_for
from conformance.run.server.exploring.exploration import Exploration
from conformance.run.server.exploring.session import Session
from conformance.scenarios import server_scenarios
from conformance.scenarios.scenario import ServerScenario
from conformance.scenarios.schedule import SCHEDULES_AT_ONCE
from conformance.scenarios.step import Step
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.file import read_traces
from conformance.verdict.tallies import Tallies
from conformance.wire.clock import Clock, watchful_loop
from conformance.wire.recorder import Heading, Recorder
from conformance.wire.server.dial import Dial
from tests.peers.process import running
from tests.proof.figure import Figure
from tests.proof.figures import record
from tests.proof.processes import start_up, virtual_run
from tests.spoken import PLAIN_PING

ROUNDS = 5
SERIES = 2000
BATCH = 100
EXAMPLES = 400
EXPLORED = "json_values_of_every_kind"


def full_run(url: str, timing: spec.Timing, goal: float) -> Figure:
    """Wall time of a full server run, by its longest single wait."""
    begun = time.monotonic()
    result = check_server(Target(url, timing), Options(), lambda _: None)
    took = time.monotonic() - begun
    return Figure(
        f"full run / longest wait, {timing.name}",
        took / timing.longest_wait,
        goal,
        more_is_better=False,
        made_of=f"{took:.2f} s / {timing.longest_wait:g} s, {result.outcome}",
    )


def broken_run(timing: spec.Timing) -> Figure:
    """Wall time of a run on the endpoint that one writes first, by that of a run on it mended."""
    took, outcomes = [], []
    for module in ("tests.peers.naive_server", "tests.peers.mends.server"):
        with running(module, "--port", "0", "--timing", timing.name) as server:
            begun = time.monotonic()
            result = check_server(Target(server.url, timing), Options(), lambda _: None)
            took.append(time.monotonic() - begun)
            outcomes.append(result.outcome)
    naive, mended = took
    return Figure(
        f"run on a naive server / on a mended one, {timing.name}",
        naive / mended,
        2,
        more_is_better=False,
        made_of=f"{naive:.2f} s, {outcomes[0]} / {mended:.2f} s, {outcomes[1]}",
    )


def full_client_run(timing: spec.Timing) -> Figure:
    """Wall time of a full run on the reference client, by its longest single scenario."""
    command = f"{shlex.quote(sys.executable)} -m reference_client {{url}} --timing {timing.name}"
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        result = check_client(
            ClientTarget("command", command, timing, timing.name),
            Options(traces=folder),
            lambda _: None,
        )
        took = time.monotonic() - begun
        longest = max(_lasted(Path(file)) for file in sorted(Path(folder).iterdir()))
    return Figure(
        f"full client run / longest scenario, {timing.name}",
        took / longest,
        1.05,
        more_is_better=False,
        made_of=f"{took:.2f} s / {longest:.2f} s, {result.outcome}",
    )


def _lasted(file: Path) -> float:
    """How long the longest scenario of a file of traces took, in seconds."""
    with file.open(encoding="utf-8") as lines:
        traces = read_traces(lines, str(file), trusted=True)
        return max(max(event.latest for event in trace.events) for trace in traces)


def throughput(url: str, timing: spec.Timing) -> Figure:
    """Messages sent, recorded and judged per second, by what a bare pipelined client gets."""
    target = Target(url, timing)
    steps: list[Step] = [f'{{"number":{number}}}' for number in range(BATCH)]
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        session = _session(runner, clock, target)
        tallies = Tallies(rules("server"), None, target, Options())

        def judged() -> int:
            count = 0
            for _ in range(SERIES // BATCH):
                trace, _ = session.perform("bench", steps)
                assert not tallies.add(trace)
                count += sum(event.kind == "sent" for event in trace.events)
            return count

        ours, bare = [], []
        judged()
        for _ in range(ROUNDS):
            ours.append(_per_second(judged))
            bare.append(_per_second(lambda: asyncio.run(_bare(url))))
        session.reset()
    mine, theirs = statistics.median(ours), statistics.median(bare)
    return Figure(
        "messages judged / messages of a bare client",
        mine / theirs,
        0.6,
        more_is_better=True,
        made_of=f"{mine:,.0f}/s / {theirs:,.0f}/s",
    )


async def _bare(url: str) -> int:
    async with connect(url, compression=None) as connection:
        for _ in range(SERIES // BATCH):
            for _ in range(BATCH):
                await connection.send(PLAIN_PING)
            for _ in range(BATCH):
                await connection.recv()
    return SERIES


def exploration(url: str, timing: spec.Timing) -> Figure:
    """Hypothesis examples checked per second on the wire, by the same strategy only drawn."""
    target = Target(url, timing)
    scenario = next(each for each in server_scenarios() if each.name == EXPLORED)
    assert scenario.steps is not None
    strategy = scenario.steps()
    loop, clock = watchful_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        session = _session(runner, clock, target)
        tallies = Tallies(rules("server"), None, target, Options())

        drawn_only = replace(scenario, boundary=None)

        def checked(drawing: Drawing) -> int:
            count = 0

            def moved() -> None:
                nonlocal count
                count += 1

            def unlikely(scenario: ServerScenario, why: str) -> None:
                raise AssertionError(f"{scenario.name}: {why}")

            Exploration(session, tallies.add, drawing, 60.0, moved, unlikely).explore([drawn_only])
            return count

        def explored() -> float:
            # As in a run, what draws has drawn schedules before it is asked for examples.
            with drawn_for(target, Options()) as ahead:
                ahead.begin()
                ahead.schedules(timing, SCHEDULES_AT_ONCE, 0)
                begun = time.perf_counter()
                with ahead.draws([drawn_only], EXAMPLES, 0) as drawing:
                    return checked(drawing) / (time.perf_counter() - begun)

        def drawn() -> int:
            count = 0

            @hypothesis.seed(0)
            @hypothesis.settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            )
            @hypothesis.given(strategy)
            def example(_: list[Step]) -> None:
                nonlocal count
                count += 1

            example()
            return count

        on_wire, only_drawn = [], []
        explored()
        for _ in range(ROUNDS):
            on_wire.append(explored())
            only_drawn.append(_per_second(drawn))
        session.reset()
    wire, draw = statistics.median(on_wire), statistics.median(only_drawn)
    return Figure(
        "examples on the wire / examples only drawn",
        wire / draw,
        0.9,
        more_is_better=True,
        made_of=f"{wire:,.0f}/s / {draw:,.0f}/s",
    )


def _session(runner: asyncio.Runner, clock: Clock, target: Target) -> Session:
    heading = Heading("bench", "server", target.shown, target.timing, target.capabilities)

    def dial(recorder: Recorder) -> Dial:
        return Dial(target, recorder, clock, clock.now(), None)

    return Session(runner.get_loop(), dial, heading, clock, clock.now())


def _per_second(work: Callable[[], int]) -> float:
    begun = time.perf_counter()
    count = work()
    return count / (time.perf_counter() - begun)


def figures(production: bool) -> Iterable[Figure]:
    """All figures; the run at `production` timing takes over two minutes."""
    fast = spec.load_timing("fast")
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        yield full_run(server.url, fast, 1.3)
        yield throughput(server.url, fast)
        yield exploration(server.url, fast)
    yield broken_run(fast)
    yield full_client_run(fast)
    yield start_up()
    yield virtual_run()
    if production:
        with running("reference_server", "--port", "0", "--timing", "production") as server:
            yield full_run(server.url, spec.load_timing("production"), 1.03)


def main() -> None:
    """Print the figures as they come."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--production", action="store_true", help="also run at production timing")
    parser.add_argument("--record", action="store_true", help="write the figures for docs/proof.md")
    given = parser.parse_args()
    found = []
    for figure in figures(given.production):
        print(figure, flush=True)
        found.append(figure.to_json())
    if given.record:
        option = " --production" if given.production else ""
        record("bench", f"python -m tests.proof.bench{option} --record", {"figures": found})


if __name__ == "__main__":
    main()

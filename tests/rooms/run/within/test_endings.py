"""What is done last to a server in virtual time: its wall clock is set, and it is asked to end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from conformance.run.within.check import check_server_here
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Capabilities
from conformance.verdict.result import Result
from spec import Timing, load_timing
from tests.mutants import find
from tests.mutants.serving import serving

FAST, PRODUCTION = load_timing("fast"), load_timing("production")
ENDINGS = ("S-GOING-AWAY", "S-MONOTONIC")
HERE = "tests.rooms.run.within"


def checked(name: str, timing: Timing = PRODUCTION) -> Result:
    target = Target(
        "ws://127.0.0.1:{port}/ws", timing, within=name, capabilities=Capabilities(echo=False)
    )
    return check_server_here(target, Options(select=ENDINGS), lambda _: None)


def verdicts(result: Result) -> tuple[str, ...]:
    found = {each.requirement.id: each.verdict for each in result.assessments}
    return tuple(found[name] for name in ENDINGS)


@pytest.mark.parametrize(
    ("name", "going_away", "monotonic"),
    [
        ("compliant", "passed", "passed"),
        ("goes_away_with_1000", "warned", "passed"),
        ("hangs_up_when_it_goes_away", "warned", "passed"),
        ("reads_the_wall_clock", "passed", "failed"),
        ("looks_at_the_wall_clock_often", "passed", "failed"),
        ("looks_again_at_a_time_of_day", "passed", "failed"),
    ],
)
def test_a_mutant_fails_what_it_breaks(name: str, going_away: str, monotonic: str) -> None:
    async def serve(port: int) -> None:
        async with serving(find(name), FAST, port):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    target = Target("ws://127.0.0.1:{port}/ws", FAST, within=f"py:mutants:{name}/ws")
    result = check_server_here(target, Options(select=ENDINGS), lambda _: None, serve)
    assert verdicts(result) == (going_away, monotonic)
    assert not result.notes


def test_one_that_closes_nothing_is_not_said_to_go_by_the_wall_clock() -> None:
    """It is seen twice with that, for it cannot be told whether a pinging neighbour kept all."""

    async def serve(port: int) -> None:
        async with serving(find("never_closes"), FAST, port):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    target = Target("ws://127.0.0.1:{port}/ws", FAST, within="py:mutants:never_closes/ws")
    options = Options(select=("S-TIMEOUT-LATEST", "S-INDEPENDENT", "S-MONOTONIC"))
    result = check_server_here(target, options, lambda _: None, serve)
    found = {each.requirement.id: each.verdict for each in result.assessments}
    assert found["S-TIMEOUT-LATEST"] == "failed"
    assert found["S-MONOTONIC"] != "failed"


@pytest.mark.parametrize(
    ("name", "going_away", "monotonic"),
    [
        (f"asgi:{HERE}.apps:plain/ws", "passed", "failed"),
        (f"py:{HERE}.apps:answers/ws", "passed", "passed"),
        (f"py:{HERE}.endings:says_so_where_it_is_cancelled", "passed", "passed"),
        (f"py:{HERE}.endings:leaves_its_connections", "warned", "passed"),
        (f"py:{HERE}.endings:does_not_end", "warned", "passed"),
    ],
)
def test_what_a_server_does_at_its_end(name: str, going_away: str, monotonic: str) -> None:
    """One that keeps `datetime.now()` is closed by the wall clock, in virtual time, too."""
    result = checked(name)
    assert verdicts(result) == (going_away, monotonic), result.notes

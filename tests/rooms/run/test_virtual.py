"""Virtual time: it passes only while everybody waits, and what is found in it is found again."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from conformance.wire.clock import LeapingSelector, leaping_loop
from spec import load_timing
from tests.mutants import find
from tests.mutants.clients.mutant import find as find_client
from tests.mutants.virtual import client_result, server_result

FAST, PRODUCTION = load_timing("fast"), load_timing("production")
HOUR = 3600.0
SECONDS = 60.0  # of real time, on a machine that is busy with other things


def counted(result: Result) -> list[tuple[object, ...]]:
    """All that a run found, but for the words."""
    return [
        (a.requirement.id, a.verdict, a.satisfied, a.violated, a.undecidable)
        for a in result.assessments
    ]


def test_a_server_at_production_timing_is_checked_within_seconds() -> None:
    begun = time.monotonic()
    result = server_result(find("compliant"), (), PRODUCTION)
    assert result.outcome == "conformant"
    assert result.duration > PRODUCTION.heartbeat_timeout + PRODUCTION.check_interval
    assert time.monotonic() - begun < SECONDS
    assert result.harness_lateness == 0


def test_a_client_at_production_timing_is_checked_within_seconds() -> None:
    begun = time.monotonic()
    result = client_result(find_client("compliant"), (), PRODUCTION)
    assert result.outcome == "conformant"
    assert result.duration > 4 * PRODUCTION.heartbeat_interval
    assert time.monotonic() - begun < SECONDS
    assert result.harness_lateness == 0


@pytest.mark.parametrize(
    "name",
    ["compliant", pytest.param("closes_after_half_the_timeout", marks=pytest.mark.virtual)],
)
def test_two_runs_on_a_server_count_the_same(name: str) -> None:
    runs = [server_result(find(name), (), FAST) for _ in range(2)]
    assert counted(runs[0]) == counted(runs[1])
    assert runs[0].duration == pytest.approx(runs[1].duration, abs=1e-3)


@pytest.mark.parametrize(
    "name", ["compliant", pytest.param("comes_back_at_once", marks=pytest.mark.virtual)]
)
def test_two_runs_on_a_client_count_the_same(name: str) -> None:
    runs = [client_result(find_client(name), (), FAST) for _ in range(2)]
    assert counted(runs[0]) == counted(runs[1])
    assert runs[0].duration == pytest.approx(runs[1].duration, abs=1e-3)


@pytest.mark.parametrize(("slowness", "verdict"), [(0.9, "passed"), (1.1, "failed")])
def test_who_sleeps_for_longer_than_allowed_is_late(slowness: float, verdict: str) -> None:
    """A server whose pongs take a part of what is allowed; a tenth makes the difference."""
    allowed = FAST.reply_deadline + FAST.tolerance

    async def answer(peer: ServerConnection) -> None:
        # Each message has its own delay, however many come at once.
        with suppress(ConnectionClosed):
            async with asyncio.TaskGroup() as group:
                async for _ in peer:
                    group.create_task(pong(peer))

    async def pong(peer: ServerConnection) -> None:
        await asyncio.sleep(slowness * allowed)
        with suppress(ConnectionClosed):
            await peer.send('{"type":"pong"}')

    @asynccontextmanager
    async def slow() -> AsyncIterator[str]:
        async with serve(answer, "127.0.0.1", 0, ping_interval=None) as server:
            yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"

    options = Options(select=("S-REPLY-SOON",), examples=1)
    result = check_server_within(slow, lambda url: Target(url, FAST), options)
    (found,) = [a for a in result.assessments if a.requirement.id == "S-REPLY-SOON"]
    assert found.verdict == verdict


@pytest.fixture
def selector() -> Iterator[LeapingSelector]:
    with LeapingSelector() as selector:
        yield selector


@pytest.fixture
def ends(selector: LeapingSelector) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection, of which the selector waits for the second."""
    one, other = socket.socketpair()
    with one, other:
        selector.register(other, 1)
        yield one, other


Ends = tuple[socket.socket, socket.socket]


def test_when_nothing_is_under_way_time_leaps(selector: LeapingSelector, ends: Ends) -> None:
    begun, before = time.monotonic(), selector.now
    assert selector.select(HOUR) == []
    assert selector.now == before + HOUR
    assert selector.asked == selector.now, "it was looked at the moment of the leap"
    assert time.monotonic() - begun < SECONDS


def test_time_stands_still_while_something_is_ready(selector: LeapingSelector, ends: Ends) -> None:
    before = selector.now
    ends[0].send(b"!")
    assert selector.select(HOUR)
    assert selector.now == before


def test_who_has_no_time_to_wait_does_not_leap(selector: LeapingSelector, ends: Ends) -> None:
    before = selector.now
    assert selector.select(0) == []
    assert selector.select(-1.0) == []
    assert selector.now == before


def test_without_a_timer_it_waits_for_what_comes(selector: LeapingSelector, ends: Ends) -> None:
    before = selector.now
    sender = threading.Timer(0.05, lambda: ends[0].send(b"!"))
    sender.start()
    assert selector.select(None)
    sender.join()
    assert selector.now == before


def test_it_knows_when_it_looked_before(selector: LeapingSelector, ends: Ends) -> None:
    """At a leap nothing is under way: what is told turns later would have been told by then."""
    selector.select(HOUR)
    first = selector.now
    assert (selector.asked_earlier, selector.asked_before, selector.asked) == (first, first, first)
    selector.now += HOUR
    selector.select(0.0)
    second = selector.now
    selector.now += HOUR
    selector.select(0.0)
    assert (selector.asked_earlier, selector.asked_before) == (first, second)


def test_what_is_put_off_by_the_same_delay_comes_in_its_order() -> None:
    loop, clock = leaping_loop()
    came: list[int] = []
    with asyncio.Runner(loop_factory=lambda: loop) as runner:

        async def put_off() -> None:
            for number in range(100):
                loop.call_later(HOUR, came.append, number)
            await asyncio.sleep(2 * HOUR)

        begun = clock.now()
        runner.run(put_off())
        assert 2 * HOUR <= clock.now() - begun < 2 * HOUR + 1
    assert came == list(range(100))


def test_what_goes_from_one_end_to_the_other_takes_no_time() -> None:
    """However much it is: the way through the system is none that anybody waits for."""
    size = 8 * 1024 * 1024
    loop, clock = leaping_loop()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(size))
        await writer.drain()
        writer.close()

    async def to_and_fro() -> float:
        server = await asyncio.start_server(echo, "127.0.0.1", 0, limit=size)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            begun = clock.now()
            async with asyncio.timeout(HOUR):
                writer.write(bytes(size))
                assert await reader.readexactly(size) == bytes(size)
            writer.close()
            return clock.now() - begun

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(to_and_fro()) < 0.01

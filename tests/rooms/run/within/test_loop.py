"""Virtual time leaps over nothing that goes on elsewhere, and a peer's own work takes its time."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from conformance.run.server.time_left import TimeIsUp
from conformance.run.within.check import VirtualTime, virtual_time
from conformance.run.within.handles import HARNESS
from tests.rooms.run.within.leaping import HOUR, SOON, WHILE, causes, passed, real


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    with virtual_time(lambda _: None) as found:
        yield found


def test_where_nothing_goes_on_an_hour_takes_no_time(virtual: VirtualTime) -> None:
    begun = real()
    assert passed(virtual, lambda: asyncio.sleep(HOUR)) == pytest.approx(HOUR, abs=1.0)
    assert real() - begun < SOON
    assert not causes(virtual)


def test_a_process_is_waited_for(virtual: VirtualTime) -> None:
    async def work() -> None:
        async with asyncio.timeout(HOUR):
            sleeping = await asyncio.create_subprocess_exec("sleep", str(WHILE))
            assert await sleeping.wait() == 0

    assert WHILE <= passed(virtual, work) < HOUR
    assert causes(virtual)


def test_a_process_that_is_only_looked_at_is_waited_for(virtual: VirtualTime) -> None:
    async def work() -> None:
        code = f"import time; time.sleep({WHILE})"
        child = subprocess.Popen([sys.executable, "-c", code])  # noqa: ASYNC220 - as some do
        async with asyncio.timeout(HOUR):
            while child.poll() is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    assert WHILE <= passed(virtual, work) < HOUR
    assert "a process, " in causes(virtual)


def test_a_connection_to_elsewhere_is_waited_for(virtual: VirtualTime) -> None:
    """Both ends are here, but it cannot be told: a socket pair has no names."""

    async def work() -> None:
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            answering = threading.Timer(WHILE, lambda: there.send(b"!"))
            answering.start()
            virtual.selector.elsewhere.threads.add(answering.ident or 0)
            async with asyncio.timeout(HOUR):
                assert await asyncio.get_running_loop().sock_recv(here, 1) == b"!"
            answering.join()

    assert WHILE - 0.01 <= passed(virtual, work) < HOUR
    assert "which leads out of this process" in causes(virtual)


def test_a_connection_within_the_process_is_not_waited_for(virtual: VirtualTime) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        await asyncio.sleep(HOUR)
        writer.write(b"!")
        writer.close()

    async def work() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"?")
            assert await reader.read() == b"!"
            writer.close()

    begun = real()
    assert passed(virtual, work) >= HOUR
    assert real() - begun < SOON
    assert not causes(virtual)


def test_a_loop_that_is_put_to_sleep_loses_that_time(virtual: VirtualTime) -> None:
    async def work() -> None:
        time.sleep(HOUR)  # noqa: ASYNC251 - that is the fault

    begun = real()
    assert passed(virtual, work) == pytest.approx(HOUR, abs=1.0)
    assert real() - begun < SOON
    [note] = virtual.notes.lines({})
    assert "time.sleep put the event loop to sleep" in note
    assert "test_loop.py" in note


@pytest.mark.parametrize("is_told_before", [False, True])
def test_who_sleeps_in_the_loop_says_nothing_meanwhile(
    virtual: VirtualTime, *, is_told_before: bool
) -> None:
    """What comes after an hour's sleep was not there before, unless it was said before that."""

    def noted(read: asyncio.Future[float]) -> None:
        if not read.done():
            read.set_result(virtual.clock.last_look())

    async def work() -> float:
        loop = asyncio.get_running_loop()
        read: asyncio.Future[float] = loop.create_future()
        here, there = socket.socketpair()
        with here, there:
            token = HARNESS.set(True)
            loop.add_reader(here, noted, read)
            HARNESS.reset(token)
            await asyncio.sleep(0)
            begun = virtual.clock.now()
            if is_told_before:
                there.send(b"!")
            time.sleep(HOUR)  # noqa: ASYNC251 - that is the fault
            there.send(b"!")
            looked = await read
            loop.remove_reader(here)
        return looked - begun

    looked = virtual.runner.run(work())
    assert looked < HOUR / 2 if is_told_before else looked >= HOUR


def test_what_a_peer_computes_takes_its_time(virtual: VirtualTime) -> None:
    async def work() -> None:
        computed = time.process_time() + WHILE
        while time.process_time() < computed:
            pass

    assert passed(virtual, work) >= 0.9 * WHILE


def test_what_a_peer_waits_for_in_the_loop_takes_its_time(virtual: VirtualTime) -> None:
    async def work() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(time.sleep, WHILE).result()

    assert passed(virtual, work) >= 0.9 * WHILE


def test_where_time_leaps_all_that_had_come_by_then_was_told(virtual: VirtualTime) -> None:
    """Also the end of a connection, which the loop tells a turn later than what was said on it."""
    looks = list[float]()

    async def work() -> None:
        for _ in range(3):
            begun = virtual.clock.now()
            await asyncio.sleep(HOUR)
            looks.extend((begun, virtual.clock.last_look(), virtual.clock.look_before()))

    passed(virtual, work)
    for begun, last, before in zip(*[iter(looks)] * 3, strict=True):
        assert min(last, before) >= begun + HOUR - WHILE


def test_sockets_are_looked_at_though_a_peer_is_always_busy(virtual: VirtualTime) -> None:
    came = asyncio.Event()
    one, other = socket.socketpair()

    async def work() -> None:
        asyncio.get_running_loop().add_reader(other, came.set)
        one.send(b"x")
        for _ in range(100):
            await asyncio.sleep(0)
        asyncio.get_running_loop().remove_reader(other)

    with one, other:
        passed(virtual, work)
    assert came.is_set()


def test_what_wsbeat_computes_takes_no_time(virtual: VirtualTime) -> None:
    async def work() -> None:
        computed = time.process_time() + WHILE
        while time.process_time() < computed:
            pass

    token = HARNESS.set(True)
    try:
        begun = virtual.clock.now()
        virtual.loop.run_until_complete(work())
        assert virtual.clock.now() - begun < WHILE / 2
    finally:
        HARNESS.reset(token)


def test_what_never_yields_is_ended_with_its_stack() -> None:
    async def hangs() -> None:
        while True:
            try:
                while True:
                    pass
            finally:
                pass

    with virtual_time(lambda _: None, limit=1.0, over=TimeIsUp) as virtual:
        with pytest.raises(KeyboardInterrupt, match=r"test_loop\.py"):
            passed(virtual, hangs)
        assert "in hangs" in virtual.patience.never_yielded


def test_what_does_not_end_is_left_behind() -> None:
    async def goes_on() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(HOUR)

    with virtual_time(lambda _: None) as time:

        async def begin() -> asyncio.Task[None]:
            return asyncio.create_task(goes_on())

        task = time.runner.run(begin())
    assert not task.done()

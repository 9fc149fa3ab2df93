"""What a peer has under way in threads is waited for, and they themselves are not."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Iterator

import pytest

from conformance.run.within.check import VirtualTime, virtual_time
from conformance.run.within.elsewhere.sockets import is_pipe_within
from tests.rooms.run.within.leaping import HOUR, SOON, WHILE, causes, passed, real, work_for_a_while


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    with virtual_time(lambda _: None) as found:
        yield found


def test_work_in_a_thread_is_waited_for(virtual: VirtualTime) -> None:
    async def work() -> None:
        async with asyncio.timeout(HOUR):
            await asyncio.to_thread(time.sleep, WHILE)

    assert WHILE <= passed(virtual, work) < HOUR
    assert "work in a thread, time.sleep" in causes(virtual)


def test_a_thread_that_has_nothing_to_do_is_not_waited_for(virtual: VirtualTime) -> None:
    async def work() -> None:
        await asyncio.to_thread(int)
        await asyncio.sleep(HOUR)

    begun = real()
    assert passed(virtual, work) >= HOUR
    assert real() - begun < SOON


def test_a_thread_with_a_queue_is_waited_for_while_it_works(virtual: VirtualTime) -> None:
    """As those of aiosqlite and anyio: the loop hands work over, and is told when it is done."""

    def serve(
        tasks: queue.SimpleQueue[asyncio.Future[None] | None], loop: asyncio.AbstractEventLoop
    ) -> None:
        while True:
            done = tasks.get()
            if done is None:
                return
            work_for_a_while()
            loop.call_soon_threadsafe(done.set_result, None)

    async def work() -> None:
        loop = asyncio.get_running_loop()
        tasks: queue.SimpleQueue[asyncio.Future[None] | None] = queue.SimpleQueue()
        thread = threading.Thread(target=serve, args=(tasks, loop))
        thread.start()
        try:
            for _ in range(3):
                await asyncio.sleep(HOUR)
                begun = loop.time()
                done = loop.create_future()
                tasks.put(done)
                async with asyncio.timeout(HOUR):
                    await done
                assert WHILE <= loop.time() - begun < HOUR
        finally:
            tasks.put(None)
            thread.join()

    assert passed(virtual, work) > 3 * HOUR
    assert "leaping.py" in causes(virtual)


def test_a_thread_with_a_pipe_is_waited_for_while_it_works(virtual: VirtualTime) -> None:
    """As those of loguru and other loggers: what is logged comes to them through a pipe."""
    lines = multiprocessing.get_context("spawn").SimpleQueue()

    def write() -> None:
        while lines.get() is not None:
            work_for_a_while()

    async def work() -> None:
        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(3):
            await asyncio.sleep(HOUR)
            lines.put("a line")
        await asyncio.sleep(HOUR)
        lines.put(None)
        thread.join()

    begun = real()
    assert passed(virtual, work) > 4 * HOUR
    assert real() - begun < SOON
    assert virtual.selector.elsewhere.waited, "the thread worked"


def test_a_pipe_that_leads_elsewhere_is_none_within() -> None:
    ours, theirs = os.pipe()
    try:
        assert is_pipe_within(ours)
        os.write(theirs, b"something")
        assert not is_pipe_within(ours)
        os.read(ours, 100)
        os.close(theirs)
        theirs = -1
        assert not is_pipe_within(ours)
        assert not is_pipe_within(-1)
    finally:
        os.close(ours)


def test_a_thread_that_works_is_told_by_where_it_does(virtual: VirtualTime) -> None:
    async def work() -> None:
        thread = threading.Thread(target=work_for_a_while)
        thread.start()
        while thread.is_alive():  # noqa: ASYNC110 - nobody tells the loop
            await asyncio.sleep(0.01)

    assert WHILE <= passed(virtual, work) < HOUR
    assert "work_for_a_while" in causes(virtual)

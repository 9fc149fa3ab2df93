"""Threads of a peer nap where they wait for a while: virtual time leaps to the end of it."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from conformance.run.within.check import VirtualTime, virtual_time
from tests.rooms.run.within.leaping import HOUR, SOON, passed, real

AT_ONCE = 1.0  # seconds that what wakes up may take to say so, on a machine that is busy


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    begun = real()
    with virtual_time(lambda _: None) as found:
        yield found
    assert real() - begun < SOON


def by_sleep() -> bool:
    time.sleep(HOUR)
    return False


def by_an_event() -> bool:
    return threading.Event().wait(HOUR)


def by_a_queue() -> bool:
    try:
        queue.Queue[int]().get(timeout=HOUR)
    except queue.Empty:
        return False
    return True


def by_a_full_queue() -> bool:
    full = queue.Queue[int](1)
    full.put(1)
    try:
        full.put(2, timeout=HOUR)
    except queue.Full:
        return False
    return True


def by_a_condition() -> bool:
    condition = threading.Condition()
    with condition:
        return condition.wait_for(lambda: False, HOUR)


def by_a_semaphore() -> bool:
    return threading.Semaphore(0).acquire(timeout=HOUR)


def by_a_barrier() -> bool:
    try:
        threading.Barrier(2).wait(HOUR)
    except threading.BrokenBarrierError:
        return False
    return True


WAITS = [
    by_sleep, by_an_event, by_a_queue, by_a_full_queue, by_a_condition, by_a_semaphore, by_a_barrier
]  # fmt: skip


@pytest.mark.parametrize("wait", WAITS)
def test_an_hour_of_a_threads_passes_with_the_virtual_clock(
    virtual: VirtualTime, wait: Callable[[], bool]
) -> None:
    told: list[bool] = []

    async def work() -> None:
        loop, rung = asyncio.get_running_loop(), asyncio.Event()

        def napping() -> None:
            told.append(wait())
            loop.call_soon_threadsafe(rung.set)

        threading.Thread(target=napping).start()
        async with asyncio.timeout(2 * HOUR):
            await rung.wait()

    assert HOUR <= passed(virtual, work) < HOUR + AT_ONCE
    assert told == [False]


def test_a_timer_goes_off_when_it_is_due(virtual: VirtualTime) -> None:
    async def work() -> None:
        loop, rung = asyncio.get_running_loop(), asyncio.Event()
        threading.Timer(HOUR, lambda: loop.call_soon_threadsafe(rung.set)).start()
        await rung.wait()

    assert HOUR <= passed(virtual, work) < HOUR + AT_ONCE


def test_who_is_woken_before_is_told_so(virtual: VirtualTime) -> None:
    """Whatever an event, a queue or a condition wakes in time has not waited in vain."""
    told: list[bool | int] = []

    async def work() -> None:
        event, items, lock = threading.Event(), queue.Queue[int](), threading.Condition()

        def on_a_condition() -> None:
            with lock:
                told.append(lock.wait(HOUR))

        threads = [
            threading.Thread(target=lambda: told.append(event.wait(HOUR))),
            threading.Thread(target=lambda: told.append(items.get(timeout=HOUR))),
            threading.Thread(target=on_a_condition),
        ]
        for thread in threads:
            thread.start()
        await asyncio.sleep(HOUR / 2)
        event.set()
        items.put(7)
        with lock:
            lock.notify()
        await asyncio.sleep(1)
        for thread in threads:
            thread.join()

    assert passed(virtual, work) == pytest.approx(HOUR / 2 + 1, abs=AT_ONCE)
    assert sorted(told) == [True, True, 7]


def test_each_wakes_in_its_turn_and_naps_on(virtual: VirtualTime) -> None:
    """As those that look at something now and then; the loop has timers of its own meanwhile."""
    woke: list[tuple[str, float]] = []

    async def work() -> None:
        loop, over = asyncio.get_running_loop(), threading.Event()
        begun = loop.time()

        def look(name: str, every: float) -> None:
            while not over.wait(every):
                woke.append((name, time.monotonic() - begun))

        threads = [threading.Thread(target=look, args=each) for each in (("a", 30), ("b", 70))]
        for thread in threads:
            thread.start()
        for _ in range(14):
            await asyncio.sleep(15)
        over.set()
        for thread in threads:
            thread.join()

    passed(virtual, work)
    assert [at for name, at in woke if name == "a"] == pytest.approx(
        [30 * n for n in range(1, 1 + sum(name == "a" for name, _ in woke))], abs=AT_ONCE
    )
    assert [name for name, _ in woke][:8] == list("aabaabaa")


def test_when_virtual_time_is_over_nobody_naps_on() -> None:
    ended = threading.Event()

    def by_two_naps() -> None:
        time.sleep(HOUR)
        ended.set()

    async def work() -> None:
        threading.Thread(target=by_two_naps, daemon=True).start()
        await asyncio.sleep(1)

    with virtual_time(lambda _: None) as virtual:
        passed(virtual, work)
    assert ended.wait(SOON)


def test_threads_that_are_none_of_the_peers_wait_as_ever() -> None:
    """They were there before: those of a runner of tests, say, or of wsbeat."""
    asked, told = queue.SimpleQueue[float](), queue.SimpleQueue[float]()

    def waits() -> None:
        begun = real()
        threading.Event().wait(asked.get())
        told.put(real() - begun)

    thread = threading.Thread(target=waits)
    thread.start()
    with virtual_time(lambda _: None) as virtual:

        async def work() -> None:
            asked.put(0.3)
            await asyncio.sleep(HOUR)

        passed(virtual, work)
        assert told.get() >= 0.25
    thread.join()

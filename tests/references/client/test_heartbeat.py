"""The beat alone, in a time that costs nothing."""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from reference_client import Settings, heartbeat
from reference_client.heartbeat import beat

PRODUCTION = Settings.from_timing("production")


class Virtual(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer."""

    def __init__(self) -> None:
        self.now = 0.0

        class Selector(selectors.DefaultSelector):
            def select(_, timeout: float | None = None) -> list[Any]:
                assert timeout is not None, "nothing is due any more"
                self.now += max(timeout, 0.0)
                return super().select(0)

        super().__init__(Selector())

    def time(self) -> float:
        return self.now


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Virtual]:
    loop = Virtual()
    monkeypatch.setattr(heartbeat, "monotonic", loop.time)
    yield loop
    loop.close()


def beats(loop: Virtual, answer: Callable[[asyncio.Event, int], None]) -> tuple[list[float], float]:
    """Beat until no pong comes; return when pings were sent, and when that was noticed."""

    async def run() -> tuple[list[float], float]:
        pong, sent = asyncio.Event(), list[float]()

        def ping() -> None:
            sent.append(loop.now)
            answer(pong, len(sent))

        await beat(ping, pong, PRODUCTION)
        return sent, loop.now

    return loop.run_until_complete(run())


def test_the_first_ping_comes_at_once_and_the_others_keep_to_the_schedule(loop: Virtual) -> None:
    def answer(pong: asyncio.Event, count: int) -> None:
        if count < 50:
            loop.call_later(0.01 * count, pong.set)

    sent, _ = beats(loop, answer)
    assert sent == pytest.approx([30.0 * count for count in range(50)], abs=0.001)


def test_a_pong_is_missed_after_its_timeout_and_not_before(loop: Virtual) -> None:
    sent, missed = beats(loop, lambda pong, count: None)
    assert sent == [0.0]
    assert 20.0 <= missed < 20.001


def test_a_pong_at_the_last_moment_is_in_time(loop: Virtual) -> None:
    def answer(pong: asyncio.Event, count: int) -> None:
        if count < 3:
            loop.call_later(19.999, pong.set)

    sent, _ = beats(loop, answer)
    assert len(sent) == 3


def test_a_pong_of_before_answers_no_ping(loop: Virtual) -> None:
    def answer(pong: asyncio.Event, count: int) -> None:
        if count == 1:
            pong.set()
            loop.call_later(25.0, pong.set)  # unasked

    sent, missed = beats(loop, answer)
    assert sent == pytest.approx([0.0, 30.0])
    assert missed == pytest.approx(50.0, abs=0.001)


def test_a_ping_that_is_late_by_little_does_not_move_the_schedule(loop: Virtual) -> None:
    def answer(pong: asyncio.Event, count: int) -> None:
        if count < 4:
            pong.set()
        if count == 1:
            loop.call_at(29.0, stall, 2.0)

    def stall(seconds: float) -> None:
        loop.now += seconds

    sent, _ = beats(loop, answer)
    assert sent == pytest.approx([0.0, 31.0, 60.0, 90.0], abs=0.001)


def test_after_a_stall_one_ping_is_due_and_the_next_an_interval_later(loop: Virtual) -> None:
    def answer(pong: asyncio.Event, count: int) -> None:
        if count < 4:
            pong.set()
        if count == 1:
            loop.call_at(25.0, stall, 100.0)

    def stall(seconds: float) -> None:
        loop.now += seconds

    sent, _ = beats(loop, answer)
    assert sent[:2] == pytest.approx([0.0, 125.0])
    for before, after in pairwise(sent[1:]):
        assert 27.0 <= after - before <= 33.0


def test_a_pong_that_nobody_could_read_yet_is_not_missed(loop: Virtual) -> None:
    def answer(pong: asyncio.Event, count: int) -> None:
        if count == 1:
            loop.call_at(1.0, stall, 60.0, pong)
        elif count < 3:
            pong.set()

    def stall(seconds: float, pong: asyncio.Event) -> None:
        loop.now += seconds  # the pong timeout is over; reading takes some turns of the loop
        loop.call_soon(lambda: loop.call_soon(lambda: loop.call_soon(pong.set)))

    sent, _ = beats(loop, answer)
    assert len(sent) == 3

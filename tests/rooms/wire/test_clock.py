"""The clock of the harness: when it looks, and that it tells when it was late."""

from __future__ import annotations

import asyncio
import socket
import time

from conformance.wire.clock import TICK, WORTH_NOTING, canary, leaping_loop, watchful_loop

HELD_UP = 3 * WORTH_NOTING


async def _held_up(told: list[float]) -> list[float]:
    """Be held up while something is read, and return what was told by when that is acted upon."""
    read = asyncio.Event()
    ours, theirs = socket.socketpair()

    def take_in() -> None:
        ours.recv(1)
        time.sleep(HELD_UP)  # Nobody else has a turn, as when the system gives this process none.
        read.set()

    with ours, theirs:
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, take_in)
        theirs.send(b".")
        await read.wait()
        loop.remove_reader(ours)
        return list(told)


def test_a_lateness_is_told_before_anything_comes_of_what_was_read_meanwhile() -> None:
    """A scenario may be over with that, and its trace would not say that wsbeat was late."""
    loop, clock = watchful_loop()
    told: list[float] = []

    async def scenario() -> list[float]:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(canary(clock, lambda due, now: told.append(now - due)))
            await asyncio.sleep(0)
            by_then = await _held_up(told)
            watch.cancel()
        return by_then

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        told_by_then = runner.run(scenario())
    # Others may keep it from a processor, too, for whatever time: this is told for certain.
    assert max(told_by_then, default=0.0) >= HELD_UP - 2 * TICK


def test_who_is_not_asked_to_tells_of_no_lateness() -> None:
    loop, clock = watchful_loop()
    told: list[float] = []

    async def scenario() -> None:
        with clock.telling(lambda due, now: told.append(now - due)):
            await asyncio.sleep(0)
        told.clear()
        await _held_up(told)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(scenario())
    assert not told


def test_virtual_time_goes_on_for_what_never_waits() -> None:
    loop, clock = leaping_loop()

    until = clock.now() + 0.2

    def spin() -> None:
        if clock.now() < until:
            loop.call_soon(spin)
        else:
            loop.stop()

    try:
        loop.call_soon(spin)
        loop.run_forever()
        assert clock.now() >= until
    finally:
        loop.close()

"""In virtual time every clock of the process goes along, and afterwards none does."""

from __future__ import annotations

import asyncio
import datetime
import os
import random
import sys
import time
from datetime import UTC
from pathlib import Path

import pytest

from conformance.run.within.check import virtual_time

HOUR = 3600.0
NANO = 1_000_000_000


def test_all_clocks_go_along() -> None:
    def told() -> list[float]:
        return [
            time.time(),
            time.time_ns() / NANO,
            time.monotonic(),
            time.monotonic_ns() / NANO,
            time.perf_counter(),
            time.perf_counter_ns() / NANO,
            datetime.datetime.now(UTC).timestamp(),
            datetime.datetime.now().timestamp(),
            time.mktime(time.localtime()),
            asyncio.get_running_loop().time(),
            time.clock_gettime(time.CLOCK_MONOTONIC),
            time.clock_gettime_ns(time.CLOCK_MONOTONIC) / NANO,
            time.clock_gettime(time.CLOCK_REALTIME),
        ]

    async def an_hour() -> list[float]:
        begun = told()
        await asyncio.sleep(HOUR)
        return [now - then for now, then in zip(told(), begun, strict=True)]

    with virtual_time(lambda _: None) as virtual:
        assert virtual.runner.run(an_hour()) == pytest.approx([HOUR] * 13, abs=1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other clocks")
def test_what_nobody_sets_goes_along_whatever_it_is_called() -> None:
    clocks = time.CLOCK_MONOTONIC, time.CLOCK_MONOTONIC_RAW, time.CLOCK_BOOTTIME
    computed = time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)
    real = [time.clock_gettime(clock) for clock in clocks]
    with virtual_time(lambda _: None) as virtual:
        virtual.runner.run(asyncio.sleep(HOUR))
        gone = [time.clock_gettime(clock) - at for clock, at in zip(clocks, real, strict=True)]
        assert gone == pytest.approx([HOUR] * 3, abs=60.0)
        assert time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) - computed < HOUR / 2
    assert time.clock_gettime(time.CLOCK_MONOTONIC) < real[0] + HOUR / 2


def test_it_begins_at_the_real_time_and_ends_there() -> None:
    before, clocks = time.time(), (time.monotonic, time.perf_counter, time.sleep)
    with virtual_time(lambda _: None) as virtual:
        assert abs(time.time() - before) < HOUR / 2
        virtual.runner.run(asyncio.sleep(HOUR))
        assert time.time() >= before + HOUR
    assert (time.monotonic, time.perf_counter, time.sleep) == clocks
    assert time.time() < before + HOUR / 2


def test_a_module_that_has_taken_a_clock_goes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was loaded before or meanwhile; and it gets the real one back."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("loaded_before", "loaded_meanwhile"):
        Path(tmp_path, f"{name}.py").write_text("from time import monotonic as now\n")
    import loaded_before  # type: ignore[import-not-found]

    with virtual_time(lambda _: None) as virtual:
        import loaded_meanwhile  # type: ignore[import-not-found]

        begun = loaded_before.now(), loaded_meanwhile.now()
        virtual.runner.run(asyncio.sleep(HOUR))
        assert loaded_before.now() >= begun[0] + HOUR
        assert loaded_meanwhile.now() >= begun[1] + HOUR
    for module in (loaded_before, loaded_meanwhile):
        assert module.now is time.monotonic
        del sys.modules[module.__name__]


def test_the_system_is_not_reached() -> None:
    with virtual_time(lambda _: None) as virtual:
        before = os.times().elapsed
        virtual.runner.run(asyncio.sleep(HOUR))
        assert os.times().elapsed - before < HOUR / 2


def test_what_is_left_to_chance_is_the_same_for_the_same_seed() -> None:
    """And whoever drew numbers before draws on as if nothing had been."""

    def drawn(seed: int) -> float:
        with virtual_time(lambda _: None, seed=seed):
            return random.random()

    random.seed("before")
    expected = random.random()
    random.seed("before")
    assert drawn(1) == drawn(1) != drawn(2)
    assert random.random() == expected

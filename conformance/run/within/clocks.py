"""The other clocks of the process: in virtual time they go along with that of the event loop.

`time.time`, `datetime.now` and what else tells the wall clock are `time-machine`'s. The clocks that
never jump, and `time.sleep`, are replaced here: in the module `time`, and in whatever has taken
them from there, but for what wsbeat itself, the standard library and pytest measure with.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from conformance.run.within.elsewhere.naps import napping
from conformance.run.within.loop import CarefulSelector


@contextmanager
def _as_if_not_installed(name: str) -> Iterator[None]:
    """Let nobody load a module, unless somebody has done so already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


# Where pytest is installed time-machine loads it, for a fifth of a second, to be a plugin of it.
with _as_if_not_installed("pytest"):
    import time_machine

REAL_ONES = frozenset(
    {"conformance", "spec", "hypothesis", "click", "rich", "pytest", "_pytest", "pluggy",
     "xdist", "execnet", "time_machine"} | sys.stdlib_module_names
)  # fmt: skip
"""Packages that keep the clocks that they have taken."""

NANO = 1_000_000_000

STEADY = ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME", "CLOCK_UPTIME_RAW")
"""The clocks of `time.clock_gettime` that nobody sets, by their names; no system has all of them.

Those that tell the wall clock are `time-machine`'s, and those of a processor's time are real.
"""


@contextmanager
def following(
    selector: CarefulSelector, slept: Callable[[str, float], None]
) -> Iterator[Callable[[float], None]]:
    """Let all clocks of the process follow the selector's, as long as the block lasts.

    `slept` is told where the loop was put to sleep, and for how long (seconds). What it yields sets
    the wall clock alone, forward by so many seconds or back.
    """
    begun, counted, loop_thread = selector.now, time.perf_counter(), threading.get_ident()
    sleep, gettime, gettime_ns = time.sleep, time.clock_gettime, time.clock_gettime_ns
    steady = {
        clock: gettime(clock) - begun
        for clock in (getattr(time, name, None) for name in STEADY)
        if clock is not None
    }

    def monotonic() -> float:
        return selector.now

    def perf_counter() -> float:
        return counted + selector.now - begun

    def clock_gettime(clock: int, /) -> float:
        ahead = steady.get(clock)
        return gettime(clock) if ahead is None else ahead + selector.now

    def clock_gettime_ns(clock: int, /) -> int:
        return gettime_ns(clock) if clock not in steady else int(clock_gettime(clock) * NANO)

    def slept_here(seconds: float) -> None:
        """In a thread of its own it is a nap; in the loop's, time goes on for everybody."""
        if seconds < 0:
            sleep(seconds)  # It raises what it raises.
        if threading.get_ident() != loop_thread:
            selector.naps.sleep(seconds)
            return
        selector.slept(seconds)
        slept(_caller(), seconds)

    slept_here.__qualname__ = "time.sleep"
    replaced: dict[str, Callable[..., Any]] = {
        "monotonic": monotonic,
        "monotonic_ns": lambda: int(monotonic() * NANO),
        "perf_counter": perf_counter,
        "perf_counter_ns": lambda: int(perf_counter() * NANO),
        "clock_gettime": clock_gettime,
        "clock_gettime_ns": clock_gettime_ns,
        "sleep": slept_here,
    }
    told = 0.0

    def follow() -> None:
        nonlocal told
        traveller.shift(selector.now - begun - told)
        told = selector.now - begun

    with (
        time_machine.travel(time.time(), tick=False) as traveller,
        _in_place(replaced),
        napping(selector.naps),
    ):
        selector.moved = follow
        try:
            yield traveller.shift
        finally:
            selector.moved = None


@contextmanager
def _in_place(replaced: dict[str, Callable[..., Any]]) -> Iterator[None]:
    """Put functions into the place of those of the module `time`, wherever these were taken to."""
    real = {name: getattr(time, name) for name in replaced}
    _exchange({id(real[name]): new for name, new in replaced.items()})
    try:
        yield
    finally:
        # A module that was loaded meanwhile has taken the other ones.
        _exchange({id(new): real[name] for name, new in replaced.items()})


def _exchange(by_old: dict[int, Callable[..., Any]]) -> None:
    for name, module in list(sys.modules.items()):
        # What a module put there in its own place need have no names, or none that can be changed.
        names = getattr(module, "__dict__", None)
        if not isinstance(names, dict):
            continue
        if name.partition(".")[0] in REAL_ONES and module is not time:
            continue
        for key in [key for key, value in names.items() if id(value) in by_old]:
            names[key] = by_old[id(names[key])]


def _caller() -> str:
    frame = sys._getframe(2)
    code = frame.f_code
    return f"{code.co_filename.rpartition('/')[2]}:{frame.f_lineno} ({code.co_qualname})"

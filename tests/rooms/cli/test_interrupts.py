"""Interrupts: the first counts, where it can be handled, and none is lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from conformance.cli.showing.interrupts import NUMBERS, Interrupts


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    # Where the tests run under nohup, SIGHUP is ignored, and a signal that is stays so.
    before = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}
    found = Interrupts()
    found.install()
    yield found
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_without_a_run_it_is_raised_at_once_and_once(
    interrupts: Interrupts, number: signal.Signals
) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    signal.raise_signal(number)


def test_a_run_is_interrupted_where_it_asks_and_once(interrupts: Interrupts) -> None:
    interrupts.defer()
    interrupts.raise_if_come()
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupts.raise_if_come()
    interrupts.raise_if_come()


def test_what_was_lost_is_raised_when_the_run_asks(interrupts: Interrupts) -> None:
    """What a handler raises inside a callback of the garbage collector, nobody gets to see."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.defer()
    with pytest.raises(KeyboardInterrupt):
        interrupts.raise_if_come()


def test_at_the_end_nothing_disturbs_any_more(interrupts: Interrupts) -> None:
    interrupts.ignore()
    for number in NUMBERS:
        signal.raise_signal(number)
    assert not interrupts.has_come


def test_under_nohup_a_terminal_that_closes_does_not_matter() -> None:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        found = Interrupts()
        found.install()
        signal.raise_signal(signal.SIGHUP)
        assert not found.has_come
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Looks at what goes on elsewhere do not wait for themselves."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from conformance.run.within.elsewhere.elsewhere import Elsewhere


@pytest.fixture(params=[True, False])
def collects(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether garbage is collected by itself; afterwards it is."""
    if not request.param:
        gc.disable()
    yield request.param
    gc.enable()


def test_no_garbage_is_collected_while_threads_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, collects: bool
) -> None:
    """A collection within `sys._current_frames` can wait for ever (CPython 106883)."""
    look, during = sys._current_frames, []

    def observed() -> dict[int, FrameType]:
        during.append(gc.isenabled())
        return look()

    monkeypatch.setattr(sys, "_current_frames", observed)
    assert Elsewhere().goes_on() is None
    assert during == [False, False]
    assert gc.isenabled() is collects

"""What the marks of tests mean: which tests are proof, and which of them begin first."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

# Whoever draws a text first on a machine makes a table of all characters, which takes seconds.
settings.register_profile("at first", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("at first")

OBJECTS = 50_000
"""After so many new ones garbage is looked for: a run makes and drops many that are none."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make what has a pass of its own a part of the proof; begin with what takes long."""
    for item in items:
        if any(item.get_closest_marker(name) is not None for name in ("alone", "virtual")):
            item.add_marker(pytest.mark.proof)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Let collections of garbage leave out the ten thousand tests, which are none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)

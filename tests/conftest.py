"""What the marks of tests mean: which tests are proof, and which of them begin first."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make what has a pass of its own a part of the proof; begin with what takes long."""
    for item in items:
        if any(item.get_closest_marker(name) is not None for name in ("alone", "virtual")):
            item.add_marker(pytest.mark.proof)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)

"""What the marks of tests mean: which tests are proof, and which of them begin first."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.mutants.beside"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make what is to run alone a part of the proof; leave no worker alone with what takes long."""
    for item in items:
        if item.get_closest_marker("alone") is not None:
            item.add_marker(pytest.mark.proof)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)

"""What the marks of tests mean, and the matrix in virtual time, computed beside other tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.trace.trace import Role
from tests.mutants import virtual


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make what is to run alone a part of the proof; leave no worker alone with what takes long.

    What awaits the matrix comes last, where most of it has been computed.
    """
    for item in items:
        if item.get_closest_marker("alone") is not None:
            item.add_marker(pytest.mark.proof)
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, _awaits_matrix(item)))


@pytest.fixture(scope="session", autouse=True)
def _matrix_beside(request: pytest.FixtureRequest) -> None:
    """Begin with the matrix as soon as the first test runs, if any test awaits it."""
    if any(map(_awaits_matrix, request.session.items)):
        request.getfixturevalue("in_virtual_time")


@pytest.fixture(scope="session")
def in_virtual_time(request: pytest.FixtureRequest) -> Iterator[virtual.ReportOn]:
    """The reports on mutants in virtual time, of which tests ask by `role` and `name`.

    Processes of their own compute them while tests that wait for real peers leave cores idle. A
    worker of xdist cannot know which tests it will get: it has one such process, which computes
    what is asked for.
    """
    if hasattr(request.config, "workerinput"):
        with virtual.process() as report_on:
            yield report_on
        return
    with virtual.begun(map(_asked, filter(_awaits_matrix, request.session.items))) as report_on:
        yield report_on


def _awaits_matrix(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "in_virtual_time" in item.fixturenames


def _asked(item: pytest.Item) -> tuple[Role, str, *tuple[str, ...]]:
    """What a test will ask for: what it selects is its `requirement`."""
    assert isinstance(item, pytest.Function)
    asked: dict[str, Any] = item.callspec.params
    selected = [asked["requirement"]] if "requirement" in asked else []
    return asked.get("role", "server"), asked["name"], *selected

"""The matrix in virtual time, computed beside the tests: a plugin of this project's own tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.trace.trace import Role
    from tests.mutants.virtual import ReportOn


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what awaits the matrix come last, when most of it has been computed."""
    items.sort(key=_awaits_matrix)


@pytest.fixture(scope="session", autouse=True)
def _matrix_beside(request: pytest.FixtureRequest) -> None:
    """Begin with the matrix as soon as the first test runs, if any test awaits it."""
    if any(map(_awaits_matrix, request.session.items)):
        request.getfixturevalue("in_virtual_time")


@pytest.fixture(scope="session")
def in_virtual_time(request: pytest.FixtureRequest) -> Iterator[ReportOn]:
    """The reports on mutants in virtual time, of which tests ask by `role` and `name`.

    Processes of their own compute them while tests that wait for real peers leave cores idle. A
    worker of xdist cannot know which tests it will get: it has one such process, which computes
    what is asked for.
    """
    # Most runs of the tests are about something else: they need not load it.
    from tests.mutants import virtual

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

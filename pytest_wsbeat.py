"""What pytest loads of wsbeat in every project: options and a fixture, and nothing of the suite.

A module of its own with a name that nobody else has: a project may have packages called
`conformance` or `spec`, and its tests run as if wsbeat were not there until an option or the
fixture asks for it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.pytest_fixture import Wsbeat


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options with which a project says what is to be checked."""
    group = parser.getgroup("wsbeat", "conformance with the wsbeat heartbeat protocol")
    group.addoption(
        "--wsbeat-server",
        metavar="URL",
        help="Check the WebSocket server at URL: one test for each requirement.",
    )
    group.addoption(
        "--wsbeat-timing",
        metavar="production|fast|FILE",
        help="The server's timing parameters.  [production]",
    )
    group.addoption(
        "--wsbeat-dialect",
        metavar="NAME|FILE",
        help="The heartbeat that the server speaks.  [wsbeat]",
    )
    group.addoption(
        "--wsbeat-config",
        metavar="FILE",
        help="Read a wsbeat.toml; it may name the server, too.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the suite, where an option asks for it; raises pytest.UsageError if it is hidden."""
    if config.getoption("--wsbeat-server") is None and config.getoption("--wsbeat-config") is None:
        return
    _refuse_hidden()
    # The suite is loaded here and below, nowhere else: most runs of pytest are not about wsbeat.
    from conformance import pytest_plugin  # noqa: PLC0415

    config.pluginmanager.register(pytest_plugin, "wsbeat-requirements")


@pytest.fixture(scope="session")
def wsbeat() -> Wsbeat:
    """Checks a server or a client of the project's own at production timing, in seconds.

    `wsbeat.server(app, path="/ws").assert_conformant()`, `wsbeat.client(main)`.
    """
    _refuse_hidden()
    from conformance.pytest_fixture import Wsbeat  # noqa: PLC0415

    return Wsbeat()


def _refuse_hidden() -> None:
    for package, needed in (("conformance", "pytest_plugin"), ("spec", "contract")):
        if find_spec(f"{package}.{needed}") is None:
            raise pytest.UsageError(
                f"wsbeat: the package {package} of this project hides wsbeat's own. Expected none "
                "of that name on the import path: run pytest where the project's own is not, or "
                "use the command (wsbeat server URL) instead of the plugin."
            )

"""What pytest loads of wsbeat in every project: two options, and nothing of the suite behind them.

A module of its own with a name that nobody else has: a project may have packages called
`conformance` or `spec`, and its tests run as if wsbeat were not there until an option asks for it.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest


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
        "--wsbeat-config",
        metavar="FILE",
        help="Read a wsbeat.toml; it may name the server, too.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the suite, where an option asks for it; raises pytest.UsageError if it is hidden."""
    if config.getoption("--wsbeat-server") is None and config.getoption("--wsbeat-config") is None:
        return
    for package, needed in (("conformance", "pytest_plugin"), ("spec", "contract")):
        if find_spec(f"{package}.{needed}") is None:
            raise pytest.UsageError(
                f"wsbeat: the package {package} of this project hides wsbeat's own. Expected none "
                "of that name on the import path: run pytest where the project's own is not, or "
                "use the command (wsbeat server URL) instead of the plugin."
            )
    # The suite is loaded here and nowhere else: most runs of pytest are not about wsbeat.
    from conformance import pytest_plugin  # noqa: PLC0415

    config.pluginmanager.register(pytest_plugin, "wsbeat-requirements")

"""The ways in which a client is handed over to be checked: one module for each, and this table.

To add one: a module beside these that has a `DRIVER`, and a row here. The options of the command
line, the pytest plugin and what a report calls the client follow from them. The table imports
nothing, so that `wsbeat --help` can be made of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from conformance.run.client.drivers.driver import Driver


class Row(NamedTuple):
    """One way: the name of its option and module, how the option is shown, and an example."""

    name: str
    metavar: str
    example: str
    help: str


DRIVERS = (
    Row(
        "command",
        "'CMD {url}'",
        "'node client.js {url}'",
        "Start the client with this command, one process for each scenario.",
    ),
    Row(
        "page",
        "'URL?ws={url}'",
        "'http://host/page?ws={url}'",
        "Open this page in headless Chromium, one tab for each scenario.",
    ),
    Row(
        "listen",
        "HOST:PORT",
        "HOST:PORT",
        "Wait there for the client, whoever starts it; scenarios take turns.",
    ),
)


FUNCTION = "function"
"""The way that has no option: the client is named where others are given by an option."""


def driver_named(name: str) -> Driver:
    """The driver of a row, or of a function; raises LookupError where there is none."""
    if name != FUNCTION and name not in {row.name for row in DRIVERS}:
        raise LookupError(f"no client is handed over by {name!r}")
    driver: Driver = import_module(f"{__name__}.{name}").DRIVER
    return driver

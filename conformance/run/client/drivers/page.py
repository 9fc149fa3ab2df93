"""A client that is a page: opened in a browser, once for each scenario."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit, urlunsplit

import spec
from conformance.run.client.drivers import browser
from conformance.run.client.drivers.driver import BadOption, Driver, Starter, side_by_side
from conformance.scenarios.scenario import ClientScenario
from conformance.targets.printable import printable

TABS = 8
"""How many tabs live at the same time, where a timing leaves less than a second of tolerance."""


def _checked(page: str) -> str:
    shown = printable(re.sub(r"(?<=//)[^/?#]*@", "", page), 200)
    if "{url}" not in page:
        raise BadOption(
            f"--page: {shown} has no {{url}} in it, so the page would not know where to connect "
            "to. Expected one such as 'http://127.0.0.1:8000/?ws={url}'."
        )
    try:
        parts = urlsplit(page)
    except ValueError as error:
        raise BadOption(f"--page: {shown} is no URL: {error}.") from None
    if parts.scheme not in ("http", "https", "file"):
        raise BadOption(f"--page: {shown} is no page. Expected a URL with http:// or https://.")
    if lacking := browser.missing_browser():
        raise BadOption(lacking)
    return page


def _without_password(page: str) -> str:
    parts = urlsplit(page)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _starter(page: str) -> AbstractAsyncContextManager[Starter]:
    # Playwright is an extra of its own, and there only where pages are examined.
    from conformance.run.client.drivers.tab import page_starter  # noqa: PLC0415

    return page_starter(page)


def _cannot_perform(scenario: ClientScenario) -> str | None:
    if scenario.certificate == "valid":
        return "A browser cannot be told of another authority without changing what is examined."
    return None


def _at_once(timing: spec.Timing) -> int:
    return TABS if timing.tolerance < 1 else side_by_side(timing)


DRIVER = Driver(
    checked=_checked,
    starter=_starter,
    shown=_without_password,
    repeated=_without_password,
    cannot_perform=_cannot_perform,
    at_once=_at_once,
)

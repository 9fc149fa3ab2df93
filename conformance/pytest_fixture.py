"""What the fixture `wsbeat` of pytest gives: a project's own peer is checked in virtual time.

def test_heartbeat(wsbeat):
    wsbeat.server(app, path="/ws").assert_conformant()
"""

# ruff: noqa: PLC0415 - what a step needs is loaded when it is due.

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.verdict.result import Result

WIDTH = 80
"""How many columns the page of a failure has."""


class NotConformant(AssertionError):
    """A peer was found not to be conformant; the text is the report that a console would show."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run found out about a peer."""

    result: Result

    def assert_conformant(self) -> None:
        """Fail unless every requirement that was checked was seen at work and kept."""
        __tracebackhide__ = True
        if self.result.outcome != "conformant":
            raise NotConformant(_report(self.result))

    def requirement(self, name: str) -> None:
        """Fail unless one requirement has passed; where it is not applicable, the test is skipped.

        Raises ValueError for a name that no requirement has that was checked.
        """
        __tracebackhide__ = True
        from conformance.report.failure.page import text
        from conformance.report.wording import headline

        found = [each for each in self.result.assessments if each.requirement.id == name]
        if not found:
            raise ValueError(f"There is no requirement {name} on a {self.result.role}.")
        [assessment] = found
        if assessment.verdict == "passed":
            return
        if assessment.verdict == "not_applicable":
            pytest.skip(f"{name}: {assessment.because}")
        if assessment.findings:
            target, manual = self.result.target, self.result.options.manual
            raise NotConformant(text(assessment, target, self.result.role, WIDTH, manual))
        raise NotConformant(f"{headline(assessment)}: {assessment.because}")


class Wsbeat:
    """Checks peers that are at hand as objects, in this process."""

    def server(
        self, app: Callable[..., Any], path: str = "/", timing: str | None = None, **told: Any
    ) -> Checked:
        """Check an ASGI application; or, as `function=True`, an async function that gets a port.

        `told` is what `wsbeat server` has options for: `no_echo=True`, `select=("S-PONG",)`,
        `dialect="heartbeat.toml"`.
        """
        from conformance.config.server import Given, requested
        from conformance.run.within.check import check_server_here

        _refuse_running_loop()
        kind = "py" if told.pop("function", False) else "asgi"
        url = f"{kind}:{_name(app)}{path}"
        target, options = requested(Given(url=url, virtual=True, timing=timing, **told), None)
        return Checked(check_server_here(target, options, lambda _: None, app))

    def client(
        self, main: Callable[[str], Awaitable[object]], timing: str | None = None, **told: Any
    ) -> Checked:
        """Check an async function that gets a URL and is a client until it is cancelled."""
        from conformance.config.client import ClientGiven, requested_client
        from conformance.run.within.check import check_client_here

        _refuse_running_loop()
        given = ClientGiven(named=f"py:{_name(main)}", virtual=True, timing=timing, **told)
        target, options = requested_client(given)
        return Checked(check_client_here(target, options, lambda _: None, main))


def _name(thing: Callable[..., Any]) -> str:
    """What reports call a peer: its name, or that of its class, in its module."""
    of = thing if hasattr(thing, "__qualname__") else type(thing)
    name = str(of.__qualname__).replace(".<locals>", "").replace("<lambda>", "function")
    return f"{of.__module__}:{name}"


def _refuse_running_loop() -> None:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "wsbeat has an event loop of its own, and another runs here. Expected a test that is a "
        "plain function: def test_heartbeat(wsbeat), without async."
    )


def _report(result: Result) -> str:
    """The report as a console shows it, without colours."""
    from io import StringIO

    from rich.console import Console

    from conformance.report.formats.console import show

    file = StringIO()
    show(result, Console(file=file, width=WIDTH, no_color=True, highlight=False))
    return file.getvalue()

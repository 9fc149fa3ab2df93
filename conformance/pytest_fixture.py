"""What the fixture `wsbeat` of pytest gives: a project's own peer is checked in virtual time.

def test_heartbeat(wsbeat):
    wsbeat.server(app, path="/ws").assert_conformant()
"""

# ruff: noqa: PLC0415 - what a step needs is loaded when it is due.

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pytest

if TYPE_CHECKING:
    from conformance.verdict.result import Result

T = TypeVar("T")

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
        self, app: Callable[..., Any] | str, path: str = "/", timing: str | None = None, **told: Any
    ) -> Checked:
        """Check an ASGI application; or, as `function=True`, an async function that gets a port.

        A text names it: `package.module:app`.

        `told` is what `wsbeat server` has options for: `no_echo=True`, `select=("S-PONG",)`,
        `dialect="heartbeat.toml"`.
        """
        from conformance.config.server import Given, requested
        from conformance.run.within.check import check_server_here

        _refuse_running_loop()
        kind = "py" if told.pop("function", False) else "asgi"
        peer = _Peer.of(app)
        url = f"{kind}:{peer.name}/{path.removeprefix('/')}"
        given = _told(Given, url=url, timing=timing, **told)
        target, options = requested(given, None)
        return peer.checked(check_server_here(target, options, lambda _: None, peer.thing))

    def client(
        self, main: Callable[[str], Awaitable[object]] | str, timing: str | None = None, **told: Any
    ) -> Checked:
        """Check an async function that gets a URL and is a client until it is cancelled.

        A text names it: `package.module:main`.
        """
        from conformance.config.client import ClientGiven, requested_client
        from conformance.run.within.check import check_client_here

        _refuse_running_loop()
        peer = _Peer.of(main)
        given = _told(ClientGiven, named=f"py:{peer.name}", timing=timing, **told)
        target, options = requested_client(given)
        return peer.checked(check_client_here(target, options, lambda _: None, peer.thing))


def _told(form: Callable[..., T], **told: Any) -> T:
    """What the command line would say; raises TypeError for what it has no option for."""
    from difflib import get_close_matches
    from inspect import signature

    known = signature(form).parameters
    for name in told:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise TypeError(f"wsbeat has no option {name}.{hint}")
    for name in ("select", "exclude"):
        if isinstance(told.get(name), str):
            told[name] = (told[name],)
    return form(virtual=True, **told)


@dataclass(frozen=True, slots=True)
class _Peer:
    """A peer as it was handed over: its name in reports, and whether a command can give it."""

    name: str
    is_importable: bool
    thing: Callable[..., Any] | None
    """Itself, unless it was only named."""

    @classmethod
    def of(cls, thing: Callable[..., Any] | str) -> Self:
        """The name that a module has for it, or else what it is called, or its class."""
        if isinstance(thing, str):
            return cls(thing, is_importable=True, thing=None)
        of = thing if hasattr(thing, "__qualname__") else type(thing)
        called = str(of.__qualname__).replace(".<locals>", "").replace("<lambda>", "function")
        found = [*_names_of(thing)]
        # A test has imported what it checks: whoever pastes a command has it from elsewhere.
        found.sort(key=lambda name: _is_of_tests(name.partition(":")[0]))
        return cls(found[0] if found else f"{of.__module__}:{called}", bool(found), thing)

    def checked(self, result: Result) -> Checked:
        """What was found out, without commands where none could name the peer."""
        if self.is_importable:
            return Checked(result)
        assessments = (
            replace(
                each,
                findings=tuple(replace(seen, reproduce="", replay="") for seen in each.findings),
            )
            for each in result.assessments
        )
        return Checked(replace(result, assessments=tuple(assessments)))


def _names_of(thing: object) -> Iterator[str]:
    """The names under which modules have a thing, those that were loaded first before others."""
    for module, loaded in list(sys.modules.items()):
        # What a module put there in its own place need have no names, and no command has it.
        if module != "__main__" and all(part.isidentifier() for part in module.split(".")):
            names = list(getattr(loaded, "__dict__", {}).items())
            yield from (f"{module}:{each}" for each, value in names if value is thing)


def _is_of_tests(module: str) -> bool:
    last = module.rpartition(".")[2]
    return last == "conftest" or last.startswith("test_") or last.endswith("_test")


def _refuse_running_loop() -> None:
    import asyncio

    trio = sys.modules.get("trio")
    if trio is None or not trio.lowlevel.in_trio_run():
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

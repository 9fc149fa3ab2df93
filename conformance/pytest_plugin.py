"""The pytest plugin: `pytest --wsbeat-server URL` makes every requirement a test.

The run behind them happens once, when the first of them is due, and is about those alone that
`-k` and the like have left. `pytest -k wsbeat` runs them without the tests of the project. The
options are in `pytest_wsbeat.py`, which loads this module only when one of them is given.
"""

# ruff: noqa: PLC0415 - what a step needs is loaded when it is due.

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.run.plan import Plan, Progress
    from conformance.targets.options import Options
    from conformance.targets.server import Target
    from conformance.verdict.result import Result
    from conformance.verdict.selection import Selection
    from conformance.verdict.verdict import Assessment


NAME = "wsbeat"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add a test for each requirement, before `-k` and the like choose among all."""
    url, file = config.getoption("--wsbeat-server"), config.getoption("--wsbeat-config")
    target, options, selection = _requested(
        url, config.getoption("--wsbeat-timing"), file, config.getoption("--wsbeat-dialect")
    )
    suite = Conformance.from_parent(
        session, name=NAME, nodeid=NAME, target=target, options=options, selection=selection
    )
    items += session.genitems(suite)


class Broken(Exception):
    """A requirement has no pass; the text is the page that says why, the first line in short."""

    def __init__(self, short: str, page: str) -> None:
        super().__init__(page)
        self.short = short


class Conformance(pytest.Collector):
    """All requirements on the role of the target, and the one run that settles them."""

    def __init__(self, target: Target, options: Options, selection: Selection, **told: Any) -> None:
        super().__init__(**told)
        self.target = target
        self.options = options
        self.selection = selection

    def collect(self) -> list[pytest.Item]:
        """A test for each requirement that was not excluded."""
        found: list[pytest.Item] = []
        for requirement in self.selection.requirements:
            verdict, because = self.selection.set_aside.get(requirement.id, (None, None))
            if verdict == "excluded":
                continue
            item = Conforms.from_parent(self, name=requirement.id, sentence=requirement.sentence)
            if verdict is not None:
                item.add_marker(pytest.mark.skip(reason=because or verdict))
            found.append(item)
        return found

    @cached_property
    def result(self) -> Result | Broken:
        """What the run found out, or that there was no server or no connection to it."""
        from dataclasses import replace

        from conformance.run.check import check_server
        from conformance.run.server.probe import Unreachable
        from conformance.targets.started.process import LaunchError

        wanted = tuple(item.name for item in self.session.items if item.parent is self)
        try:
            result = check_server(self.target, replace(self.options, select=wanted), self._tell)
        except (LaunchError, Unreachable) as error:
            return Broken(str(error), str(error))
        if result.interrupted:
            raise KeyboardInterrupt
        return result

    def _tell(self, news: Plan | Progress) -> None:
        """Say at the beginning how long it will take; the tests wait for it."""
        from conformance.run.plan import Plan

        terminal = self.config.pluginmanager.getplugin("terminalreporter")
        if terminal is None or not isinstance(news, Plan):
            return
        with self._uncaptured():
            terminal.ensure_newline()
            terminal.write_line(
                f"wsbeat checks {self.target.shown} at {self.target.timing.name} timing: "
                f"{news.requirements} requirements, about {news.seconds:.0f} s"
            )

    @contextmanager
    def _uncaptured(self) -> Iterator[None]:
        manager = self.config.pluginmanager.getplugin("capturemanager")
        with nullcontext() if manager is None else manager.global_and_fixture_disabled():
            yield


class Conforms(pytest.Item):
    """The test that the target satisfies one requirement."""

    parent: Conformance

    def __init__(self, sentence: str, **told: Any) -> None:
        super().__init__(**told)
        self.sentence = sentence

    def runtest(self) -> None:
        """Pass only with the verdict *passed*; raises Broken otherwise.

        A SHOULD that was violated without `strict` in the config file is a warning.
        """
        result = self.parent.result
        if isinstance(result, Broken):
            raise result
        [found] = [each for each in result.assessments if each.requirement.id == self.name]
        for untrue in result.untrue:
            if untrue.entry.requirement == self.name:
                raise Broken(untrue.why, untrue.why)
        match found.verdict:
            case "known_failing":
                pytest.xfail(found.because or "known to fail")
            case "passed":
                return
            case "warned":
                self.warn(pytest.PytestWarning(_page(found, result)))
            case "not_applicable":
                pytest.skip(found.because or "not applicable")
            case "not_exercised" if found.requirement.level != "MUST":
                pytest.skip(found.because or "not exercised")
            case _:
                raise Broken(_short(found), _page(found, result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The page on the requirement, without any traceback of wsbeat's own."""
        if isinstance(excinfo.value, Broken):
            return Page(str(excinfo.value), Crash(excinfo.value.short))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """What pytest calls the test; it stands in no file."""
        return self.path, 0, f"{self.name}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Crash:
    """What pytest's short summary and JUnit's `message` say of a failure."""

    message: str


@dataclass(frozen=True, slots=True)
class Page:
    """A failure as pytest shows it."""

    text: str
    reprcrash: Crash

    def __str__(self) -> str:
        return self.text

    def toterminal(self, writer: Any) -> None:
        """Write it to pytest's terminal."""
        for line in self.text.splitlines():
            writer.line(line)


def _requested(
    url: str | None, timing: str | None, file: str | None, dialect: str | None
) -> tuple[Target, Options, Selection]:
    """What is to be checked; raises pytest.UsageError when that cannot be done."""
    from conformance.config import server as config
    from conformance.config.error import ConfigError
    from conformance.run.check import selected
    from conformance.verdict.selection import UsageError

    try:
        target, options = config.requested(
            config.Given(url=url, timing=timing, dialect=dialect), file
        )
        return target, options, selected(target, options)
    except (ConfigError, UsageError) as error:
        raise pytest.UsageError(f"wsbeat: {error}") from None


def _short(assessment: Assessment) -> str:
    if assessment.findings:
        return assessment.findings[0].message
    return assessment.because or assessment.verdict


def _page(assessment: Assessment, result: Result) -> str:
    from conformance.report.failure.page import text
    from conformance.report.wording import headline

    if not assessment.findings:
        return f"{headline(assessment)}: {assessment.because}"
    return text(assessment, result.target, result.role, manual=result.options.manual)

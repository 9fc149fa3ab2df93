"""A stand-in for the engine: takes down what it was asked for and answers as it was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from conformance.run.plan import Plan, Progress, Watch
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Trace
from conformance.verdict.result import Result
from tests.rooms.report.samples import passed, result


@dataclass
class Engine:
    """`answer` is the result of every run, or what it raises; `asked` is what it was asked for."""

    answer: Result | BaseException = field(default_factory=lambda: result(passed("S-PONG")))
    asked: list[tuple[Target, Options]] = field(default_factory=list)
    clients: list[tuple[ClientTarget, Options]] = field(default_factory=list)
    judged: list[tuple[Sequence[Trace], Options]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def check_server(
        self, target: Target, options: Options, watch: Watch, ahead: object = None
    ) -> Result:
        self.asked.append((target, options))
        watch(Plan(20, 14, 60, 4.2))
        watch(Progress(12.0, 134.0, 3, 14, "waiting"))
        self.meanwhile()
        return self._answered()

    def check_client(self, target: ClientTarget, options: Options, watch: Watch) -> Result:
        self.clients.append((target, options))
        watch(Plan(16, 31, 24, 15.0))
        return self._answered()

    def judge_traces(self, traces: Sequence[Trace], options: Options) -> Result:
        self.judged.append((traces, options))
        return self._answered()

    @property
    def target(self) -> Target:
        return self.asked[-1][0]

    @property
    def options(self) -> Options:
        return self.asked[-1][1]

    def _answered(self) -> Result:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

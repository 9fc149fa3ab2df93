"""What became of a mutant once, played again on it in virtual time."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

import spec
from conformance.report.standalone import client, server
from conformance.run.rejudge import judge_traces
from conformance.run.virtual import check_client_within, check_server_within
from conformance.targets.client import ClientTarget
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.trace import Role, Trace
from conformance.verdict.finding import Finding
from conformance.wire.clock import leaping_loop
from spec import load_timing
from tests.corpus.files import CORPUS, traces_in
from tests.mutants.clients.host import Life, MutantHost
from tests.mutants.clients.mutant import find as find_client
from tests.mutants.matrix import Report, Subject, declared, known_as, peer, report_of
from tests.mutants.mutant import find
from tests.mutants.serving import serving
from tests.mutants.virtual import server_result


def in_the_gate(subjects: Iterable[Subject], every: int = 1) -> list[object]:
    """Subjects for tests, of which the gate has the first of each requirement; all are proofs.

    Or that of every second requirement, or of every third.
    """
    seen: set[str | None] = set()
    found: list[object] = []
    for role, name in subjects:
        requirement = peer(role, name).requirement
        is_first = requirement not in seen
        seen.add(requirement)
        marks = pytest.mark.virtual if is_first and len(seen) % every == 0 else ()
        found.append(pytest.param(role, name, marks=marks))
    return found


@cache
def recorded(role: Role, name: str) -> tuple[Trace, ...]:
    """The traces of a mutant that the corpus keeps."""
    return tuple(traces_in(CORPUS / role / f"{name}.jsonl", trusted=True))


def first_finding(role: Role, name: str) -> tuple[Finding, Trace]:
    """What a report on a mutant would show first of its requirement, and the trace of that.

    It is looked for in the corpus; what takes too large a trace for that, is found out anew.
    """
    requirement = peer(role, name).requirement
    assert requirement is not None
    found = _first(requirement, recorded(role, name)) or _found_anew(role, name, requirement)
    assert found.story is not None
    return found, found.story


def _first(requirement: str, traces: Sequence[Trace]) -> Finding | None:
    """The first finding in traces; as if all had been measured twice where none is certain."""
    for attempt in (None, 2):
        told = [replace(trace, attempt=attempt or trace.attempt) for trace in traces]
        for assessment in judge_traces(told, Options()).assessments:
            if assessment.requirement.id == requirement and assessment.findings:
                return assessment.findings[0]
    return None


def _found_anew(role: Role, name: str, requirement: str) -> Finding:
    assert role == "server", f"the corpus has no violation of {requirement} by {name}"
    result = server_result(find(name), declared(role, name), load_timing("fast"))
    [finding] = [
        each.findings[0] for each in result.assessments if each.requirement.id == requirement
    ]
    return finding


def replay(role: Role, name: str, trace: Trace) -> Report:
    """What is found when a trace is played again on a mutant, or what mutants derive from."""
    options = Options(replay=trace)
    known = known_as(role, name)
    if role == "server":
        mutant = find(known)
        capabilities = tuple(sorted(trace.capabilities.declared - {"echo"}))
        return report_of(
            check_server_within(
                lambda: serving(mutant, trace.timing, declared=capabilities),
                lambda url: Target(
                    url,
                    trace.timing,
                    capabilities=trace.capabilities,
                    max_message=trace.max_message,
                ),
                options,
            )
        )
    target = ClientTarget("command", "x {url}", trace.timing, capabilities=trace.capabilities)
    host = MutantHost(find_client(known), trace.timing)
    return report_of(check_client_within(host, target, options))


def script_of(role: Role, name: str) -> str:
    """The script that shows the first finding of a mutant; raises NotInAScript."""
    finding, trace = first_finding(role, name)
    requirement = peer(role, name).requirement
    assert requirement is not None
    heading = server.top(requirement, spec.requirement(requirement).sentence)
    if role == "client":
        return heading + client.script(finding, trace)
    return heading + server.script(finding, trace, trace.target, ())


def shows(role: Role, name: str, script: str, trace: Trace) -> bool:
    """Whether a script says of a mutant that it violates what it shows, in virtual time."""
    loop, _ = leaping_loop()
    end = "\nbad = asyncio.run(" if role == "client" else "\ntry: bad = asyncio.run("
    begun, found, _ = script.partition(end)
    assert found
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        play = _client_shows if role == "client" else _server_shows
        return runner.run(play(name, begun, trace, loop.time))


async def _server_shows(name: str, script: str, trace: Trace, now: Callable[[], float]) -> bool:
    mutant = find(known_as("server", name))
    capabilities = tuple(sorted(trace.capabilities.declared - {"echo"}))
    async with serving(mutant, trace.timing, declared=capabilities) as url:
        return await _run(script, url, now)


async def _client_shows(name: str, script: str, trace: Trace, now: Callable[[], float]) -> bool:
    host = MutantHost(find_client(known_as("client", name)), trace.timing)
    lives: list[Life] = []

    async def start(url: str) -> StartedClient:
        lives.append(await host.start(Address(url), "standalone", {}))  # type: ignore[arg-type]
        return StartedClient(lives[-1])

    with patch.object(asyncio, "create_subprocess_exec", start):
        try:
            return await _run(script, "{url}", now)
        finally:
            for life in lives:
                await life.dismiss()


async def _run(script: str, argument: str, now: Callable[[], float]) -> bool:
    names: dict[str, Any] = {"__name__": "standalone"}
    with patch.object(sys, "argv", ["show.py", argument]), patch.object(time, "monotonic", now):
        exec(compile(script, "show.py", "exec"), names)
        return bool(await names["main"]())


@dataclass(frozen=True)
class Address:
    """As much of a listener as a mutant needs where a script listens."""

    url: str

    def tell(self, *_: object) -> None:
        """A script sees for itself."""


@dataclass
class StartedClient:
    """As much of a process as a script needs, of a client that lives in this one."""

    life: Life
    asking: asyncio.Future[None] | None = None

    def send_signal(self, number: int) -> None:
        self.asking = asyncio.ensure_future(self.life.ask(number == signal.SIGINT))

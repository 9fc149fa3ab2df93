"""The kill matrix: the suite, run on every mutant, finds the sentence it breaks and no other."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

import pytest

from conformance import wall_clock
from conformance.rules import rules
from conformance.scenarios import scenarios
from tests.mutants.__main__ import CAPABILITIES
from tests.mutants.mutant import Mutant, find, mutants
from tests.peers.process import running

pytestmark = pytest.mark.alone

SIDE_BY_SIDE = 3
EXAMPLES = "20"  # of each exploring scenario: what breaks is broken by the boundary cases, too
LONGEST = 240.0  # seconds; a run of the suite at `fast` timing takes about three
CHECKED = frozenset(rule.requirement for rule in rules("server"))

ON_STARTED = frozenset(name for each in scenarios() if each.needs for name in each.exercises)
"""What is checked only on a server that the suite starts itself."""

STARTED = "compliant, started by the suite"
BASES = ["compliant", STARTED, *CAPABILITIES]

Report: TypeAlias = dict[str, Any]
Reports: TypeAlias = dict[str, "Future[Report]"]


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest) -> Iterator[Reports]:
    """What the suite reports of every mutant, and of the server that they all derive from."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {name: pool.submit(_report_on, name) for name in _wanted(request)}
        pool.shutdown(cancel_futures=True)


def _names() -> list[str]:
    return [mutant.name for mutant in mutants() if mutant.requirement in CHECKED]


def _wanted(request: pytest.FixtureRequest) -> list[str]:
    """What the tests that are to run look at, in their order."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    names = [call.params.get("name") for call in calls if call is not None]
    known = {*BASES, *_names()}
    return list(dict.fromkeys(name for name in names if name in known))


def _cannot_be_shown(name: str) -> bool:
    return find(name).requirement == "S-MONOTONIC" and wall_clock.library() is None


def _report_on(name: str) -> Report:
    """Run the command as a user would, on a mutant in a process of its own."""
    if name in CAPABILITIES:
        return _report_on_running("compliant", name)
    if name == STARTED:
        return _report_on_started("compliant")
    if find(name).requirement in ON_STARTED:
        return _report_on_started(name)
    return _report_on_running(name, *find(name).declares)


def _report_on_started(name: str) -> Report:
    mutant = [sys.executable, "-m", "tests.mutants", name, "--timing", "fast", "--port"]
    return _reported(name, "--command", f"{shlex.join(mutant)} {{port}}")


def _report_on_running(name: str, *declared: str) -> Report:
    flags = ["--" + each.replace("_", "-") for each in declared]
    with running("tests.mutants", name, "--port", "0", "--timing", "fast", *flags) as server:
        return _reported(name, server.url, *flags)


def _reported(name: str, *target: str) -> Report:
    run = subprocess.run(
        [sys.executable, "-m", "conformance", "server", *target,
         "--timing", "fast", "--examples", EXAMPLES, "--json", "-"],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )  # fmt: skip
    assert run.stdout, f"no report on {name}; exit code {run.returncode}: {run.stderr}"
    report: Report = json.loads(run.stdout)
    assert report["exit_code"] == run.returncode
    return report


def _with(report: Report, *verdicts: str) -> set[str]:
    return {each["id"] for each in report["requirements"] if each["verdict"] in verdicts}


def _shown(report: Report) -> str:
    lines = []
    for each in report["requirements"]:
        if each["verdict"] in ("failed", "warned", "inconclusive"):
            lines.append(f"{each['id']} {each['verdict']}: {each['because'] or ''}")
            lines += [
                f"    {f['scenario']}: {f['message']} {f['actual']}" for f in each["findings"]
            ]
    return "\n".join(lines)


@pytest.mark.parametrize("name", BASES)
def test_the_server_that_mutants_derive_from_is_conformant(name: str, reports: Reports) -> None:
    report = reports[name].result()
    assert report["outcome"] == "conformant", _shown(report)


@pytest.mark.parametrize("name", _names())
def test_a_mutant_fails_with_its_own_requirement_and_no_other(name: str, reports: Reports) -> None:
    mutant: Mutant = find(name)
    if _cannot_be_shown(name):
        pytest.skip("libfaketime is not here, so no wall clock can be set")
    report = reports[name].result()
    failed = _with(report, "failed", "warned")
    assert mutant.requirement in failed, f"{name} survives\n{_shown(report)}"
    assert failed - set(mutant.also) == {mutant.requirement}, _shown(report)


@pytest.mark.parametrize("requirement", sorted(CHECKED))
def test_every_requirement_that_is_checked_has_a_mutant(requirement: str) -> None:
    assert requirement in {mutant.requirement for mutant in mutants()}

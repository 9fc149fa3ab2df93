"""The kill matrix for clients: run on every mutant, the suite finds the sentence it breaks."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

import pytest

from conformance.rules import rules
from tests.mutants.clients.mutant import ClientMutant, find, mutants

pytestmark = pytest.mark.alone

SIDE_BY_SIDE = 3
LONGEST = 240.0  # seconds; a run of the suite at `fast` timing takes about twelve
CHECKED = frozenset(rule.requirement for rule in rules("client"))
FEW = 1
"""How many mutants of each requirement are run unless all are asked for, with `make matrix`."""

CHOSEN = [
    mutant
    for requirement in sorted({str(mutant.requirement) for mutant in mutants()})
    for mutant in [each for each in mutants() if each.requirement == requirement][
        : None if os.environ.get("WSBEAT_MATRIX") == "all" else FEW
    ]
]
NAMES = [mutant.name for mutant in CHOSEN]
PLAN_B = "--server-ping"
NAIVE = "the client that the field writes"

Report: TypeAlias = dict[str, Any]
Reports: TypeAlias = dict[str, "Future[Report]"]


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest) -> Iterator[Reports]:
    """What the suite reports of every mutant that is asked for, and of what they derive from."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    wanted = {item.callspec.params.get("name") for item in items if hasattr(item, "callspec")}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        chosen = [name for name in NAMES if name in wanted]
        yield {
            "compliant": pool.submit(_report_on, "tests.mutants.clients", "compliant"),
            "under Plan B": pool.submit(_report_on, "tests.mutants.clients", "compliant", PLAN_B),
            NAIVE: pool.submit(_report_on, "tests.mutants.clients.naive"),
            **{name: pool.submit(_report_on_mutant, find(name)) for name in chosen},
        }
        pool.shutdown(cancel_futures=True)


def _report_on_mutant(mutant: ClientMutant) -> Report:
    plan_b = [PLAN_B] if (mutant.requirement or "").startswith("B-") else []
    return _report_on("tests.mutants.clients", mutant.name, *plan_b)


def _report_on(module: str, *words: str) -> Report:
    """Run the command as a user would, on a client in processes of its own."""
    name = [word for word in words if word != PLAN_B]
    client = shlex.join([sys.executable, "-m", module, *name, "{url}", "--timing", "fast"])
    command = [sys.executable, "-m", "conformance", "client", "--command", client]
    run = subprocess.run(
        [*command, "--timing", "fast", "--json", "-", *(w for w in words if w == PLAN_B)],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert run.stdout, f"no report on {words}; exit code {run.returncode}: {run.stderr}"
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


@pytest.mark.parametrize("how", ["compliant", "under Plan B"])
def test_the_client_that_mutants_derive_from_is_conformant(how: str, reports: Reports) -> None:
    report = reports[how].result()
    assert report["outcome"] == "conformant", _shown(report)


@pytest.mark.parametrize("name", NAMES)
def test_a_mutant_fails_with_its_own_requirement_and_no_other(name: str, reports: Reports) -> None:
    mutant = find(name)
    report = reports[name].result()
    failed = _with(report, "failed", "warned")
    assert mutant.requirement in failed, f"{name} survives\n{_shown(report)}"
    assert failed - set(mutant.also) == {mutant.requirement}, _shown(report)


def test_the_client_that_the_field_writes_fails_with_what_it_breaks(reports: Reports) -> None:
    """It retries once, reconnects after its own close, dies of JSON, and never misses a pong."""
    report = reports[NAIVE].result()
    assert _with(report, "failed") == {"C-RECONNECT", "C-CLOSE-FINAL", "C-TOLERATE"}, _shown(report)
    assert _with(report, "warned") == {"C-PONG-MISSING"}


@pytest.mark.parametrize("requirement", sorted(CHECKED))
def test_every_requirement_that_is_checked_has_a_mutant(requirement: str) -> None:
    assert requirement in {mutant.requirement for mutant in mutants()}

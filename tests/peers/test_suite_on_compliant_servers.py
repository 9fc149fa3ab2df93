"""The suite passes compliant servers, whatever they are built on."""

from __future__ import annotations

from pathlib import Path

import pytest

import spec
from conformance.run.check import check_server
from conformance.run.rejudge import judge_traces
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.trace.file import read_traces
from tests.peers.process import Process, running, started
from tests.references.client_js.node import ROOT, node, package

pytestmark = pytest.mark.proof

SERVERS = ("reference_server", "tests.peers.aiohttp_server")


@pytest.mark.parametrize("module", SERVERS)
def test_a_compliant_server_is_conformant(module: str) -> None:
    with running(module, "--port", "0", "--timing", "fast") as server:
        _demand_conformance(server)


def test_a_compliant_server_on_node_is_conformant() -> None:
    package("ws")
    program = str(ROOT / "tests" / "peers" / "ws_server.mjs")
    with started([node(), program, "--port", "0", "--timing", "fast"]) as server:
        _demand_conformance(server)


def _demand_conformance(server: Process) -> None:
    target = Target(server.url, spec.load_timing("fast"))
    result = check_server(target, Options(), lambda _: None)
    verdicts = {each.requirement.id: each.because or each.findings for each in result.assessments
                if each.verdict not in ("passed", "not_applicable")}  # fmt: skip
    assert result.outcome == "conformant", verdicts


def test_every_requirement_is_exercised_by_the_scenarios_that_claim_it() -> None:
    """Selecting one requirement runs only what claims to exercise it: that has to be enough."""
    with running("reference_server", "--port", "0", "--timing", "fast") as server:
        target = Target(server.url, spec.load_timing("fast"))
        for name in ("S-PONG", "S-ECHO-FORM", "S-BURST", "S-BINARY", "S-TIMEOUT-CODE", "S-QUIET"):
            result = check_server(target, Options(select=(name,), examples=5), lambda _: None)
            assert result.outcome == "conformant", name


def test_a_server_may_select_a_subprotocol_that_it_was_offered(tmp_path: Path) -> None:
    name = "selects_the_first_subprotocol_offered"
    with running("tests.mutants", name, "--port", "0", "--timing", "fast") as server:
        target = Target(server.url, spec.load_timing("fast"), subprotocols=("chat",))
        options = Options(select=("S-ACCEPT", "S-PONG"), examples=1, traces=str(tmp_path))
        result = check_server(target, options, lambda _: None)
    lines = {str(path): path.read_text("utf-8").splitlines() for path in tmp_path.iterdir()}
    traces = [trace for path, read in lines.items() for trace in read_traces(read, path)]
    for each in (result, judge_traces(traces, Options(select=("S-ACCEPT", "S-PONG")))):
        verdicts = {found.requirement.id: found.verdict for found in each.assessments}
        assert (verdicts["S-ACCEPT"], verdicts["S-PONG"]) == ("not_applicable", "passed")

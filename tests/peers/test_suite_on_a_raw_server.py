"""A server that owes nothing to a library, with one fault at a time: what is said of it."""

from __future__ import annotations

import pytest

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from spec import load_timing
from tests.mutants import real, virtual
from tests.mutants.drawn_once import drawn_once, schedules_once
from tests.mutants.matrix import Report, report_of
from tests.peers.process import running
from tests.peers.raw_server import FAULTS, serving

FAST = load_timing("fast")


def _demand_a_right_verdict(fault: str, report: Report) -> None:
    assert report.failed == FAULTS[fault], str(report)
    assert FAULTS[fault] or report.outcome == "conformant", str(report)


@pytest.mark.virtual
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    report = report_of(
        check_server_within(
            lambda: serving(FAST, fault),
            lambda url: Target(url, FAST),
            Options(examples=virtual.EXAMPLES),
            drawn_once,
            schedules_once,
        )
    )
    _demand_a_right_verdict(fault, report)


@pytest.mark.proof
@pytest.mark.parametrize(
    "fault",
    [
        "",
        "writes to one after the other",
        "gives no place back",
        "aborts on a name twice",
        "closes on binary with 1002",
        "closes what is too deep with 1008",
        "prints pretty",
    ],
)
def test_the_command_finds_it_too(fault: str) -> None:
    """What depends on buffers, resets, or on what of a queue is lost is seen in real time."""
    with running("tests.peers.raw_command", "--timing", "fast", "--fault", fault) as server:
        report = real.command("server", server.url)
    _demand_a_right_verdict(fault, report)

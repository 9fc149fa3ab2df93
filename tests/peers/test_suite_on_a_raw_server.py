"""A server that owes nothing to a library, with one fault at a time: what is said of it."""

from __future__ import annotations

import pytest

from conformance.run.virtual import check_server_within
from conformance.targets.options import Options
from conformance.targets.server import Target
from spec import load_timing
from tests.mutants.matrix import report_of
from tests.peers.raw_server import FAULTS, serving

pytestmark = pytest.mark.proof

FAST = load_timing("fast")


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    report = report_of(
        check_server_within(
            lambda: serving(FAST, fault), lambda url: Target(url, FAST), Options(examples=6)
        )
    )
    assert report.failed == FAULTS[fault], str(report)
    assert fault or report.outcome == "conformant", str(report)

"""Five faults that only a crowd shows: each is found and named, and none by a hundred."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import spec
from conformance.run.plan import Plan, Progress
from conformance.run.server.crowd.check import check_crowd
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from conformance.verdict.result import Result
from tests.crowds.serving import TIMING, serving

pytestmark = [pytest.mark.proof, pytest.mark.alone]


@dataclass(frozen=True)
class Shown:
    """What a fault breaks, and with how many connections that come how soon; times are seconds.

    What it may break as well is what the same slowness does elsewhere.
    """

    requirement: str
    size: int
    ramp: float
    lasting: float
    fewest: int
    """With fewer connections it had not broken yet."""
    as_well: frozenset[str] = frozenset()


SHOWN = {
    "checks_one_after_the_other": Shown("S-TIMEOUT-LATEST", 2500, 10, 45, 400),
    "has_one_lock_for_all_sends": Shown("S-REPLY-SOON", 1500, 8, 30, 400),
    "forgets_what_is_more_than_4096": Shown("S-TIMEOUT-LATEST", 4700, 14, 45, 4097),
    "drops_handshakes": Shown("S-ACCEPT", 1500, 3, 25, 100),
    "tells_all_of_every_newcomer": Shown(
        "S-REPLY-SOON", 1100, 12, 30, 300, frozenset({"S-ACCEPT", "S-TIMEOUT-LATEST"})
    ),
}


def checked(url: str, crowd: Crowd) -> Result:
    def watch(_: Plan | Progress) -> None:
        pass

    return check_crowd(Target(url, spec.load_timing(TIMING)), Options(crowd=crowd), watch)


def failed(result: Result) -> set[str]:
    return {each.requirement.id for each in result.assessments if each.verdict == "failed"}


@pytest.mark.parametrize("fault", SHOWN)
def test_a_crowd_shows_what_a_hundred_do_not(fault: str, tmp_path: Path) -> None:
    shown = SHOWN[fault]
    with serving(fault, tmp_path) as url:
        few = checked(url, Crowd((100,), lasting=25.0, ramp=1.0))
    assert failed(few) == set()
    with serving(fault, tmp_path) as url:
        many = checked(url, Crowd((shown.size,), shown.lasting, shown.ramp))
    [verdict] = (each for each in many.assessments if each.requirement.id == shown.requirement)
    assert verdict.verdict == "failed", (verdict.verdict, verdict.because, many.notes)
    assert failed(many) - shown.as_well == {shown.requirement}
    assert many.crowd is not None
    breach = many.crowd.breach_of(shown.requirement)
    assert breach is not None
    assert breach.open_then >= shown.fewest


def test_a_server_without_a_fault_is_not_blamed_by_a_crowd_of_that_size(tmp_path: Path) -> None:
    with serving("none", tmp_path) as url:
        result = checked(url, Crowd((2500,), 45.0, 10.0))
    assert failed(result) == set()

"""Five faults that only a crowd shows: each is found and named, and none by a hundred."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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

pytestmark = [pytest.mark.proof, pytest.mark.alone]

ROOT = Path(__file__).parents[2]

TIMING = {
    "name": "crowds",
    "heartbeat_interval": 4,
    "heartbeat_timeout": 9,
    "check_interval": 3,
    "reconnect_delay": 1,
    "reconnect_jitter": 1,
    "reconnect_cap": 4,
    "reply_deadline": 1,
    "pong_timeout": 3,
    "interval_tolerance": 0.2,
    "tolerance": 1,
}


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
        "S-REPLY-SOON", 1600, 12, 30, 300, frozenset({"S-ACCEPT"})
    ),
}


@contextmanager
def serving(fault: str, folder: Path) -> Iterator[str]:
    timing = folder / "timing.json"
    timing.write_text(json.dumps(TIMING))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crowds", fault, str(timing)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


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
    assert shown.requirement in failed(many), [
        (each.requirement.id, each.verdict, each.because) for each in many.assessments
    ]
    assert failed(many) - shown.as_well == {shown.requirement}
    assert many.crowd is not None
    breach = many.crowd.breach_of(shown.requirement)
    assert breach is not None
    assert breach.open_then >= shown.fewest


def test_a_server_without_a_fault_is_not_blamed_by_a_crowd_of_that_size(tmp_path: Path) -> None:
    with serving("none", tmp_path) as url:
        result = checked(url, Crowd((2500,), 45.0, 10.0))
    assert failed(result) == set()

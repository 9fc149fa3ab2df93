"""`python -m tests.crowds.cost`: what crowds of several sizes cost, beside a bare client.

The figures go into docs/proof.json, from which `python -m tests.proof page` makes docs/proof.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import spec
from conformance.run.plan import Plan, Progress
from conformance.run.server.crowd.check import check_crowd
from conformance.targets.crowd import Crowd
from conformance.targets.options import Options
from conformance.targets.server import Target
from tests.crowds.serving import ROOT, TIMING, serving
from tests.proof.figures import record

SIZES = (100, 1000, 10_000)
COMING = 400
"""How many connections come in a second, at the most."""
TIMES: dict[str, str | float] = {
    **TIMING,
    "heartbeat_interval": 10,
    "heartbeat_timeout": 22,
    "check_interval": 8,
    "pong_timeout": 8,
}
LASTING = 75.0
"""How long (seconds) a bare client lives beside its ramp."""


def cost(size: int) -> dict[str, Any]:
    """What a crowd of a size takes, and what a bare client does."""
    ramp = max(2.0, size / COMING)
    timing = spec.load_timing(TIMES)
    with tempfile.TemporaryDirectory() as folder:
        with serving("none", Path(folder), TIMES) as url:
            crowd = Crowd((size,), ramp=ramp)
            result = check_crowd(Target(url, timing), Options(crowd=crowd), watch)
        with serving("none", Path(folder), TIMES) as url:
            bare = json.loads(bare_client(url, size, ramp, timing.heartbeat_interval))
    figures = result.crowd
    assert figures is not None
    return {
        "connections": size,
        "outcome": result.outcome,
        "open": {
            each.requirement.id: each.because
            for each in result.assessments
            if each.verdict in ("inconclusive", "not_exercised")
        },
        "memory": figures.harness.memory,
        "processor": figures.harness.processor,
        "bare": bare["processor"] / max(1, bare["pongs"]),
        "lateness_99": figures.harness.lateness_99,
        "lateness_worst": figures.harness.lateness_worst,
        "replies": figures.measures["reply"].count,
    }


def bare_client(url: str, size: int, ramp: float, interval: float) -> str:
    """What a bare client prints that lives as long."""
    words = [url, str(size), str(ramp), str(ramp + LASTING), str(interval)]
    command = [sys.executable, "-m", "tests.crowds.bare", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def watch(_: Plan | Progress) -> None:
    """Show nothing."""


def main() -> None:
    """Measure, and record what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.crowds.cost", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    given = parser.parse_args()
    found = [cost(size) for size in given.sizes]
    for each in found:
        print(each)
    words = "" if tuple(given.sizes) == SIZES else "".join(f" {size}" for size in given.sizes)
    record("crowds", f"python -m tests.crowds.cost{words}", {"sizes": found})


if __name__ == "__main__":
    main()
